import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { anonymous } from '../system/fair-queue.ts'
import { HostAddresses } from './host-addresses.ts'
import { neverPermitted, UrlPolicy, type UrlPolicyOptions } from './url-policy.ts'

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
	// Numbers that some read as decimal: 127.0.0.1 and 10.0.0.1.
	['http://0127.0.0.1/', 'http://87.0.0.1/'],
	['http://010.0.0.1:80/', 'http://8.0.0.1/'],
	['https://93.184.55330', 'https://93.184.216.34/'],
	['https://0x5d.0xb8.0xd8.0x22/', 'https://93.184.216.34/'],
	['https://93.184.216.34./a', 'https://93.184.216.34/a'],
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
	...['0177.1', '0x7f.0.0.1', '127.0x0.1', '00000177.0.0.1', '0xa.1', '012.1', '3232235777', '0300.0250.1.1'],
	...['[::ffff:0:127.0.0.1]', '[::ffff:0:a9fe:a9fe]', '[64:ff9b::169.254.169.254]', '[64:ff9b:1::a00:1]', '[2001::1]'],
	...['[2001:db8::5efe:7f00:1]', '[2001:db8::5efe:10.0.0.1]', '[2001:db8::200:5efe:a00:1]', '[100::1]', '[::2]'],
	...['168.63.129.16', '100.100.100.200', '192.0.0.192', '[fd00:ec2::254]', 'localhost.localdomain', 'x.localhost.'],
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

/** The result of a check whose names have these addresses. */
async function resolved(url: string, addresses: readonly string[], policy: Partial<UrlPolicyOptions> = {}) {
	const asked: string[] = []
	const lookUp = async (name: string) => {
		asked.push(name)
		return addresses
	}
	const options = { schemes: ['https', 'http', 'data'], privateAddresses: 'refuse', ...policy } as const
	const checked = new UrlPolicy(options, new HostAddresses({ lookUp, nowMs: () => 0 }))
	const urls = checked.begin()
	try {
		const sent = urls.check(url, 'messages[0].url', true)
		await checked.resolve(urls, anonymous)
		return { sent, asked }
	} catch (thrown) {
		if (!(thrown instanceof ChatError)) throw thrown
		expect([thrown.kind, thrown.param]).toEqual(['invalid-request', 'messages[0].url'])
		return { sent: 'refused', asked, message: thrown.message }
	}
}

describe('names are resolved', () => {
	test.each([
		['https://example.com/a', 'https://example.com/a'],
		['https://example.com.:8443/a', 'https://example.com.:8443/a'],
		['https://user:pass@example.com/a', 'https://user:pass@example.com/a'],
		['https://EXAMPLE.com:443/a', 'https://EXAMPLE.com:443/a'],
		['https://ex%61mple.com/', 'https://example.com/'],
	])('%p', async (url, sent) => {
		const addresses = ['93.184.216.34', '2606:2800:220:1::1']
		expect(await resolved(url, addresses)).toEqual({ sent, asked: ['example.com'] })
	})
	test.each([
		[['127.0.0.1']],
		[['93.184.216.34', '10.0.0.1']],
		[['10.0.0.1', '93.184.216.34']],
		[['93.184.216.34', '::1']],
		[['93.184.216.34', '::ffff:10.0.0.1']],
		[['fe80::1%eth0']],
		[['64:ff9b::a9fe:a9fe']],
		[['not an address']],
		[[]],
	])('a name with the addresses %p is refused', async (addresses) => {
		const { sent, message } = await resolved('https://a.example.com/', addresses)
		expect(sent).toBe('refused')
		// Whether a name exists is not for callers.
		expect(message).toBe((await resolved('https://a.example.com/', [])).message)
	})
	test('unless the operator permits private addresses', async () => {
		const { sent, asked } = await resolved('https://a.example.com/', [], { privateAddresses: 'allow' })
		expect([sent, asked]).toEqual(['https://a.example.com/', []])
	})
	test('each once for a request, and not too many', async () => {
		const asked: string[] = []
		const lookUp = async (name: string) => {
			asked.push(name)
			return ['93.184.216.34']
		}
		const policy = new UrlPolicy(
			{ schemes: ['https'], privateAddresses: 'refuse' },
			new HostAddresses({ lookUp, nowMs: () => 0 }),
		)
		const urls = policy.begin()
		for (let at = 0; at < 1000; at++) urls.check(`https://a.example.com/${at}`, `messages[${at}]`, true)
		await policy.resolve(urls, anonymous)
		expect(asked).toEqual(['a.example.com'])
		for (let at = 0; at < 1000; at++) urls.check(`https://${at}.example.com/`, `messages[${at}]`, true)
		const thrown = await policy.resolve(urls, anonymous).catch((error: unknown) => error)
		expect(thrown).toBeInstanceOf(ChatError)
		expect(asked).toHaveLength(1)
	})
})

