import { describe, expect, test } from 'bun:test'
import { type HostRules, hostCheck, isHostPattern } from './hosts.ts'

const direct = { address: '127.0.0.1', requestId: undefined, isProxied: false }
const proxied = { ...direct, isProxied: true }

interface Sent {
	readonly host?: string
	readonly path?: string
	readonly headers?: Readonly<Record<string, string>>
	readonly client?: typeof direct
	readonly open?: boolean
}

function refuses(rules: HostRules, { host, path = '/v1/models', headers = {}, client = direct, open = false }: Sent) {
	const sent = new Headers(headers)
	if (host !== undefined) sent.set('host', host)
	return hostCheck(rules)({ path, headers: sent, client }, () => open)
}

const anywhere = { listen: '0.0.0.0:8080' }
const loopback = { listen: '127.0.0.1:8080' }

describe('a malformed Host is refused', () => {
	for (const host of [
		'',
		' ',
		'a b',
		'a/b',
		'u@b',
		'Ã©',
		'a, b',
		'a:99999',
		'a:x',
		'%41',
		'[::1',
		'::1',
		'a..b',
		'.',
		'a?b',
		'a#b',
		`${'a'.repeat(254)}`,
	])
		test(JSON.stringify(host.slice(0, 20)), () => {
			expect(refuses(anywhere, { host })?.code).toBe('invalid_host')
			expect(refuses({ ...anywhere, hosts: ['*.example.org'] }, { host, path: '/health' })?.code).toBe('invalid_host')
		})
	for (const host of ['a', 'A.example.', 'a_b', 'a:', 'a:80', '[::1]:80', '10.0.0.1', 'xn--e1afmkfd.example'])
		test(`a well-formed Host is accepted: ${host}`, () => expect(refuses(anywhere, { host })).toBeUndefined())
	test('a missing Host is accepted', () => expect(refuses(anywhere, {})).toBeUndefined())
})

describe('with `server.hosts`', () => {
	const rules = {
		listen: '10.1.1.1:8080',
		hosts: ['chat.example.org', '*.Intern.example', '192.0.2.7', '[2001:DB8::1]'],
	}
	const permitted = [
		'chat.example.org',
		'CHAT.example.org:443',
		'chat.example.org.',
		'a.intern.example',
		'a.b.intern.example',
		'192.0.2.7',
		'[2001:db8::1]:8080',
		'localhost',
		'localhost:9',
		'x.localhost',
		'127.0.0.1',
		'127.9.9.9:80',
		'[::1]',
		'[::ffff:127.0.0.1]',
		'10.1.1.1:8080',
	]
	for (const host of permitted) test(`${host} is permitted`, () => expect(refuses(rules, { host })).toBeUndefined())
	for (const host of [
		'example.org',
		'xchat.example.org',
		'intern.example',
		'xintern.example',
		'192.0.2.8',
		'localhost.evil.example',
		'127.0.0.1.evil.example',
	])
		test(`a well-formed Host is accepted: ${host}`, () => {
			const message = refuses(rules, { host })?.message
			expect(message).toContain(`"${host}"`)
			expect(message).toContain('`server.hosts`')
		})
	test('an address is permitted for probes only', () => {
		for (const path of ['/health', '/ready']) {
			expect(refuses(rules, { host: '10.9.9.9:8080', path })).toBeUndefined()
			expect(refuses(rules, { path })).toBeUndefined()
			expect(refuses(rules, { host: 'evil.example', path })).toBeDefined()
		}
		expect(refuses(rules, { host: '10.9.9.9:8080', path: '/metrics' })).toBeDefined()
		expect(refuses(rules, {})?.message).toContain('no Host header')
	})
	test('a trusted proxy changes nothing', () =>
		expect(refuses(rules, { host: 'evil.example', client: proxied })).toBeDefined())
})

describe('without it, on a loopback address, a foreign name is refused if a browser sends it', () => {
	const host = 'evil.example:8080'
	const signs: readonly Readonly<Record<string, string>>[] = [
		{ origin: 'http://evil.example:8080' },
		{ 'sec-fetch-site': 'same-origin' },
	]
	for (const headers of signs)
		test(`with ${Object.keys(headers)}`, () => {
			expect(refuses(loopback, { host, headers })?.message).toContain('`server.trustedProxies`')
			expect(refuses({ listen: '[::1]:80' }, { host, headers })).toBeDefined()
			expect(refuses({ listen: 'localhost:80' }, { host, headers })).toBeDefined()
			expect(refuses(loopback, { host, headers, client: proxied })).toBeUndefined()
			expect(refuses(anywhere, { host, headers })).toBeUndefined()
			for (const own of ['localhost:8080', '127.0.0.1:8080', '192.168.1.5:8080'])
				expect(refuses(loopback, { host: own, headers })).toBeUndefined()
		})
	test('as a plain GET of its own origin, which has neither header, if no key is needed', () => {
		const page = { 'accept-language': 'de', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' }
		const pages: readonly Readonly<Record<string, string>>[] = [
			page,
			{ 'accept-language': 'de' },
			{ 'user-agent': 'Mozilla/5.0' },
		]
		for (const headers of pages) expect(refuses(loopback, { host, headers, open: true })).toBeDefined()
		// Such a page cannot use a path that needs a key, and clients of a proxy may send the same headers.
		expect(refuses(loopback, { host, headers: page })).toBeUndefined()
		expect(refuses(loopback, { host, headers: { 'user-agent': 'Prometheus/3.0' }, open: true })).toBeUndefined()
	})
})

test('valid entries of `server.hosts`', () => {
	for (const good of ['a', 'a.example', '*.example.org', 'A_b', '192.0.2.1', '::1', '[::1]'])
		expect([good, isHostPattern(good)]).toEqual([good, true])
	for (const bad of ['', '*', '*.', 'a.*', 'a:80', 'http://a', 'a/b', 'é.example', 'a b', '[::1]:80', '*.*.a'])
		expect([bad, isHostPattern(bad)]).toEqual([bad, false])
})
