import { describe, expect, test } from 'bun:test'
import { bytes, tokenCount } from './amount.ts'
import { days, milliseconds } from './duration.ts'
import { headerSecret, headers, httpUrl, listenAddress } from './text.ts'

describe('milliseconds', () => {
	test.each([
		[500, 500],
		['500', 500],
		['250ms', 250],
		['30s', 30_000],
		['1.5h', 5_400_000],
		['1.1s', 1100],
		['1h30m', 5_400_000],
		['1d', 86_400_000],
		['0s', 0],
	])('reads %p as %p', (given, read) => expect(milliseconds(0).parse(given)).toBe(read))

	test.each([
		['', 'is not a duration'],
		['30 s', 'is not a duration'],
		['30sec', 'is not a duration'],
		['-5s', 'is not a duration'],
		['1.5ms', 'is not a whole number of milliseconds'],
		[1.5, 'is not a whole number of milliseconds'],
		['5ms', '5ms is too short: the minimum is 10ms'],
		['36h', '36h is too long: the maximum is 1d'],
		[true, 'is not a duration'],
	])('refuses %p', (given, message) => expect(messageOf(milliseconds(10), given)).toContain(message))

	test('reads what its pattern matches, and nothing else', () => {
		const pattern = new RegExp(String(milliseconds(0).meta()?.pattern))
		for (const text of ['1', '1s', '1h30m', '0.5d', '1 s', 's', '1x', '1s1', '', '-1s'])
			expect([text, pattern.test(text)]).toEqual([text, milliseconds(0).safeParse(text).success])
	})
})

test.each([
	[1, 1],
	['90d', 90],
	['12h', 0.5],
	['0.5', 0.5],
])('days: reads %p as %p', (given, read) => expect(days().parse(given)).toBe(read))

describe('amounts', () => {
	test.each([
		[10, 10],
		['10', 10],
		['64k', 64_000],
		['64K', 64_000],
		['64Ki', 65_536],
		['64KiB', 65_536],
		['32MB', 32_000_000],
		['32mib', 33_554_432],
		['1.5G', 1_500_000_000],
		['1GiB', 1_073_741_824],
		['10B', 10],
	])('reads %p as %p', (given, read) => expect(bytes(0).parse(given)).toBe(read))

	test.each([
		['many', 'is not a number of bytes'],
		['12Q', 'is not a number of bytes'],
		['1 GB', 'is not a number of bytes'],
		['1.5', 'is not a whole number of bytes'],
		['1k', '1000 is too few bytes: the minimum is 1024'],
	])('refuses %p', (given, message) => expect(messageOf(bytes(1024), given)).toContain(message))

	test('error messages name the unit', () =>
		expect(messageOf(tokenCount(1), 0)).toBe('0 is too few tokens: the minimum is 1'))
})

describe('texts', () => {
	test.each([
		['', 'is empty'],
		['short', 'is 5 characters long; at least 16 are needed'],
		['a-secret-of-two\nlines', 'character 16 is a line end'],
		['a-secret-with-bell\u0007', 'character 19 is a control character'],
		['a-secret-with-an-é', 'character 18 is not ASCII'],
	])('refuses the secret %p without showing it', (given, message) => {
		const problem = messageOf(headerSecret(16), given)
		expect(problem).toContain(message)
		if (given.length > 5) expect(problem).not.toContain('secret')
	})
	test.each(['content-length', 'Transfer-Encoding', 'Expect', 'upgrade'])(
		'refuses the header %p, which the client writes',
		(name) => expect(headers().safeParse({ [name]: '5' }).success).toBe(false),
	)
	test('accepts headers that can be sent', () => {
		const cases: readonly Readonly<Record<string, string>>[] = [{ 'x-a': 'Bearer b\tc' }, { Host: 'chat.example.org' }]
		for (const taken of cases) expect(headers().parse(taken)).toEqual(taken)
		expect(headers().safeParse({ 'a b': 'x' }).success).toBe(false)
	})
	test.each([
		'127.0.0.1:0',
		'[::1]:8080',
		'localhost:65535',
		'0.0.0.0:80',
		'chat-1.example.org:80',
		'[::ffff:127.0.0.1]:1',
	])('takes the address %p', (given) => expect(listenAddress().parse(given)).toBe(given))
	test.each([
		['8080', 'write 127.0.0.1:8080'],
		[':8080', 'write 127.0.0.1:8080'],
		[8080, 'write 127.0.0.1:8080'],
		['::1:80:', 'write host:port'],
		['localhost:65536', 'the highest is 65535'],
		['*:8080', 'write 0.0.0.0:8080 for every network'],
		['300.1.2.3:80', '"300.1.2.3" is neither an IP address nor a host name'],
		['127.1:80', 'neither an IP address nor a host name'],
		['[::1::2]:80', 'neither an IP address nor a host name'],
		['a b:80', 'write host:port'],
		['a,b:80', 'neither an IP address nor a host name'],
	])('refuses the address %p', (given, message) => expect(messageOf(listenAddress(), given)).toContain(message))
	test.each([
		['localhost:8000', 'begin it with http:// or https://'],
		['ftp://x', 'begin it with http:// or https://'],
		['http://', 'is not a valid URL'],
		['https://me:secret@[x/', 'is not a valid URL'],
	])('refuses the URL %p', (given, message) => {
		expect(messageOf(httpUrl(), given)).toContain(message)
		expect(messageOf(httpUrl(), given)).not.toContain('secret')
	})
})

function messageOf(
	schema: ReturnType<typeof milliseconds | typeof headerSecret | typeof httpUrl>,
	given: unknown,
): string {
	return schema.safeParse(given).error?.issues[0]?.message ?? ''
}