test.each([
	['https://images.example.com/a', 'https://images.example.com/a'],
	['https://IMAGES.example.com./a', 'https://IMAGES.example.com./a'],
	['http://a.b.cdn.example.com/', 'http://a.b.cdn.example.com/'],
	['http://10.0.0.7/', 'http://10.0.0.7/'],
	['http://0xa.7/', 'http://10.0.0.7/'],
	['http://[fd00::7]/', 'http://[fd00::7]/'],
	['data:image/png;base64,AAAA', 'data:image/png;base64,AAAA'],
	[' data:,a', 'data:,a'],
	['http://cdn.example.com/', 'refused'],
	['http://evilcdn.example.com/', 'refused'],
	['http://images.example.com.evil.example/', 'refused'],
	['http://images.example.com@evil.example/', 'refused'],
	['http://images.example.com\\@evil.example/', 'http://images.example.com/@evil.example/'],
	['http://10.0.0.8/', 'refused'],
	['http://example.com/', 'refused'],
])('if hosts are listed, %p is %p', async (url, expected) => {
	const hosts = ['images.example.com', '*.cdn.example.com', '10.0.0.7', 'fd00::7']
	for (const privateAddresses of ['refuse', 'allow'] as const) {
		const { sent, asked } = await resolved(url, [], { hosts, privateAddresses })
		expect([sent, asked]).toEqual([expected, []])
	}
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
	test.each(['s3', 'gs', 'az', 'hf'])('%s names no host, so it is not resolved, and needs no dot', async (scheme) => {
		for (const container of ['bucket', 'my-bucket', 'my_bucket', 'private', 'images.example.com', 'UPPER']) {
			const url = `${scheme}://${container}/a/b.png`
			expect(await resolved(url, ['10.0.0.1'], { schemes: ['https', scheme] })).toEqual({ sent: url, asked: [] })
		}
		// A lenient client may take it for a host.
		for (const container of ['127.0.0.1', '[::1]', 'localhost', 'a.internal', '2130706433', ''])
			expect(await resolved(`${scheme}://${container}/a`, [], { schemes: [scheme] })).toMatchObject({ sent: 'refused' })
		const hosts = ['bucket']
		expect(await resolved(`${scheme}://bucket/a`, [], { schemes: [scheme], hosts })).toMatchObject({
			sent: `${scheme}://bucket/a`,
		})
		expect(await resolved(`${scheme}://other/a`, [], { schemes: [scheme], hosts })).toMatchObject({ sent: 'refused' })
	})
	test.each(['ftp', 'wss', 'rtsp', 'unknown'])('hosts of %s are resolved', async (scheme) => {
		const url = `${scheme}://a.example.com/a`
		expect(await resolved(url, ['10.0.0.1'], { schemes: [scheme] })).toMatchObject({
			sent: 'refused',
			asked: ['a.example.com'],
		})
	})
	test('hosts of other schemes are checked too', () => {
		const policy = new UrlPolicy({ schemes: ['s3', 'ftp'], privateAddresses: 'refuse' })
		for (const url of ['s3://127.0.0.1/a', 's3://0x7f.1/a', 's3://localhost/a', 'ftp://2130706433/', 's3:a'])
			expect([url, result(policy, url)]).toEqual([url, 'refused'])
		expect(result(policy, 's3://bucket.example.com/a')).toBe('s3://bucket.example.com/a')
		for (const url of ['s3://0127.0.0.1/a', 's3://93.184.55330/a', 's3://ex%61mple.com/a'])
			expect([url, result(policy, url)]).toEqual([url, 'refused'])
	})
})
