// HEAD answers wherever GET does: the same status and headers, without a body and without doing what GET does to a
// stream.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { dialects } from '../src/dialects/list.ts'
import { startServer, type TestServer } from './server.ts'

let server: TestServer
beforeAll(async () => {
	server = await startServer()
})
afterAll(() => server.stop())

/** Headers that differ between two responses to the same request. */
const varying = ['date', 'x-request-id', 'request-id', 'openai-processing-ms', 'inference-id', 'x-generation-id']

/** Every GET route of every dialect, below its mount and on shared paths, with a value for each parameter. */
const routes = dialects.flatMap(({ mount, prefixes, routes }) =>
	routes
		.filter(({ method }) => method === 'GET')
		.flatMap(({ path }) => prefixes.flatMap((prefix) => [mount + prefix + path, prefix + path]))
		.map((pattern) => pattern.replace(/\{\w+\}/g, 'echo')),
)
const own = ['/', '/console/console.js', '/health', '/ready', '/version', '/metrics']
const paths = [...new Set([...own, ...routes, '/v1/nothing-here', '/nothing/here'])]

async function send(method: 'GET' | 'HEAD', path: string) {
	const response = await fetch(server.url + path, { method, headers: { authorization: `Bearer ${server.key}` } })
	const headers = Object.fromEntries([...response.headers].filter(([name]) => !varying.includes(name)))
	// Messages of errors name the method, and metrics change from one request to the next.
	if (response.status >= 400 || path === '/metrics') delete headers['content-length']
	return { status: response.status, headers, body: await response.text() }
}

test('HEAD returns the headers of GET without a body, on every path', async () => {
	expect(routes.length).toBeGreaterThan(40)
	const statuses = new Map<number, number>()
	for (const path of paths) {
		const [get, head] = [await send('GET', path), await send('HEAD', path)]
		expect({ path, ...head }).toEqual({ path, ...get, body: '' })
		statuses.set(get.status, (statuses.get(get.status) ?? 0) + 1)
	}
	expect([statuses.get(200) ?? 0, statuses.get(404) ?? 0].every((count) => count > 5)).toBe(true)
	expect((await send('HEAD', '/v1/nothing-here')).status).toBe(404)
	for (const path of own) expect([path, (await send('HEAD', path)).status]).toEqual([path, 200])
}, 60_000)

test('no byte of a body follows the headers', async () => {
	const received = await new Promise<string>((resolve) => {
		const { hostname, port } = new URL(server.url)
		let text = ''
		const socket = connect(Number(port), hostname, () =>
			socket.write('HEAD / HTTP/1.1\r\nhost: x\r\n\r\nHEAD /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'),
		)
		socket.on('data', (bytes) => {
			text += bytes
			if (text.split('\r\n\r\n').length > 2) socket.end()
		})
		socket.on('close', () => resolve(text))
	})
	const [page = '', metrics = '', rest] = received.split('\r\n\r\n')
	expect([page.split('\r\n')[0], metrics.split('\r\n')[0], rest]).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', ''])
})

test('a method that a path does not accept gets the list of allowed methods, with HEAD if GET is allowed', async () => {
	const key = { authorization: `Bearer ${server.key}` }
	const allowed = async (method: string, path: string) => {
		const response = await fetch(server.url + path, { method, headers: key })
		return [response.status, response.headers.get('allow')]
	}
	expect(await allowed('PUT', '/v1/models')).toEqual([405, 'GET, HEAD'])
	expect(await allowed('PUT', '/openai/v1/models/echo')).toEqual([405, 'GET, HEAD'])
	for (const path of own)
		for (const method of ['POST', 'DELETE']) expect(await allowed(method, path)).toEqual([405, 'GET, HEAD'])
	expect(await allowed('HEAD', '/v1/embeddings')).toEqual([405, 'POST'])
	expect(await allowed('GET', '/v1/embeddings')).toEqual([405, 'POST'])
})

test('HEAD on a resumable stream returns immediately and consumes no event', async () => {
	const text = 'echo:delay 30\none two three four five six seven eight'
	const response = await server.call(
		'/v1/chat/completions',
		{ model: 'echo', stream: true, messages: [{ role: 'user', content: text }] },
		{ 'x-dragoman-resumable': 'true' },
	)
	const id = response.headers.get('x-dragoman-stream') ?? ''
	expect(id).not.toBe('')
	const running = await send('HEAD', `/v1/streams/${id}`)
	expect([running.status, running.headers['content-type'], running.headers['x-dragoman-stream']]).toEqual([
		200,
		'text/event-stream; charset=utf-8',
		id,
	])
	const fullText = await response.text()
	expect(fullText.endsWith('data: [DONE]\n\n')).toBe(true)
	const [head, get] = [await send('HEAD', `/v1/streams/${id}`), await send('GET', `/v1/streams/${id}`)]
	expect(head).toEqual({ ...get, body: '' })
	expect(get.body.replaceAll(': keep-alive\n\n', '')).toBe(fullText.replaceAll(': keep-alive\n\n', ''))
	expect((await send('HEAD', '/v1/streams/nothing')).status).toBe(404)
})
