import { describe, expect, test } from 'bun:test'
import { baseUrlProblem, hasCredentials, readBaseUrl, requestTarget } from './base-url.ts'

describe('a base URL', () => {
	const targets: readonly (readonly [base: string, path: string, target: string])[] = [
		['http://h/v1', '/chat', '/v1/chat'],
		['http://h/v1///', '/chat', '/v1/chat'],
		['http://h', '/chat', '/chat'],
		[
			'http://h/openai/deployments/gpt?api-version=2024-06-01',
			'/chat',
			'/openai/deployments/gpt/chat?api-version=2024-06-01',
		],
		['http://h/v1?a=1', '/m:stream?alt=sse', '/v1/m:stream?a=1&alt=sse'],
		['http://h/v1?alt=json&a=1', '/m:stream?alt=sse', '/v1/m:stream?a=1&alt=sse'],
		['http://h/v1/?a=1', '/../tokenize', '/tokenize?a=1'],
		['http://h/a/v1', '/../tokenize?b=2', '/a/tokenize?b=2'],
		['http://h/a%2Fb c?q=é d', '/chat', '/a%2Fb%20c/chat?q=%C3%A9%20d'],
		['http://h/v1?', '/chat', '/v1/chat'],
	]
	for (const [base, path, target] of targets)
		test(`${base} with ${path}`, () => expect(requestTarget(readBaseUrl(base), path)).toBe(target))

	test('has the address to connect to', () => {
		expect(readBaseUrl('https://[2001:db8::1]:8443/v1')).toMatchObject({
			hostname: '2001:db8::1',
			port: 8443,
			secure: true,
			host: '[2001:db8::1]:8443',
			authorization: undefined,
		})
		expect(readBaseUrl('http://H.example')).toMatchObject({ hostname: 'h.example', port: 80, secure: false, path: '' })
	})

	test('sends its user name and password decoded, and lists them as secrets', () => {
		const { authorization, secrets } = readBaseUrl('http://me:p%40%3Ass%2Fw%C3%B6rd@h/v1?sig=abc&x=1')
		expect(authorization).toBe(`Basic ${Buffer.from('me:p@:ss/wörd').toString('base64')}`)
		expect(secrets).toEqual(['p@:ss/wörd', 'p%40%3Ass%2Fw%C3%B6rd', authorization ?? '', 'abc'])
		expect(readBaseUrl('http://token@h/').authorization).toBe(`Basic ${Buffer.from('token:').toString('base64')}`)
		expect(hasCredentials('http://:pw@h')).toBe(true)
	})

	const problems: readonly (readonly [url: string, problem: string])[] = [
		['h/v1', 'it is not a URL'],
		['ftp://h/v1', 'expected http://'],
		['http://h/v1#part', 'fragment'],
		['http://h/v1#', 'fragment'],
		['http://h:0/v1', 'port 0'],
		['http://u%3Av:secret@h/v1', 'colon'],
		['http://u:secret%@h/v1', 'percent-encode'],
		['http://u:secret%ff@h/v1', 'percent-encode'],
	]
	for (const [url, problem] of problems)
		test(`${url} is refused, without showing it`, () => {
			expect(baseUrlProblem(url)).toContain(problem)
			expect(() => readBaseUrl(url)).toThrow(problem)
			expect(baseUrlProblem(url)).not.toContain('secret')
		})
})
