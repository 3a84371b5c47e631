import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Socket } from 'bun'
import { rejection } from '../../../system/rejection.testing.ts'
import { type HttpClientOptions, openHttpClient } from './http-client.ts'
import { HttpFailure } from './http-failure.ts'
import type { IncomingResponse } from './incoming-response.ts'

const timeouts = { connectMs: 1000, firstByteMs: 1000, betweenChunksMs: 1000, totalMs: 5000 }

interface Peer {
	readonly url: string
	connections: number
	ended: number
	stop(): void
}

/**
 * A server that responds to each request by writing to the socket. `answer` receives the request and its number on the
 * connection.
 */
function serve(answer: (socket: Socket<{ got: string; count: number }>, request: string, count: number) => void): Peer {
	const server = Bun.listen<{ got: string; count: number }>({
		hostname: '127.0.0.1',
		port: 0,
		socket: {
			open(socket) {
				socket.data = { got: '', count: 0 }
				peer.connections++
			},
			data(socket, bytes) {
				socket.data.got += bytes.toString()
				const end = socket.data.got.indexOf('\r\n\r\n')
				const length = Number(/content-length: (\d+)/.exec(socket.data.got)?.[1] ?? 0)
				if (end === -1 || socket.data.got.length < end + 4 + length) return
				const request = socket.data.got
				socket.data.got = ''
				answer(socket, request, ++socket.data.count)
			},
			close() {
				peer.ended++
			},
		},
	})
	const peer: Peer = {
		url: `http://127.0.0.1:${server.port}/v1`,
		connections: 0,
		ended: 0,
		stop: () => server.stop(true),
	}
	return peer
}

const textOf = async (response: IncomingResponse) => Buffer.from(await response.readAll(1_000_000)).toString()

async function failureOf(work: Promise<unknown>): Promise<HttpFailure> {
	const thrown = await work.then(
		() => undefined,
		(error: unknown) => error,
	)
	if (!(thrown instanceof HttpFailure)) throw new Error('nothing failed', { cause: thrown })
	return thrown
}

const open = (url: string, options: Partial<HttpClientOptions> = {}) =>
	openHttpClient({ url, headers: {}, timeouts, ...options })

const helloHead = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'

describe('connections', () => {
	test('are reused for consecutive requests', async () => {
		const peer = serve((socket) => void socket.write(`${helloHead}hello`))
		const client = open(peer.url)
		for (let round = 0; round < 5; round++)
			expect(await textOf(await client.send({ method: 'GET', path: '/a' }))).toBe('hello')
		expect(peer.connections).toBe(1)
		await Promise.all(Array.from({ length: 8 }, async () => textOf(await client.send({ method: 'GET', path: '/a' }))))
		expect(peer.connections).toBe(8)
		client.close()
		peer.stop()
	})

	test('transmit the request unchanged, including large bodies and any script', async () => {
		const body = JSON.stringify({ text: 'é漢😀'.repeat(400_000) })
		let received = ''
		const peer = serve((socket, request) => {
			received = request
			socket.write(`${helloHead}hello`)
		})
		const client = open(peer.url, { headers: { authorization: 'Bearer k', 'content-type': 'application/json' } })
		await textOf(await client.send({ method: 'POST', path: '/chat', headers: { 'x-request-id': 'r1' }, body: 'a' }))
		expect(received).toBe(
			`POST /v1/chat HTTP/1.1\r\nhost: ${new URL(peer.url).host}\r\naccept-encoding: identity\r\nauthorization: Bearer k\r\ncontent-type: application/json\r\nx-request-id: r1\r\ncontent-length: 1\r\n\r\na`,
		)
		const echo = Bun.serve({ port: 0, fetch: async (request) => new Response(await request.text()) })
		const other = open(`http://127.0.0.1:${echo.port}`)
		const answer = await other.send({ method: 'POST', path: '/', body })
		expect(Buffer.from(await answer.readAll(10_000_000)).toString() === body).toBe(true)
		client.close()
		other.close()
		echo.stop(true)
		peer.stop()
	})

	test('that the server closed while idle are replaced transparently', async () => {
		const peer = serve((socket, _, count) => {
			if (count === 1) socket.write(`${helloHead}hello`)
			else socket.terminate()
		})
		const client = open(peer.url)
		for (let round = 0; round < 3; round++)
			expect(await textOf(await client.send({ method: 'POST', path: '/a', body: '{}' }))).toBe('hello')
		client.close()
		peer.stop()
	})

	test('are closed after a response that forbids reuse, and after a cancelled one', async () => {
		const peer = serve((socket, request) => {
			if (request.includes('/closes'))
				socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello')
			else if (request.includes('/more')) socket.write(`${helloHead}hello more`)
			else socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n')
		})
		const client = open(peer.url)
		expect(await textOf(await client.send({ method: 'GET', path: '/closes' }))).toBe('hello')
		expect(await textOf(await client.send({ method: 'GET', path: '/more' }))).toBe('hello')
		const endless = await client.send({ method: 'GET', path: '/endless' })
		await endless.read()
		endless.cancel()
		expect((await failureOf(endless.read())).reason).toBe('aborted')
		await textOf(await client.send({ method: 'GET', path: '/closes' }))
		expect(peer.connections).toBe(4)
		client.close()
		peer.stop()
	})

	test('are reused if the rest of a released response is short', async () => {
		const ended = Promise.withResolvers<void>()
		const peer = serve((socket, request) => {
			if (!request.includes('/events')) {
				socket.write(`${helloHead}hello`)
				return
			}
			socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n')
			setTimeout(() => {
				socket.write('0\r\n\r\n')
				ended.resolve()
			}, 20)
		})
		const client = open(peer.url)
		const events = await client.send({ method: 'GET', path: '/events' })
		await events.read()
		events.release()
		await ended.promise
		await Bun.sleep(100)
		await textOf(await client.send({ method: 'GET', path: '/a' }))
		expect(peer.connections).toBe(1)
		client.close()
		peer.stop()
	})
})

