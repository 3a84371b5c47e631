import { afterAll, describe, expect, test } from 'bun:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressSet } from '../http/addresses.ts'
import type { HttpRequest } from '../http/http-request.ts'
import type { Peer } from '../http/remote-client.ts'
import { maskedFrame } from './connections/masked-frame.testing.ts'
import { RawClient } from './connections/raw-client.testing.ts'
import { type ListenOptions, listen } from './listener.ts'
import type { SocketSender } from './socket-peer.ts'

/** Requests in flight that wait for the test, by path. */
const pending = new Map<string, PromiseWithResolvers<void>>()
const aborted: string[] = []

async function serve(request: HttpRequest, peer: Peer): Promise<Response> {
	const { url, method } = request
	request.signal.addEventListener('abort', () => aborted.push(url))
	if (peer.excess !== undefined && url !== '/health') return new Response(peer.excess, { status: 503 })
	if (url === '/known') peer.identified?.()
	if (url === '/large') return new Response(new Uint8Array(16_000_000))
	if (url === '/denied') return new Response('no', { status: 401 })
	if (url === '/pieces') return new Response(pieces(), { headers: { 'content-length': '600000' } })
	if (url.startsWith('/wait')) {
		const waiting = Promise.withResolvers<void>()
		pending.set(url, waiting)
		await waiting.promise
	}
	if (url.startsWith('/stream'))
		return new Response(events(url), { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } })
	const body = Buffer.from(await request.bytes()).toString('latin1')
	return new Response(`${method} ${url} ${body}`)
}

async function* pieces(): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < 6; at++) yield Buffer.alloc(100_000, 97 + at)
}

async function* events(url: string): AsyncGenerator<Uint8Array> {
	yield Buffer.from('data: 1\n\n')
	if (url === '/stream-waits') {
		const waiting = Promise.withResolvers<void>()
		pending.set(url, waiting)
		await waiting.promise
	}
	if (url === '/stream-cut') {
		// As long as streams that are cut give their last bytes.
		await Bun.sleep(20)
		throw undefined
	}
	yield Buffer.from('data: 2\n\n')
}

const open: { close(ms: number): Promise<void> }[] = []
afterAll(async () => {
	for (const { resolve } of pending.values()) resolve()
	for (const listener of open) await listener.close(0)
})

function start(options: Partial<ListenOptions> = {}): string {
	const listener = listen({ address: '127.0.0.1:0', respond: serve, ...options })
	open.push(listener)
	return listener.url
}

const url = start()
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`
const post = (path: string, body: string) =>
	`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
const waitingFor = async (path: string) => {
	const untilMs = performance.now() + 10_000
	while (!pending.has(path)) {
		if (performance.now() > untilMs) throw new Error(`${path} was not requested`)
		await Bun.sleep(5)
	}
	return pending.get(path)
}

