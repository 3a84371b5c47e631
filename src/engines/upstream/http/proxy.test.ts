// Requests through proxies that behave and misbehave: tunnels with TLS inside, forwarded requests, and every failure.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readProxy } from '../../../http/proxy.ts'
import { explainFailure } from '../failure.ts'
import { type HttpClient, type HttpClientOptions, openHttpClient } from './http-client.ts'
import { HttpFailure } from './http-failure.ts'

const timeouts = { connectMs: 20_000, firstByteMs: 20_000, betweenChunksMs: 20_000, totalMs: 30_000 }
const folder = mkdtempSync(join(tmpdir(), 'dragoman-proxy-'))
const big = 'x'.repeat(3_000_000)
let ca = ''
let origin: ReturnType<typeof Bun.serve>
let plainOrigin: ReturnType<typeof Bun.serve>
const closers: (() => void)[] = []

const respond = async (request: Request) => {
	const { pathname } = new URL(request.url)
	if (pathname === '/v1/big') return new Response(big)
	if (pathname === '/v1/forbidden') return new Response('no', { status: 403 })
	return new Response(
		`${request.method} ${pathname} ${request.headers.get('host')} ${await request.text()} ${request.headers.get('proxy-authorization')}`,
	)
}

beforeAll(() => {
	const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
	const made = spawnSync('openssl', [
		...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'],
		...['-subj', '/CN=api.test', '-addext', 'subjectAltName=DNS:api.test'],
	])
	if (made.status !== 0) throw new Error(String(made.stderr))
	ca = readFileSync(cert, 'utf8')
	origin = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		tls: { cert: ca, key: readFileSync(key, 'utf8') },
		fetch: respond,
	})
	plainOrigin = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: respond })
})

afterAll(() => {
	for (const close of closers) close()
	void origin.stop(true)
	void plainOrigin.stop(true)
	rmSync(folder, { recursive: true, force: true })
})

interface TestProxy {
	readonly url: string
	/** The heads it received. */
	readonly heads: string[]
	readonly sockets: Set<Socket>
	/** Everything it received after the first head, and up to it. */
	received: string
}