describe('failures report how much of the request was sent', () => {
	test('connection refused', async () => {
		const peer = serve(() => undefined)
		peer.stop()
		const failure = await failureOf(open(peer.url).send({ method: 'GET', path: '/' }))
		expect([failure.reason, failure.sent]).toEqual(['unreachable', 'nothing'])
	})

	test('unknown host, missing socket', async () => {
		const host = await failureOf(open('http://nowhere.invalid').send({ method: 'GET', path: '/' }))
		expect([host.reason, host.sent]).toEqual(['unreachable', 'nothing'])
		const socket = await failureOf(
			open('http://engine', { unixSocket: '/tmp/there-is-no-such.sock' }).send({ method: 'GET', path: '/' }),
		)
		expect([socket.reason, socket.sent]).toEqual(['unreachable', 'nothing'])
	})

	const cases: readonly (readonly [
		name: string,
		answer: (socket: Socket<never>) => void,
		expected: [HttpFailure['reason'], HttpFailure['sent']],
	])[] = [
		['closed before a response', (socket) => socket.terminate(), ['cut', 'maybe']],
		[
			'closed within the response',
			(socket) => {
				socket.write('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhel')
				socket.end()
			},
			['cut', 'yes'],
		],
		['not HTTP', (socket) => void socket.write('hello\r\n\r\n'), ['protocol', 'maybe']],
		['silence', () => undefined, ['first-byte-timeout', 'maybe']],
		['a head alone', (socket) => void socket.write(helloHead), ['first-byte-timeout', 'yes']],
		['half a body', (socket) => void socket.write(`${helloHead}hel`), ['quiet-timeout', 'yes']],
		['larger than the limit', (socket) => void socket.write(`${helloHead}hello`), ['too-large', 'yes']],
	]
	for (const [name, answer, expected] of cases)
		test(name, async () => {
			const peer = serve((socket) => answer(socket as unknown as Socket<never>))
			const client = open(peer.url, { timeouts: { ...timeouts, firstByteMs: 100, betweenChunksMs: 100 } })
			const failure = await failureOf(
				client.send({ method: 'POST', path: '/', body: '{}' }).then((response) => response.readAll(4)),
			)
			expect([failure.reason, failure.sent]).toEqual(expected)
			client.close()
			peer.stop()
		})

	test('a response that exceeds the total timeout', async () => {
		const peer = serve((socket) => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n')
			const timer = setInterval(() => {
				if (socket.write('x') < 1) clearInterval(timer)
			}, 10)
		})
		const client = open(peer.url, { timeouts: { ...timeouts, totalMs: 150 } })
		const response = await client.send({ method: 'GET', path: '/' })
		expect((await failureOf(Promise.resolve(response.readAll(1_000_000)))).reason).toBe('total-timeout')
		peer.stop()
	})
})