describe('an idle connection is closed', () => {
	const idle = start({ timeouts: { idleMs: 300, headMs: 300 } })
	const cases: readonly (readonly [name: string, request: string])[] = [
		['without a request', ''],
		['with part of a request line', 'GET /v1'],
		['with part of a head', 'GET / HTTP/1.1\r\nhost: x\r\n'],
		['after 200', get('/')],
		['after 401', get('/denied')],
		['after OPTIONS', 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n'],
		['after a stream', get('/stream')],
		['after a body', post('/', 'abc')],
		['after two requests', get('/') + get('/')],
		['with part of a second head', `${get('/')}GET / HTTP/1.1\r\n`],
	]
	for (const [name, request] of cases)
		test(name, async () => {
			const client = await RawClient.connect(idle)
			client.write(request)
			await client.closed()
			const answered = request.match(/ HTTP\/1.1\r\nhost: x\r\n(?:.+\r\n)*\r\n/g)?.length ?? 0
			expect(client.statuses.filter((status) => status !== 408).length).toBe(answered)
		})
	test('but not one with a request in flight', async () => {
		const client = await RawClient.connect(idle)
		client.write(get('/wait-idle'))
		const waiting = await waitingFor('/wait-idle')
		const other = await RawClient.connect(idle)
		await other.closed()
		expect(client.state).toBe('open')
		waiting?.resolve()
		await client.contains('GET /wait-idle')
		await client.closed()
	})
})

describe('pipelined requests are answered in order', () => {
	const cases: readonly (readonly [name: string, requests: readonly string[]])[] = [
		['GET behind GET', [get('/wait-p1'), get('/b')]],
		['GET behind POST', [post('/wait-p2', 'abc'), get('/b')]],
		['POST behind POST', [post('/wait-p3', 'abc'), post('/b', 'def')]],
		['GET behind a stream', [get('/stream'), get('/b')]],
		['twenty of them', [get('/wait-p4'), ...Array.from({ length: 20 }, (_, at) => post(`/${at}`, 'x'.repeat(at)))]],
	]
	for (const [name, requests] of cases)
		test(name, async () => {
			const client = await RawClient.connect(url)
			client.write(requests.join(''))
			const path = /\/wait-\w+/.exec(requests[0] ?? '')?.[0]
			if (path !== undefined) (await waitingFor(path))?.resolve()
			await client.until('all responses', ({ statuses }) => statuses.length === requests.length)
			const last = requests.at(-1)?.split(' ').slice(0, 2).join(' ') ?? ''
			await client.contains(last)
			expect(client.statuses).toEqual(requests.map(() => 200))
			client.destroy()
		})
	test('also split at every byte', async () => {
		const client = await RawClient.connect(url)
		for (const byte of Buffer.from(post('/a', 'abc') + get('/b') + post('/c', 'd'))) {
			client.write(Buffer.from([byte]))
			await Bun.sleep(0)
		}
		await client.contains('POST /c d')
		expect(client.statuses).toEqual([200, 200, 200])
		client.destroy()
	})
})

describe('a client that closes its side for writing', () => {
	for (const [name, request, end] of [
		['GET', get('/wait-h1'), 'GET /wait-h1'],
		['POST', post('/wait-h2', 'abc'), 'POST /wait-h2 abc'],
		['HTTP/1.0', 'GET /wait-h3 HTTP/1.0\r\n\r\n', 'GET /wait-h3'],
		['pipelined', post('/wait-h4', 'a') + post('/b', 'abc') + get('/c'), 'GET /c'],
		['a stream', get('/stream-waits'), 'data: 2'],
	] as const)
		test(`gets its answer: ${name}`, async () => {
			const path = / (\/[\w-]+) /.exec(request)?.[1] ?? ''
			const client = await RawClient.connect(url)
			client.write(request)
			const waiting = await waitingFor(path)
			client.halfClose()
			await Bun.sleep(20)
			waiting?.resolve()
			await client.contains(end)
			await client.closed()
			expect(client.state).toBe('ended')
			expect(client.statuses).toContain(200)
			pending.delete(path)
		})
	test('within a body is disconnected', async () => {
		const client = await RawClient.connect(url)
		client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc')
		client.halfClose()
		await client.closed()
	})
})

describe('a client that disconnects aborts its request', () => {
	for (const path of ['/wait-d1', '/stream-waits'])
		test(path, async () => {
			const client = await RawClient.connect(url)
			aborted.length = 0
			client.write(get(path))
			const waiting = await waitingFor(path)
			if (path === '/stream-waits') await client.contains('data: 1')
			client.destroy()
			const untilMs = performance.now() + 5000
			while (!aborted.includes(path) && performance.now() < untilMs) await Bun.sleep(5)
			expect(aborted).toContain(path)
			waiting?.resolve()
			pending.delete(path)
		})
})

describe('a response', () => {
	test('to HTTP/1.0 has no chunks, and ends with its connection', async () => {
		const client = await RawClient.connect(url)
		client.write('GET /stream HTTP/1.0\r\n\r\n')
		await client.closed()
		expect(client.received).toEndWith('\r\n\r\ndata: 1\n\ndata: 2\n\n')
		expect(client.received).not.toContain('transfer-encoding')
	})
	test('in chunks is complete', async () => {
		expect(await fetch(`${url}/stream`).then((response) => response.text())).toBe('data: 1\n\ndata: 2\n\n')
	})
	test('whose stream fails has no end', async () => {
		const client = await RawClient.connect(url)
		client.write(get('/stream-cut'))
		await client.closed()
		expect(client.received).toContain('data: 1')
		expect(client.received).not.toContain('\r\n0\r\n\r\n')
	})
	test('to HEAD has the headers only', async () => {
		const client = await RawClient.connect(url)
		client.write(get('/').replace('GET', 'HEAD') + get('/after'))
		await client.contains('GET /after')
		expect(client.received).toContain('content-length: 7\r\n\r\nHTTP/1.1')
		client.destroy()
	})
	test('in pieces of a declared length has no chunks, and its connection continues', async () => {
		const client = await RawClient.connect(url)
		client.write(get('/pieces').replace('GET', 'HEAD') + get('/pieces') + get('/after'))
		await client.contains('GET /after')
		const [, headOnly = '', body = ''] = client.received.split('HTTP/1.1 200 OK')
		expect(headOnly).toContain('content-length: 600000\r\n')
		expect(headOnly).toEndWith('\r\n\r\n')
		expect(body).toEndWith([...'abcdef'].map((letter) => letter.repeat(100_000)).join(''))
		expect(client.received).not.toContain('transfer-encoding')
		client.destroy()
	})
	test('to a body that is not read ends the connection, and can be read', async () => {
		const client = await RawClient.connect(url)
		client.write('POST /denied HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n')
		client.write('x'.repeat(200_000))
		await client.contains('no')
		expect(client.received).toContain('connection: close')
		await client.closed()
		expect(client.state).toBe('ended')
	})
	test('follows `100 Continue` if the client waits for that', async () => {
		const client = await RawClient.connect(url)
		client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n')
		await client.contains('100 Continue\r\n\r\n')
		client.write('abc')
		await client.contains('POST / abc')
		client.destroy()
	})
})

describe('limits on connections', () => {
	const timeouts = { idleMs: 60_000, headMs: 60_000 }
	const many = (at: string, count: number, from?: string) =>
		Promise.all(Array.from({ length: count }, () => RawClient.connect(at, from)))

	test('a new connection replaces the longest waiting one of a stranger', async () => {
		const at = start({ timeouts, caps: { total: 4, perAddress: 4 } })
		const known = await RawClient.connect(at)
		known.write(get('/known'))
		await known.contains('/known')
		const strangers = [await RawClient.connect(at), await RawClient.connect(at), await RawClient.connect(at)]
		const next = await RawClient.connect(at)
		next.write(get('/next'))
		await next.contains('GET /next')
		await strangers[0]?.closed()
		expect([known, ...strangers.slice(1)].map(({ state }) => state)).toEqual(['open', 'open', 'open'])
	})
	test('or a stranger that does not read its response', async () => {
		const at = start({ timeouts, caps: { total: 3, perAddress: 3 } })
		const held = await many(at, 3)
		for (const client of held) {
			client.write(get('/large'))
			await client.contains('200 OK')
			client.pause()
		}
		const next = await RawClient.connect(at)
		const answer = await fetch(`${at}/next`, { signal: AbortSignal.timeout(10_000) }).then((response) =>
			response.text(),
		)
		expect(answer).toBe('GET /next ')
		for (const client of [...held, next]) client.destroy()
	})
	test('but not a known client that does not read its response', async () => {
		const at = start({ timeouts, caps: { total: 1, perAddress: 1 } })
		const reader = await RawClient.connect(at)
		reader.write(get('/known'))
		await reader.contains('GET /known')
		reader.pause()
		reader.write(get('/large'))
		await Bun.sleep(50)
		const next = await RawClient.connect(at)
		next.write(get('/next'))
		await next.contains('503')
		reader.resume()
		await reader.until('the whole response', ({ received }) => received.length > 16_000_000)
		for (const client of [reader, next]) client.destroy()
	})
	test('requests in flight are never replaced; health checks are answered, others refused', async () => {
		const at = start({ timeouts, caps: { total: 2, perAddress: 2 } })
		const busy = await many(at, 2)
		for (const [index, client] of busy.entries()) client.write(get(`/wait-f${index}`))
		await waitingFor('/wait-f0')
		await waitingFor('/wait-f1')
		const health = await RawClient.connect(at)
		health.write(get('/health'))
		await health.contains('200 OK')
		await health.closed()
		const other = await RawClient.connect(at)
		other.write(get('/other'))
		await other.contains('503')
		await other.closed()
		for (const path of ['/wait-f0', '/wait-f1']) pending.get(path)?.resolve()
		await busy[0]?.contains('GET /wait-f0')
		await busy[1]?.contains('GET /wait-f1')
	})
	test('an address has its own limit', async () => {
		const at = start({ timeouts, caps: { total: 100, perAddress: 2 } })
		const flood = await many(at, 10, '127.0.0.9')
		const other = await RawClient.connect(at, '127.0.0.10')
		other.write(get('/other'))
		await other.contains('GET /other')
		await Promise.all(flood.slice(0, 8).map((client) => client.closed()))
		expect(flood.slice(8).map(({ state }) => state)).toEqual(['open', 'open'])
	})
	test('which clients of a Unix socket do not have: only the total is limited', async () => {
		const path = join(tmpdir(), `dragoman-${crypto.randomUUID()}.sock`)
		const at = start({ address: `unix:${path}`, timeouts, caps: { total: 3, perAddress: 1 } })
		const clients = await many(at, 3)
		for (const client of clients) client.write(get('/x'))
		for (const client of clients) await client.contains('GET /x')
		const next = await RawClient.connect(at)
		next.write(get('/next'))
		await next.contains('GET /next')
		await clients[0]?.until('replacement', () => clients.some(({ state }) => state !== 'open'))
		expect(clients.filter(({ state }) => state === 'open')).toHaveLength(2)
	})
	test('the head of a request has a timeout on a Unix socket', async () => {
		const path = join(tmpdir(), `dragoman-${crypto.randomUUID()}.sock`)
		const client = await RawClient.connect(start({ address: `unix:${path}`, timeouts: { idleMs: 300, headMs: 300 } }))
		client.write('GET / HT')
		await client.contains('408')
		await client.closed()
	})
	test('which does not apply to trusted proxies', async () => {
		const at = start({ timeouts, caps: { total: 100, perAddress: 2 }, proxies: addressSet(['127.0.0.9']) })
		const proxied = await many(at, 10, '127.0.0.9')
		for (const client of proxied) client.write(get('/x'))
		for (const client of proxied) await client.contains('GET /x')
	})
})

describe('a request for a WebSocket', () => {
	/** Sends the length of each message. */
	const socket = async () => ({
		message: (text: string, client: SocketSender) => client.send(`length ${text.length}`),
		reserve: () => true,
		release: () => undefined,
		close: () => undefined,
	})
	const at = start({ socket, webSockets: { maxMessageBytes: 1_000_000, idleMs: 60_000 } })
	const upgrade = (version: string, more = '') =>
		`GET /ws HTTP/${version}\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`
	const cases: readonly (readonly [name: string, request: string])[] = [
		['with a body', `${upgrade('1.1', 'content-length: 3\r\n')}abc`],
		['with a body that is not complete', upgrade('1.1', 'content-length: 100\r\n')],
		['with a body in chunks', `${upgrade('1.1', 'transfer-encoding: chunked\r\n')}3\r\nabc\r\n0\r\n\r\n`],
		['of HTTP/1.0', upgrade('1.0')],
	]
	for (const [name, request] of cases)
		test(`${name} is not upgraded`, async () => {
			const client = await RawClient.connect(at)
			client.write(request)
			if (!name.includes('complete')) await client.contains('GET /ws')
			client.write(maskedFrame(1, 'x'.repeat(100)))
			await client.contains('GET /ws')
			expect(client.received).not.toContain('101 Switching')
			client.destroy()
		})
	test('may be followed by frames before its response', async () => {
		const accepted = Promise.withResolvers<void>()
		const slow = start({ socket: () => accepted.promise.then(socket) })
		const client = await RawClient.connect(slow)
		client.write(upgrade('1.1'))
		client.write(maskedFrame(1, 'x'.repeat(3_000_000)))
		client.write(maskedFrame(1, 'end'))
		await Bun.sleep(50)
		accepted.resolve()
		await client.contains('length 3000000')
		await client.contains('length 3')
		client.destroy()
	})
	test('gets the reason of its end while it still sends', async () => {
		const client = await RawClient.connect(at)
		client.write(upgrade('1.1'))
		await client.contains('101 Switching')
		client.write(maskedFrame(1, 'x'.repeat(20_000_000)))
		await client.closed()
		expect(client.state).toBe('ended')
		expect(client.received).toContain('a message is larger than 1000000 bytes')
	})
})
