import { describe, expect, test } from 'bun:test'
import { MessageSyntaxError } from './message-head.ts'
import { readRequestTarget } from './request-target.ts'

describe('a target that servers could read differently is rejected', () => {
	const targets = [
		'/a/../b',
		'/a/..',
		'/..',
		'/.',
		'/a/./b',
		'/a/%2e%2e/b',
		'/a/.%2E/b',
		'/a/%2e/b',
		'/a/..%2fb',
		'/a/%2e%2e%2Fb',
		'/a/..%5cb',
		'/a/..;/b',
		'/a/..;x=1/b',
		'/a\\b',
		'/a%5cb',
		'/a%00',
		'/a%0d%0ab',
		'/a%7f',
		'/a%zz',
		'/a%2',
		'/a#b',
		'/a?b#c',
		'/\u00e9',
		'/a b',
		'a',
		'a/b',
		'*',
		'',
		'//user@host'.replace('//', 'http://'),
		'ftp://a/b',
		'http:///a',
		'http:/a',
	]
	for (const target of targets)
		test(JSON.stringify(target), () => {
			expect(() => readRequestTarget('GET', target)).toThrow(MessageSyntaxError)
		})
	test('a tunnel', () => {
		expect(() => readRequestTarget('CONNECT', 'a:443')).toThrow(MessageSyntaxError)
	})
})

test('all others are unchanged', () => {
	for (const target of [
		'/',
		'//a',
		'/a//b/',
		'/gpt-4.1',
		'/a...b',
		'/...',
		'/org%2Fmodel',
		'/a;b',
		'/a?b=../c&d=%2e%2e/',
		'/%E2%82%AC',
	])
		expect(readRequestTarget('GET', target)).toEqual({ pathAndQuery: target, host: undefined })
	expect(readRequestTarget('OPTIONS', '*')).toEqual({ pathAndQuery: '*', host: undefined })
})
test('absolute targets have a host, and at least a slash', () => {
	expect(readRequestTarget('GET', 'http://a:80/b?c')).toEqual({ pathAndQuery: '/b?c', host: 'a:80' })
	expect(readRequestTarget('GET', 'HTTPS://[::1]')).toEqual({ pathAndQuery: '/', host: '[::1]' })
	expect(readRequestTarget('GET', 'http://a?b')).toEqual({ pathAndQuery: '/?b', host: 'a' })
})
test('a query in UTF-8 is encoded', () => {
	expect(readRequestTarget('GET', '/a?b=caf\u00c3\u00a9').pathAndQuery).toBe('/a?b=caf%C3%A9')
})
