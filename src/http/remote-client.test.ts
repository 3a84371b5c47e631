import { describe, expect, test } from 'bun:test'
import { addressSet, canonicalAddress, isAddressRange } from './addresses.ts'
import { remoteClient } from './remote-client.ts'

describe('addresses', () => {
	const canonical: readonly (readonly [text: string, address: string | undefined])[] = [
		['192.0.2.1', '192.0.2.1'],
		['::ffff:192.0.2.1', '192.0.2.1'],
		['::FFFF:c000:201', '192.0.2.1'],
		['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
		['2001:DB8:0:0::1', '2001:db8::1'],
		['::1', '::1'],
		['::', '::'],
		['fe80::1%eth0', 'fe80::1'],
		['192.0.2.256', undefined],
		['192.0.2', undefined],
		['192.000.2.1', undefined],
		['0x7f.1', undefined],
		['localhost', undefined],
		['', undefined],
	]
	for (const [text, address] of canonical)
		test(JSON.stringify(text), () => expect(canonicalAddress(text)).toBe(address as string))
	test('in ranges of both families', () => {
		const set = addressSet(['10.1.2.3/8', '192.0.2.7', '2001:db8::/32', '::1', '::ffff:172.16.0.0/108'])
		const inside = ['10.255.0.1', '192.0.2.7', '2001:db8:ffff::1', '::1', '172.16.5.5']
		const outside = ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', '127.0.0.1', '172.32.0.1']
		expect(inside.filter((address) => !set.has(address))).toEqual([])
		expect(outside.filter((address) => set.has(address))).toEqual([])
	})
	test('every address', () => {
		expect(addressSet(['0.0.0.0/0']).has('203.0.113.9')).toBe(true)
		expect(addressSet(['::/0']).has('2001:db8::1')).toBe(true)
	})
	test('a text that is not a range is refused', () => {
		for (const text of [
			'10.0.0.0/33',
			'::/129',
			'10.0.0.0/',
			'10.0.0.0/-1',
			'localhost',
			'10.0.0.0/8/8',
			'',
			'*',
			'::ffff:1.2.3.4/95',
		])
			expect([text, isAddressRange(text)]).toEqual([text, false])
	})
})

const proxies = addressSet(['10.0.0.0/8', '::1'])

function addressOf(peer: string | undefined, headers: readonly (readonly [string, string])[]): string | undefined {
	const sent = new Headers()
	for (const [name, value] of headers) sent.append(name, value)
	return remoteClient({ address: () => peer }, sent, proxies).address
}

describe('the address of a client', () => {
	const xff = (...values: readonly string[]) => values.map((value) => ['x-forwarded-for', value] as const)
	const forwarded = (...values: readonly string[]) => values.map((value) => ['forwarded', value] as const)
	type Case = readonly [name: string, headers: readonly (readonly [string, string])[], address: string]
	const cases: readonly Case[] = [
		['nothing is reported', [], '10.0.0.1'],
		['one address', xff('203.0.113.9'), '203.0.113.9'],
		['the right-most that is not trusted', xff('1.1.1.1, 203.0.113.9, 10.2.2.2'), '203.0.113.9'],
		['several headers are one list', xff('1.1.1.1', '203.0.113.9', '10.2.2.2'), '203.0.113.9'],
		['all are trusted: the farthest', xff('10.3.3.3, 10.2.2.2'), '10.3.3.3'],
		['with a port', xff('203.0.113.9:4711'), '203.0.113.9'],
		['IPv6', xff('2001:DB8::0:1'), '2001:db8::1'],
		['IPv6 in brackets with a port', xff('[2001:db8::1]:80'), '2001:db8::1'],
		['IPv4-mapped', xff('::ffff:203.0.113.9'), '203.0.113.9'],
		['garbage', xff('203.0.113.9, <script>'), '10.0.0.1'],
		['garbage to the left of a proxy', xff('x, 10.2.2.2'), '10.2.2.2'],
		['unknown', xff('203.0.113.9, unknown'), '10.0.0.1'],
		['empty elements', xff('203.0.113.9, ,'), '203.0.113.9'],
		['an empty header', xff(''), '10.0.0.1'],
		['a quote that the client began', xff('"1.1.1.1', '203.0.113.9'), '203.0.113.9'],
		['Forwarded', forwarded('for=203.0.113.9;proto=https;by=10.0.0.1'), '203.0.113.9'],
		['Forwarded with names in any case', forwarded('Proto=https; FOR = 203.0.113.9'), '203.0.113.9'],
		['Forwarded, quoted IPv6 with a port', forwarded('for="[2001:db8::1]:4711"'), '2001:db8::1'],
		['Forwarded, an obfuscated port', forwarded('for="203.0.113.9:_x"'), '203.0.113.9'],
		['Forwarded, several elements', forwarded('for=1.1.1.1, for=203.0.113.9', 'for=10.2.2.2'), '203.0.113.9'],
		['Forwarded, unknown', forwarded('for=203.0.113.9, for=unknown'), '10.0.0.1'],
		['Forwarded, an obfuscated name', forwarded('for=203.0.113.9, for=_gateway'), '10.0.0.1'],
		['Forwarded, no for', forwarded('for=203.0.113.9, proto=https'), '10.0.0.1'],
		['Forwarded, for twice', forwarded('for=1.1.1.1;for=203.0.113.9'), '10.0.0.1'],
		['Forwarded, a comma in quotes', forwarded('for=203.0.113.9;host="a,for=1.1.1.1"'), '203.0.113.9'],
		['Forwarded, a pair in quotes', forwarded('for=203.0.113.9;host="a;for=1.1.1.1;b"'), '203.0.113.9'],
		['Forwarded, malformed', forwarded('for=203.0.113.9;host="a'), '10.0.0.1'],
		['X-Forwarded-For wins over Forwarded', [...forwarded('for=1.1.1.1'), ...xff('203.0.113.9')], '203.0.113.9'],
	]
	for (const [name, headers, address] of cases) test(name, () => expect(addressOf('10.0.0.1', headers)).toBe(address))

	test('is the peer if the peer is not trusted, whatever it reports', () => {
		expect(addressOf('192.0.2.1', xff('203.0.113.9'))).toBe('192.0.2.1')
		expect(addressOf('::ffff:10.0.0.1', xff('203.0.113.9'))).toBe('203.0.113.9')
		expect(addressOf(undefined, xff('203.0.113.9'))).toBeUndefined()
	})
	test('a list of thousands of trusted addresses is fast', () => {
		const begun = performance.now()
		expect(addressOf('10.0.0.1', xff(Array.from({ length: 20_000 }, () => '10.1.1.1').join(',')))).toBe('10.1.1.1')
		expect(performance.now() - begun).toBeLessThan(1000)
	})
	test('a long malformed header is fast', () => {
		const begun = performance.now()
		for (const text of ['a', 'a ', 'a=', ' =', '\\"', 'for="', ';'])
			expect(addressOf('10.0.0.1', forwarded(text.repeat(60_000)))).toBe('10.0.0.1')
		expect(performance.now() - begun).toBeLessThan(1000)
	})
	test('is resolved lazily and only once', () => {
		let lookups = 0
		const peer = {
			address: () => {
				lookups++
				return '10.0.0.1'
			},
		}
		const client = remoteClient(peer, new Headers({ 'x-request-id': 'p-1' }), undefined)
		expect([client.isProxied, client.requestId, lookups]).toEqual([false, undefined, 0])
		expect([client.address, client.address, lookups]).toEqual(['10.0.0.1', '10.0.0.1', 1])
	})
})

test('the request id of a proxy', () => {
	const idOf = (peer: string, id: string) =>
		remoteClient({ address: () => peer }, new Headers({ 'x-request-id': id }), proxies).requestId
	expect(idOf('10.0.0.1', 'abc-123_/:=')).toBe('abc-123_/:=')
	expect(idOf('192.0.2.1', 'abc')).toBeUndefined()
	for (const bad of ['a"b', "a'b", 'a b', 'x'.repeat(129), 'é', '']) expect(idOf('10.0.0.1', bad)).toBeUndefined()
})
