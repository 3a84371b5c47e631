import { describe, expect, test } from 'bun:test'
import { findEnvironmentProxy } from './proxy-environment.ts'

const proxy = 'http://proxy.corp:3128'
const labelOf = (url: string, environment: Record<string, string>) => findEnvironmentProxy(url, environment)?.label
const goesDirect = (url: string, noProxy: string) =>
	labelOf(url, { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY: noProxy }) === undefined

describe('the variables', () => {
	test('apply to URLs of their scheme', () => {
		expect(labelOf('https://api.openai.com/v1', { HTTPS_PROXY: proxy })).toBe(proxy)
		expect(labelOf('http://api.openai.com/v1', { HTTPS_PROXY: proxy })).toBeUndefined()
		expect(labelOf('http://api.openai.com/v1', { HTTP_PROXY: proxy })).toBe(proxy)
		expect(labelOf('https://api.openai.com/v1', { HTTP_PROXY: proxy })).toBeUndefined()
	})

	test('in lower case take precedence, and an empty one disables the proxy', () => {
		const url = 'https://api.openai.com/v1'
		expect(labelOf(url, { https_proxy: proxy })).toBe(proxy)
		expect(labelOf(url, { https_proxy: 'http://other:1', HTTPS_PROXY: proxy })).toBe('http://other:1')
		expect(labelOf(url, { https_proxy: '', HTTPS_PROXY: proxy })).toBeUndefined()
		expect(labelOf(url, { HTTPS_PROXY: proxy, no_proxy: 'openai.com' })).toBeUndefined()
	})

	test('accept an address without a scheme, whitespace around it, and credentials', () => {
		const found = findEnvironmentProxy('https://a.test', { HTTPS_PROXY: ' us%40er:p%3Ass@proxy.corp:8080\n' })
		expect(found).toMatchObject({ hostname: 'proxy.corp', port: 8080, label: 'http://proxy.corp:8080' })
		expect(found?.authorization).toBe(`Basic ${Buffer.from('us@er:p:ss').toString('base64')}`)
		expect(findEnvironmentProxy('https://a.test', { HTTPS_PROXY: 'http://[fd00::1]:3128' })?.hostname).toBe('fd00::1')
	})

	test.each([
		['https://u:secretpw@proxy.corp', 'TLS to the proxy'],
		['socks5://u:secretpw@proxy.corp', 'socks5:// is not supported'],
		['http://u:secretpw@proxy.corp/path', 'no path'],
		['http://u:secretpw@proxy corp', 'not a URL'],
	])('with the unusable value %s are rejected by name, without the value', (value, reason) => {
		const find = () => findEnvironmentProxy('https://a.test', { https_proxy: value })
		expect(find).toThrow(reason)
		expect(find).toThrow('https_proxy')
		expect(find).not.toThrow('secretpw')
		expect(findEnvironmentProxy('https://a.test', { https_proxy: value, no_proxy: 'a.test' })).toBeUndefined()
	})
})

test.each([
	'http://localhost:1',
	'http://api.localhost',
	'http://127.0.0.1',
	'http://127.9.9.9',
	'https://[::1]:8',
	'http://[::ffff:127.0.0.1]',
	'http://LOCALHOST.',
])('loopback is never proxied: %s', (url) => expect(goesDirect(url, '')).toBe(true))

describe('NO_PROXY', () => {
	test.each([
		['*', 'https://any.test'],
		['example.org', 'https://example.org'],
		['example.org', 'https://a.b.EXAMPLE.org.'],
		['.example.org', 'https://a.example.org'],
		['.example.org', 'https://example.org'],
		['*.example.org', 'https://a.example.org'],
		['other.test , example.org', 'https://example.org'],
		['other.test example.org', 'https://example.org'],
		['Example.ORG.', 'https://example.org'],
		['example.org:8443', 'https://example.org:8443'],
		['example.org:443', 'https://example.org'],
		['example.org:80', 'http://example.org'],
		['*:8443', 'https://any.test:8443'],
		['10.0.0.0/8', 'http://10.20.30.40:8000'],
		['10.1.2.3', 'http://10.1.2.3'],
		['10.1.2.3:8000', 'http://10.1.2.3:8000'],
		['fd00::/8', 'http://[fd12::1]:8000'],
		['fd12::1', 'http://[fd12:0::1]'],
		['[fd12::1]', 'http://[fd12::1]'],
		['[fd12::1]:8000', 'http://[fd12::1]:8000'],
		['::ffff:10.0.0.0/104', 'http://10.1.1.1'],
	])('%s covers %s', (entry, url) => expect(goesDirect(url, entry)).toBe(true))

	test.each([
		['', 'https://any.test'],
		[' , ,', 'https://any.test'],
		['example.org', 'https://notexample.org'],
		['example.org', 'https://example.org.evil.test'],
		['*.example.org', 'https://example.org'],
		['example.org:8443', 'https://example.org'],
		['example.org:443', 'http://example.org'],
		['10.0.0.0/8', 'http://11.0.0.1'],
		['10.0.0.0/8', 'https://10.example.org'],
		['10.1.2.3:8000', 'http://10.1.2.3'],
		['2.3', 'http://10.1.2.3'],
		['fd00::/8', 'http://[fe80::1]'],
		['[fd12::1]:8000', 'http://[fd12::1]'],
		['10.0.0.0/99', 'http://10.0.0.1'],
		['.', 'https://any.test'],
		['(bad', 'https://any.test'],
	])('%s does not cover %s', (entry, url) => expect(goesDirect(url, entry)).toBe(false))
})