/** A proxy that handles each connection with `act` as soon as the first head is complete. */
async function proxyOf(act: (socket: Socket, head: string) => void): Promise<TestProxy> {
	const proxy = { url: '', heads: [] as string[], sockets: new Set<Socket>(), received: '' }
	const server = createServer((socket) => {
		proxy.sockets.add(socket)
		socket.on('close', () => proxy.sockets.delete(socket)).on('error', () => undefined)
		let head = ''
		const read = (bytes: Buffer) => {
			head += bytes.toString('latin1')
			proxy.received += bytes.toString('latin1')
			if (!head.includes('\r\n\r\n')) return
			socket.off('data', read)
			proxy.heads.push(head)
			act(socket, head)
		}
		socket.on('data', read)
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	closers.push(() => {
		for (const socket of proxy.sockets) socket.destroy()
		server.close()
	})
	const address = server.address()
	proxy.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
	return proxy
}

/** Connects to an origin, whatever the request names. */
const tunnelTo = (port: () => number | undefined, answer = 'HTTP/1.1 200 Connection established\r\n\r\n') =>
	proxyOf((socket) => {
		const up = connect(port() ?? 0, '127.0.0.1', () => {
			socket.write(answer)
			socket.pipe(up)
			up.pipe(socket)
		})
		up.on('error', () => socket.destroy())
		socket.on('close', () => up.destroy())
	})

/** Sends a forwarded request to the plain origin. */
const forwarding = () =>
	proxyOf((socket, head) => {
		const up = connect(plainOrigin.port ?? 0, '127.0.0.1', () => {
			up.write(head.replace(/^(\w+) http:\/\/[^/]+/, '$1 ').replace(/proxy-authorization: .*\r\n/i, ''))
			socket.pipe(up)
			up.pipe(socket)
		})
		up.on('error', () => socket.destroy())
		socket.on('close', () => up.destroy())
	})

function open(url: string, proxy: string, options: Partial<HttpClientOptions> = {}): HttpClient {
	const client = openHttpClient({ url, headers: {}, timeouts, tls: { ca }, proxy: readProxy(proxy), ...options })
	closers.push(() => client.close())
	return client
}

async function textOf(client: HttpClient, path: string, body?: string): Promise<string> {
	const response = await client.send({ method: body === undefined ? 'GET' : 'POST', path, body })
	return Buffer.from(await response.readAll(10_000_000)).toString()
}

async function failureOf(work: Promise<unknown>): Promise<HttpFailure> {
	const thrown = await work.then(
		() => undefined,
		(error: unknown) => error,
	)
	if (!(thrown instanceof HttpFailure)) throw new Error('nothing failed', { cause: thrown })
	return thrown
}

const withCredentials = (url: string) => url.replace('//', '//us%40er:pass%3Aword@')
function expectNoCredentials({ message, stack, cause }: HttpFailure): void {
	const shown = [message, stack, Bun.inspect(cause)].join()
	for (const secret of [basic, 'pass:word', 'pass%3Aword', 'us%40er', 'us@er']) expect(shown).not.toContain(secret)
}

const basic = Buffer.from('us@er:pass:word').toString('base64')

describe('a tunnel', () => {
	test('carries requests over TLS, with the name of the server and without the credentials of the proxy', async () => {
		const proxy = await tunnelTo(() => origin.port)
		const client = open('https://api.test:8443/v1', withCredentials(proxy.url))
		expect(await textOf(client, '/a', 'hello')).toBe('POST /v1/a api.test:8443 hello null')
		expect(proxy.heads).toEqual([
			`CONNECT api.test:8443 HTTP/1.1\r\nhost: api.test:8443\r\nproxy-authorization: Basic ${basic}\r\n\r\n`,
		])
		expect(proxy.received).not.toContain('hello')
	})

	test('is reused, and concurrent requests have one each', async () => {
		const proxy = await tunnelTo(() => origin.port)
		const client = open('https://api.test/v1', proxy.url)
		for (let round = 0; round < 4; round++) expect(await textOf(client, '/a')).toContain('GET /v1/a api.test')
		expect(proxy.heads).toHaveLength(1)
		await Promise.all(Array.from({ length: 3 }, () => textOf(client, '/a')))
		expect(proxy.heads).toHaveLength(3)
	})

	test('that was closed while idle is replaced', async () => {
		const proxy = await tunnelTo(() => origin.port)
		const client = open('https://api.test/v1', proxy.url)
		for (let round = 0; round < 3; round++) {
			expect(await textOf(client, '/a', '{}')).toContain('POST')
			for (const socket of proxy.sockets) socket.destroy()
		}
		expect(proxy.heads).toHaveLength(3)
	})

	test('carries large bodies in both directions, also to a slow reader', async () => {
		const proxy = await tunnelTo(() => origin.port)
		const client = open('https://api.test/v1', proxy.url)
		expect(await textOf(client, '/a', big)).toContain(big)
		const response = await client.send({ method: 'GET', path: '/big' })
		let bytes = 0
		for (let piece = await response.read(); piece !== undefined; piece = await response.read()) {
			bytes += piece.byteLength
			await new Promise((resolve) => setImmediate(resolve))
		}
		expect(bytes).toBe(big.length)
	})

	test('to an IPv6 address names it in brackets', async () => {
		const proxy = await tunnelTo(() => origin.port)
		const client = open('https://[fd12::1]:99/v1', proxy.url, { tls: { ca, serverName: 'api.test' } })
		expect(await textOf(client, '/a')).toContain('[fd12::1]:99')
		expect(proxy.heads[0]).toStartWith('CONNECT [fd12::1]:99 HTTP/1.1\r\nhost: [fd12::1]:99\r\n')
	})

	test.each([
		['HTTP/1.0 200 OK\r\n\r\n'],
		['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 99\r\ntransfer-encoding: chunked\r\n\r\n'],
	])('is open after %j', async (answer) => {
		const proxy = await tunnelTo(() => origin.port, answer)
		expect(await textOf(open('https://api.test/v1', proxy.url), '/a')).toContain('GET')
	})

	test('is open after a head that arrives byte by byte', async () => {
		const proxy = await proxyOf((socket) => {
			const up = connect(origin.port ?? 0, '127.0.0.1', async () => {
				for (const byte of 'HTTP/1.1 200 OK\r\nvia: x\r\n\r\n') {
					socket.write(byte)
					await new Promise((resolve) => setImmediate(resolve))
				}
				socket.pipe(up)
				up.pipe(socket)
			})
			socket.on('close', () => up.destroy())
		})
		proxy.sockets.forEach((socket) => void socket.setNoDelay(true))
		expect(await textOf(open('https://api.test/v1', proxy.url), '/a')).toContain('GET')
	})

	test.each([
		['another name', { tls: { serverName: 'other.test' } }],
		['an unknown issuer', { tls: {} }],
	])('checks the certificate of the server: %s', async (name, { tls }) => {
		const proxy = await tunnelTo(() => origin.port)
		const options = { tls: name === 'another name' ? { ca, ...tls } : tls }
		const failure = await failureOf(open('https://api.test/v1', proxy.url, options).send({ method: 'GET', path: '/a' }))
		expect(failure).toMatchObject({ reason: 'tls', sent: 'nothing' })
	})

	test('that breaks in the middle of a response fails like a connection', async () => {
		const proxy = await tunnelTo(() => origin.port)
		const client = open('https://api.test/v1', proxy.url)
		const response = await client.send({ method: 'GET', path: '/big' })
		for (const socket of proxy.sockets) socket.destroy()
		expect(await failureOf(Promise.resolve(response.readAll(10_000_000)))).toMatchObject({ reason: 'cut', sent: 'yes' })
	})
})

describe('a proxy that fails', () => {
	const answering = (answer: string, end = false) =>
		proxyOf((socket) => {
			socket.write(answer)
			if (end) socket.end()
		})

	const check = async (proxy: { readonly url: string }, reason: string, pieces: readonly string[], options = {}) => {
		const client = open('https://api.test/v1', withCredentials(proxy.url), options)
		const failure = await failureOf(client.send({ method: 'POST', path: '/a', body: 'hello' }))
		expect(failure).toMatchObject({ reason, sent: 'nothing' })
		for (const piece of [proxy.url, ...pieces]) expect(failure.message).toContain(piece)
		expectNoCredentials(failure)
		expect(explainFailure(failure, false)).toMatchObject({ kind: 'unavailable', sent: 'nothing', unreached: true })
		expect(explainFailure(failure, false).message).not.toContain(proxy.url)
	}

	test.each([
		[
			'HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 4\r\n\r\nbody',
			'proxy-refused',
			'rejected the user name and password',
		],
		['HTTP/1.0 401 Unauthorized\r\n\r\n', 'proxy-refused', 'rejected the user name and password'],
		['HTTP/1.1 403 Filtered\r\n\r\n', 'proxy-refused', 'does not permit connections to api.test:443 (403 Filtered)'],
		['HTTP/1.1 302 Found\r\nlocation: /login\r\n\r\n', 'proxy-refused', '(302 Found)'],
		['HTTP/1.1 502 Bad Gateway\r\n\r\n<html>', 'proxy', 'cannot connect to api.test:443 (502 Bad Gateway)'],
		['HTTP/1.1 503 \r\n\r\n', 'proxy', '(503)'],
		['HTTP/1.1 500\r\n\r\n', 'proxy', '(500)'],
		['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'proxy', 'status 101'],
		['SSH-2.0-OpenSSH_9.6\r\n', 'proxy', 'not HTTP'],
		['\x15\x03\x01\x00\x02\x02\x28', 'proxy', 'not HTTP'],
		['HTTP/2 200\r\n\r\n', 'proxy', 'status line'],
		['HTTP/1.1 200 OK\nvia: x\n\n', 'proxy', 'not HTTP'],
		['HTTP/1.1 abc\r\n\r\n', 'proxy', 'status line'],
		['HTTP/1.1 200 OK\r\nbroken\r\n\r\n', 'proxy', 'header'],
		[`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`, 'proxy', 'too long'],
		[`${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)}`, 'proxy', 'status 100'],
		['HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', 'proxy', 'before the TLS handshake'],
	])('by answering %j', async (answer, reason, piece) => check(await answering(answer), reason, [piece]))

	test('by requiring credentials that the URL lacks', async () => {
		const proxy = await answering('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
		const failure = await failureOf(open('https://api.test/v1', proxy.url).send({ method: 'GET', path: '/a' }))
		expect(failure.message).toContain('requires a user name and password')
	})

	test('by refusing connections', async () => {
		const proxy = await answering('')
		closers.pop()?.()
		await check(proxy, 'unreachable', ['cannot be reached'])
	})

	test('by closing without a response', async () =>
		check(await answering('', true), 'unreachable', ['without a response to CONNECT']))

	test('by closing in the middle of its response', async () =>
		check(await answering('HTTP/1.1 200 O', true), 'unreachable', ['in the middle of its response']))

	test('by closing before the TLS handshake', async () => {
		const proxy = await proxyOf((socket) => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n')
			socket.once('data', () => socket.destroy())
		})
		await check(proxy, 'tls', ['the TLS handshake with api.test:443 through'])
	})

	const short = { timeouts: { ...timeouts, connectMs: 100 } }
	test('by never responding', async () => check(await answering(''), 'connect-timeout', ['in time'], short))
	test('by never finishing its response', async () =>
		check(await answering('HTTP/1.1 200 OK\r\n'), 'connect-timeout', ['in time'], short))
	test('by never passing the TLS handshake on', async () =>
		check(await answering('HTTP/1.1 200 OK\r\n\r\n'), 'connect-timeout', ['TLS handshake'], short))

	test('leaves no connection open, also when the caller gives up', async () => {
		const proxy = await answering('')
		const caller = new AbortController()
		const sent = open('https://api.test/v1', proxy.url).send({ method: 'GET', path: '/a', signal: caller.signal })
		while (proxy.heads.length === 0) await new Promise((resolve) => setImmediate(resolve))
		caller.abort()
		expect(await failureOf(sent)).toMatchObject({ reason: 'aborted', sent: 'nothing' })
		while (proxy.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
	})
})

describe('an http server', () => {
	test('is reached by absolute URLs, on one connection', async () => {
		const proxy = await forwarding()
		const client = open(`http://api.test/v1?v=2`, withCredentials(proxy.url))
		expect(await textOf(client, '/a', 'hello')).toBe('POST /v1/a api.test hello null')
		expect(proxy.heads[0]).toStartWith('POST http://api.test/v1/a?v=2 HTTP/1.1\r\nhost: api.test\r\n')
		expect(proxy.heads[0]).toContain(`proxy-authorization: Basic ${basic}\r\n`)
	})

	test('that returns an error itself is not mistaken for the proxy', async () => {
		const response = await open('http://api.test/v1', (await forwarding()).url).send({
			method: 'GET',
			path: '/forbidden',
		})
		expect(response.status).toBe(403)
	})

	test.each([
		['407 Proxy Authentication Required', 'x: y', 'proxy-refused', 'nothing'],
		['403 Forbidden', 'x-squid-error: ERR_ACCESS_DENIED 0', 'proxy-refused', 'nothing'],
		['503 Unavailable', 'x-squid-error: ERR_CONNECT_FAIL 111', 'proxy', 'nothing'],
		['504 Timeout', 'x-squid-error: ERR_READ_TIMEOUT 0', 'proxy', 'maybe'],
		['502 Bad Gateway', 'proxy-status: corp; error=dns_error', 'proxy', 'nothing'],
		['500 Unable to connect', 'server: tinyproxy/1.11.1', 'proxy', 'maybe'],
		['403 Filtered', 'server: tinyproxy/1.11.1', 'proxy-refused', 'nothing'],
	])('is not reached if the proxy returns %s with %s', async (status, header, reason, sent) => {
		const proxy = await proxyOf(
			(socket) => void socket.write(`HTTP/1.1 ${status}\r\n${header}\r\ncontent-length: 0\r\n\r\n`),
		)
		const client = open('http://api.test/v1', withCredentials(proxy.url))
		const failure = await failureOf(client.send({ method: 'POST', path: '/a', body: '{}' }))
		expect({ reason: failure.reason, sent: failure.sent }).toEqual({ reason, sent } as typeof failure)
		expect(explainFailure(failure, false).unreached).toBe(sent === 'nothing')
		expect(failure.message).toContain(proxy.url)
		expectNoCredentials(failure)
	})

	test('is not reached if the proxy refuses connections', async () => {
		const proxy = await forwarding()
		closers.pop()?.()
		const failure = await failureOf(open('http://api.test/v1', proxy.url).send({ method: 'GET', path: '/a' }))
		expect(failure).toMatchObject({ reason: 'unreachable', sent: 'nothing' })
		expect(failure.message).toContain(proxy.url)
	})
})