describe('cancellation', () => {
	test('a signal aborts the exchange and closes its connection at any time', async () => {
		const peer = serve((socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nhello'))
		const client = open(peer.url)
		const early = new AbortController()
		early.abort()
		const before = await failureOf(client.send({ method: 'GET', path: '/', signal: early.signal }))
		expect([before.reason, before.sent]).toEqual(['aborted', 'nothing'])
		const late = new AbortController()
		const response = await client.send({ method: 'GET', path: '/', signal: late.signal })
		expect(Buffer.from((await response.read()) ?? []).toString()).toBe('hello')
		late.abort()
		expect((await failureOf(response.read())).reason).toBe('aborted')
		for (let waited = 0; peer.ended < 1 && waited < 100; waited++) await Bun.sleep(10)
		expect(peer.ended).toBe(1)
		peer.stop()
	})

	test('closing the client aborts requests in flight', async () => {
		const peer = serve(() => undefined)
		const client = open(peer.url)
		const waiting = failureOf(client.send({ method: 'GET', path: '/' }))
		for (let waited = 0; peer.connections < 1 && waited < 100; waited++) await Bun.sleep(10)
		client.close()
		expect((await waiting).reason).toBe('aborted')
		peer.stop()
	})
})

test('a body is read with backpressure', async () => {
	let accepted = 0
	const block = new Uint8Array(65_536)
	const push = (socket: Socket<unknown>) => {
		for (let written = block.length; written === block.length; ) {
			written = socket.write(block)
			accepted += Math.max(0, written)
		}
	}
	const server = Bun.listen({
		hostname: '127.0.0.1',
		port: 0,
		socket: {
			data(socket) {
				socket.write('HTTP/1.1 200 OK\r\n\r\n')
				push(socket)
			},
			drain: push,
		},
	})
	const client = open(`http://127.0.0.1:${server.port}`)
	const response = await client.send({ method: 'GET', path: '/' })
	let before = -1
	for (let looks = 0; before !== accepted && looks < 20; looks++) {
		before = accepted
		await Bun.sleep(200)
	}
	expect(accepted).toBe(before)
	expect(before).toBeLessThan(16_000_000)
	let taken = 0
	for (let piece = await response.read(); piece !== undefined && taken <= before; piece = await response.read())
		taken += piece.byteLength
	expect(taken).toBeGreaterThan(before)
	response.cancel()
	server.stop(true)
})

describe('TLS', () => {
	let folder = ''
	let cert = ''
	let server: ReturnType<typeof Bun.serve>
	beforeAll(async () => {
		folder = (await Bun.$`mktemp -d`.text()).trim()
		await Bun.$`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${folder}/key.pem -out ${folder}/cert.pem -days 2 -subj /CN=upstream.test -addext subjectAltName=DNS:upstream.test,IP:127.0.0.1`.quiet()
		cert = await Bun.file(`${folder}/cert.pem`).text()
		server = Bun.serve({
			port: 0,
			tls: { cert, key: Bun.file(`${folder}/key.pem`) },
			fetch: () => new Response('hello'),
		})
	})
	afterAll(async () => {
		server.stop(true)
		await Bun.$`rm -r ${folder}`
	})
	const request = (tls: HttpClientOptions['tls']) =>
		open(`https://127.0.0.1:${server.port}`, tls === undefined ? {} : { tls }).send({ method: 'GET', path: '/' })

	test('a certificate must be trusted and match the host name', async () => {
		expect(await textOf(await request({ ca: cert, serverName: 'upstream.test' }))).toBe('hello')
		expect(await textOf(await request({ ca: cert }))).toBe('hello')
		for (const tls of [undefined, { serverName: 'upstream.test' }, { ca: cert, serverName: 'other.test' }]) {
			const failure = await failureOf(request(tls))
			expect([failure.reason, failure.sent]).toEqual(['tls', 'nothing'])
		}
	})

	test('verify: false accepts any certificate', async () => {
		expect(await textOf(await request({ verify: false }))).toBe('hello')
	})
})

test('headers that would inject another header are rejected', async () => {
	expect(() => open('http://127.0.0.1', { headers: { a: 'b\r\nc: d' } })).toThrow("'a' cannot be sent")
	const client = open('http://127.0.0.1:1')
	expect((await rejection(client.send({ method: 'GET', path: '/', headers: { 'a b': 'c' } }))).message).toContain(
		'cannot be sent',
	)
})

test('a binary body of any size is sent unchanged, with its own type', async () => {
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			const bytes = await request.bytes()
			return Response.json([request.headers.get('content-type'), bytes.length, Bun.SHA256.hash(bytes, 'hex')])
		},
	})
	const client = open(`http://127.0.0.1:${server.port}`, {
		headers: { 'Content-Type': 'application/json', 'x-a': 'b' },
	})
	for (const length of [0, 256, 5_000_000]) {
		const bytes = Uint8Array.from({ length }, (_, index) => index)
		const body = { bytes, contentType: 'audio/x; boundary=1' }
		const answer = await textOf(await client.send({ method: 'POST', path: '/', body }))
		expect(JSON.parse(answer)).toEqual(['audio/x; boundary=1', length, Bun.SHA256.hash(bytes, 'hex')])
		const text = await textOf(await client.send({ method: 'POST', path: '/', body: '{}' }))
		expect(JSON.parse(text)).toEqual(['application/json', 2, Bun.SHA256.hash('{}', 'hex')])
	}
	client.close()
	await server.stop(true)
})
