import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { neverPermitted, UrlPolicy } from './url-policy.ts'

const usual = new UrlPolicy({ schemes: ['https', 'http', 'data'], privateAddresses: 'refuse' })
const open = new UrlPolicy({ schemes: ['https', 'http', 'data', 'gs'], privateAddresses: 'allow' })

function result(policy: UrlPolicy, url: string): string {
	try {
		return policy.check(url, 'messages[0].content[0].url')
	} catch (thrown) {
		if (!(thrown instanceof ChatError)) throw thrown
		expect([thrown.kind, thrown.param]).toEqual(['invalid-request', 'messages[0].content[0].url'])
		return 'refused'
	}
}

test.each([
	['https://example.com/a.png', 'https://example.com/a.png'],
	['http://example.com', 'http://example.com'],
	['https://93.184.216.34/a', 'https://93.184.216.34/a'],
	['https://[2606:2800:220:1::1]/a', 'https://[2606:2800:220:1::1]/a'],
	['data:image/png;base64,AAAA', 'data:image/png;base64,AAAA'],
	['/9j/'.padEnd(120, 'A'), '/9j/'.padEnd(120, 'A')],
	['files/abc-123', 'files/abc-123'],
	// What parsers read differently is sent in one form.
	['https:\\\\example.com\\a', 'https://example.com/a'],
	['ht\ntps://exa\tmple.com/a b', 'https://example.com/a%20b'],
	['HTTPS://EXAMPLE。COM/', 'https://example.com/'],
	['https://example.com\\@evil.example/', 'https://example.com/@evil.example/'],
	['https:example.com', 'https://example.com/'],
])('%p is sent as %p', (given, sent) => {
	expect(result(usual, given)).toBe(sent)
})

const hosts = [
	...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '127.0.0.1.'],
	...['0.0.0.0', '0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '169.254.169.254'],
	...['169.254.169.254.', '0xa9fea9fe', '2852039166', '224.0.0.1', '255.255.255.255', '１２７.0.0.1', '①②⑦.0.0.1'],
	...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:a9fe:a9fe]', '[::127.0.0.1]'],
	...['[fc00::1]', '[fd12:3456::1]', '[fe80::1]', '[fec0::1]', '[ff02::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'],
	...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'metadata', 'metadata.google.internal', 'printer.local'],
	...['db.internal.', 'nas.home.arpa', 'ⓛocalhost', 'local%68ost', 'user:pass@127.0.0.1', '1.1.1.1@127.0.0.1'],
]
test.each(hosts)('the private host %p is refused in every spelling, unless the operator permits it', (host) => {
	for (const url of [
		`http://${host}/`,
		`https://${host}:8080/a?b`,
		`http:\\\\${host}/`,
		` http://${host}`,
		`http:/${host}/`,
	])
		expect([url, result(usual, url)]).toEqual([url, 'refused'])
	expect(result(open, `http://${host}/`)).not.toBe('refused')
})

test.each([
	'http://172.15.0.1/',
	'http://172.32.0.1/',
	'http://11.0.0.1/',
	'http://100.128.0.1/',
	'http://localhost.example.com/',
])('%p is not private', (url) => {
	expect(result(usual, url)).toBe(url)
})

test('in a field that may contain other text, what begins like a URL must be one', () => {
	const check = (policy: UrlPolicy, text: string) => {
		try {
			return policy.check(text, 'x_url', false)
		} catch {
			return 'refused'
		}
	}
	const malformed = [
		...['http://10.0.0.1\u0000.example.com/', 'http://[fe80::1%25eth0]/', 'http://example.com:80:80/', 'http://[::1'],
		...['http://10.0.0.1 .example.com/', 'http://127.0.0.1:x@example.com:y/', 'file://a:b/etc/passwd', 'http://%00/'],
		...['//169.254.169.254/', '\\\\10.0.0.1\\share', ' //10.0.0.1/', '\t/\n/10.0.0.1/', '/\\10.0.0.1/', 'HTTP:/\\'],
	]
	for (const text of malformed)
		for (const policy of [usual, open]) expect([text, check(policy, text)]).toEqual([text, 'refused'])
	const others = ['', 'see https://10.0.0.1/', 'a/b.png', '/images/a.png', 'see //docs', '//uQx'.padEnd(99, 'A')]
	for (const text of others) expect([text, check(open, text)]).toEqual([text, text])
})

describe('schemes', () => {
	const malicious = [
		...[
			'file:///etc/passwd',
			'FILE:///etc/passwd',
			'file:/etc/passwd',
			'file:etc',
			' file:///etc/passwd',
			'\tfile:///a',
		],
		...['fi\nle:///etc/passwd', 'gopher://example.com:25/_a', 'ftp://example.com/a', 'ws://example.com', 'blob:x'],
		...['javascript:alert(1)', 'jar:http://example.com!/a', 'dict://example.com:11211/a', 'smb://example.com/a'],
	]
	test.each(malicious)('%p is refused', (url) => {
		for (const policy of [usual, open]) expect(result(policy, url)).toBe('refused')
	})
	test('text that is no absolute URL is refused', () => {
		for (const url of [
			'//169.254.169.254/',
			'/etc/passwd',
			'\\\\server\\share',
			'169.254.169.254/latest',
			'localhost/a',
			'http://',
			'http://[::1',
			'files/../a',
		])
			for (const policy of [usual, open]) expect([url, result(policy, url)]).toEqual([url, 'refused'])
	})
	test('an operator can permit others, but not all', () => {
		expect(result(open, 'gs://bucket/a')).toBe('gs://bucket/a')
		expect(result(usual, 'gs://bucket/a')).toBe('refused')
		const all = new UrlPolicy({ schemes: neverPermitted, privateAddresses: 'allow' })
		for (const scheme of neverPermitted) expect(result(all, `${scheme}://a/b`)).toBe('refused')
		const withoutData = new UrlPolicy({ schemes: ['https'], privateAddresses: 'allow' })
		expect(result(withoutData, 'data:image/png;base64,AAAA')).toBe('refused')
		expect(result(withoutData, 'http://example.com/')).toBe('refused')
	})
	test('hosts of other schemes are checked too', () => {
		const policy = new UrlPolicy({ schemes: ['s3', 'ftp'], privateAddresses: 'refuse' })
		for (const url of ['s3://127.0.0.1/a', 's3://0x7f.1/a', 's3://localhost/a', 'ftp://2130706433/', 's3:a'])
			expect([url, result(policy, url)]).toEqual([url, 'refused'])
		expect(result(policy, 's3://bucket.example.com/a')).toBe('s3://bucket.example.com/a')
	})
})
