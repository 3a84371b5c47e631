// The network around a server: addresses of clients behind proxies, and the names that the server answers to.

import { afterAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { join } from 'node:path'
import { loadConfig } from '../src/config/load.ts'
import { eventually, logLines } from './faults/gateway.ts'
import { startServer, type TestServer, temporaryFolder } from './server.ts'

const echo = 'models: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n'
const plain = await startServer()
const proxied = await startServer({ config: `${echo}server: { trustedProxies: [127.0.0.1, 10.0.0.0/8] }\n` })
const named = await startServer({ config: `${echo}server: { hosts: [chat.example.org, "*.intern.example"] }\n` })
afterAll(() => Promise.all([plain.stop(), proxied.stop(), named.stop()]))

const hello = { model: 'echo', messages: [{ role: 'user', content: 'hi' }] }

/** The log line of the request that was answered with `response`. */
async function lineOf(server: TestServer, response: Response) {
	const id = response.headers.get('x-request-id')
	return eventually(`a line for ${id}`, () => logLines(server).find(({ request }) => request === id))
}

describe('the address in the log line', () => {
	const xff = { 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.0.0.7', 'x-request-id': 'proxy-1' }
	test('is the peer, whatever it reports, if no proxy is trusted', async () => {
		const line = await lineOf(plain, await plain.call('/v1/models', undefined, xff))
		expect(line.client).toBe('127.0.0.1')
		expect(line).not.toHaveProperty('proxyRequest')
	})
	test('is what a trusted proxy reports, with the id of the proxy', async () => {
		const line = await lineOf(proxied, await proxied.call('/v1/chat/completions', hello, xff))
		expect(line).toMatchObject({ client: '203.0.113.9', proxyRequest: 'proxy-1', status: 200 })
		expect(line.request).toStartWith('req_')
	})
	test('is logged for a wrong key and an unknown path', async () => {
		const headers = { ...xff, authorization: 'Bearer sk-wrong-0123456789' }
		const wrong = await proxied.call('/v1/chat/completions', hello, headers)
		expect(await lineOf(proxied, wrong)).toMatchObject({ status: 401, client: '203.0.113.9', proxyRequest: 'proxy-1' })
		expect(await lineOf(proxied, await proxied.call('/v1/none', hello, xff))).toMatchObject({
			status: 404,
			client: '203.0.113.9',
		})
	})
	test('is logged for a stream, and for one whose client disconnected', async () => {
		const streamed = await proxied.call(
			'/v1/chat/completions',
			{ ...hello, stream: true },
			{ forwarded: 'for="[2001:DB8::1]:99"' },
		)
		await streamed.text()
		expect(await lineOf(proxied, streamed)).toMatchObject({ client: '2001:db8::1' })
		const disconnect = new AbortController()
		const left = await fetch(`${proxied.url}/v1/chat/completions`, {
			method: 'POST',
			headers: { authorization: `Bearer ${proxied.key}`, ...xff },
			body: JSON.stringify({ ...hello, stream: true, messages: [{ role: 'user', content: 'echo:delay 60000\nhi' }] }),
			signal: disconnect.signal,
		})
		disconnect.abort()
		expect(await lineOf(proxied, left)).toMatchObject({ client: '203.0.113.9' })
	})
	test('is logged for a socket and each of its messages', async () => {
		const socket = new WebSocket(`${proxied.url.replace('http', 'ws')}/v1/responses`, {
			headers: { authorization: `Bearer ${proxied.key}`, 'x-forwarded-for': '198.51.100.4' },
		})
		await new Promise((resolve) => socket.addEventListener('open', resolve))
		const answered = new Promise((resolve) => socket.addEventListener('message', resolve))
		socket.send(JSON.stringify({ type: 'response.create', model: 'echo', input: 'hi' }))
		await answered
		for (const method of ['WEBSOCKET', 'POST'])
			await eventually(`a line of ${method}`, () =>
				logLines(proxied).find(
					(line) => line.method === method && line.client === '198.51.100.4' && line.route === '/v1/responses',
				),
			)
		socket.close()
	})
})

/** The status line and the body of a request as it is written. */
function raw({ url }: TestServer, request: string): Promise<string> {
	const { hostname, port } = new URL(url)
	return new Promise((resolve, reject) => {
		let received = ''
		const socket = connect(Number(port), hostname, () => socket.write(request))
		socket.on('data', (data) => {
			received += data.toString()
		})
		socket.on('error', reject)
		socket.on('close', () => resolve(received))
		const check = () => {
			const length = /content-length: (\d+)/i.exec(received)?.[1]
			const begin = received.indexOf('\r\n\r\n')
			if (length !== undefined && begin !== -1 && received.length >= begin + 4 + Number(length)) socket.destroy()
		}
		socket.on('data', check)
	})
}

describe('a Host that is not permitted', () => {
	const foreign = { host: 'evil.example' }
	const shapes: readonly (readonly [path: string, shape: object])[] = [
		[
			'/v1/chat/completions',
			{
				error: {
					type: 'invalid_request_error',
					code: 'invalid_host',
					message: expect.stringContaining('"evil.example"'),
				},
			},
		],
		['/anthropic/v1/messages', { type: 'error', error: { type: 'invalid_request_error' } }],
		['/aleph-alpha/complete', { code: 'INVALID_REQUEST', error: expect.stringContaining('`server.hosts`') }],
		['/albert/v1/chat/completions', { detail: expect.anything() }],
		['/opengatellm/v1/chat/completions', { detail: expect.anything() }],
	]
	for (const [path, shape] of shapes)
		test(`is refused with 400 and a line in the log: ${path}`, async () => {
			const response = await named.call(path, hello, foreign)
			expect(response.status).toBe(400)
			expect(await response.json()).toMatchObject(shape)
			expect(await lineOf(named, response)).toMatchObject({
				status: 400,
				client: '127.0.0.1',
				error: 'invalid-request',
			})
		})
	test('is refused before anything else', async () => {
		for (const path of ['/', '/metrics', '/health', '/ready', '/version', '/v1/none'])
			expect([path, (await fetch(named.url + path, { headers: foreign })).status]).toEqual([path, 400])
		expect((await fetch(`${named.url}/v1/models`, { method: 'OPTIONS', headers: foreign })).status).toBe(400)
		expect(
			await raw(
				named,
				`GET /v1/responses HTTP/1.1\r\nhost: evil.example\r\nauthorization: Bearer ${named.key}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
			),
		).toStartWith('HTTP/1.1 400 ')
	})
	test('others are served', async () => {
		for (const host of ['chat.example.org:443', 'a.intern.example', 'localhost:1', '127.0.0.1'])
			expect((await named.call('/v1/chat/completions', hello, { host })).status).toBe(200)
		for (const path of ['/health', '/ready'])
			expect((await fetch(named.url + path, { headers: { host: '10.2.3.4:8080' } })).status).toBe(200)
	})
})

describe('a malformed Host gets 400, and does not change the path', () => {
	for (const host of ['', 'a b', 'é', 'u@h', 'a/b'])
		test(JSON.stringify(host), async () => {
			for (const path of ['/openai/metrics', '/health'])
				expect(await raw(plain, `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)).toStartWith('HTTP/1.1 400 ')
		})
	test('a request without a Host header, as in HTTP/1.0, is served at the requested path', async () => {
		expect(await raw(plain, 'GET /ready HTTP/1.0\r\n\r\n')).toContain('"status":"ready"')
		expect(await raw(plain, 'GET /openai/metrics HTTP/1.0\r\n\r\n')).not.toContain('dragoman_requests_total')
	})
})

describe('a web page on a foreign name that resolves to this machine', () => {
	const page = { host: 'evil.example:8080', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)', 'accept-language': 'en' }
	test('reads nothing', async () => {
		for (const path of ['/metrics', '/ready', '/version', '/health', '/'])
			expect([path, (await fetch(plain.url + path, { headers: page })).status]).toEqual([path, 400])
		const post = await plain.call('/v1/chat/completions', hello, { ...page, origin: 'http://evil.example:8080' })
		expect(post.status).toBe(400)
	})
	test('a proxy that is not configured still reaches the API, one that is trusted everything', async () => {
		expect((await plain.call('/v1/chat/completions', hello, { host: 'chat.example.org' })).status).toBe(200)
		expect((await fetch(`${plain.url}/metrics`, { headers: { host: 'chat.example.org' } })).status).toBe(200)
		expect((await fetch(`${proxied.url}/`, { headers: { ...page, 'sec-fetch-site': 'none' } })).status).toBe(200)
	})
})

describe('a mistake is shown with its field', () => {
	const cases: readonly (readonly [yaml: string, words: string])[] = [
		['server: { trustedProxies: [10.0.0.0/33] }', 'server.trustedProxies[0]: must be an IP address or a CIDR range'],
		['server: { trustedProxies: [localhost] }', 'server.trustedProxies[0]: must be an IP address or a CIDR range'],
		['server: { hosts: ["http://chat.example.org"] }', 'server.hosts[0]: must be a host name'],
		['server: { hosts: [] }', 'server.hosts: '],
	]
	for (const [yaml, words] of cases)
		test(yaml, async () => {
			const file = join(await temporaryFolder(), 'dragoman.yaml')
			await Bun.write(file, yaml)
			const thrown = await loadConfig({ file, overrides: {}, environment: {} }).catch(String)
			expect(thrown).toContain(words)
		})
})
