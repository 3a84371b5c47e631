// HTTP/1.1 to one server, on Bun's sockets: `fetch` costs a thread hop per request and hides what a failure proves. Connections are
// kept and used again; bodies are read only as fast as they are taken; every wait has an end. It follows no redirects, keeps no
// cookies, asks for no compression and speaks to no proxy.

import { type BaseUrl, readBaseUrl, requestTarget } from '../../../http/base-url.ts'
import { Sweep } from '../../../system/sweep.ts'
import { Turn } from '../../../system/turn.ts'
import { Connection, type ConnectionTarget } from './connection.ts'
import { type ConnectionKeeper, Exchange, type ExchangeTimeouts } from './exchange.ts'
import { HttpFailure } from './http-failure.ts'
import type { IncomingResponse } from './incoming-response.ts'

export interface HttpClient {
	/**
	 * Resolves when the head of the answer is there.
	 *
	 * @throws HttpFailure; Error for headers that cannot be sent.
	 */
	send(request: OutgoingRequest): Promise<IncomingResponse>
	/** Ends everything that runs and every connection. */
	close(): void
}

export interface OutgoingRequest {
	readonly method: 'GET' | 'POST'
	/** Behind the client's base, with a leading slash; `/../` at its beginning takes the place of the base's last segment. */
	readonly path: string
	/** Added to those of every request. Values hold no line ends. */
	readonly headers?: Readonly<Record<string, string>>
	/** A text is sent as UTF-8. */
	readonly body?: string | TypedBytes
	readonly signal?: AbortSignal
}

/** A body that is no text. */
export interface TypedBytes {
	readonly bytes: Uint8Array
	/** Said instead of the client's own. */
	readonly contentType: string
}

export interface HttpClientOptions {
	/**
	 * `http:` or `https:`. Its path precedes every request's, its query goes with every request, and its user name and password are sent
	 * as Basic authorization.
	 */
	readonly url: string
	/** Absolute path of a Unix socket to connect to instead of the URL's host. */
	readonly unixSocket?: string
	readonly tls?: TlsOptions
	/** Sent with every request. */
	readonly headers: Readonly<Record<string, string>>
	readonly timeouts: HttpTimeouts
}

export interface TlsOptions {
	/** Certificates, PEM, that are trusted instead of the system's. */
	readonly ca?: string
	/** Our own certificate and its key, PEM. */
	readonly cert?: string
	readonly key?: string
	/** The name that the server's certificate must bear; the URL's host where absent. */
	readonly serverName?: string
	/** False accepts any certificate. */
	readonly verify?: boolean
}

/** All in milliseconds. */
export interface HttpTimeouts extends ExchangeTimeouts {
	/** Until the connection stands, TLS included. */
	readonly connectMs: number
}

/** Idle connections that are kept. */
const maxIdle = 512
/** Servers commonly close after 5 s without telling. */
const idleMs = 4000
const longestIdleMs = 60_000

/** @throws Error for a URL or headers that cannot be sent. */
export function openHttpClient(options: HttpClientOptions): HttpClient {
	return new SocketClient(options)
}

interface Idle {
	readonly connection: Connection
	readonly untilMs: number
}

class SocketClient implements HttpClient, ConnectionKeeper {
	private readonly target: ConnectionTarget
	private readonly timeouts: HttpTimeouts
	private readonly base: BaseUrl
	private readonly fixedHeaders: string
	/** The same for bodies that bring their own type. */
	private readonly untypedHeaders: string
	private readonly running: Sweep<Exchange>
	private readonly arriving = new Turn()
	/** The one that was used last is taken first, so that those too many grow old. */
	private readonly idle: Idle[] = []
	private idleTimer: ReturnType<typeof setInterval> | undefined
	private readonly closing = new AbortController()

	constructor({ url, unixSocket, tls, headers, timeouts }: HttpClientOptions) {
		this.base = readBaseUrl(url)
		const { hostname, port, secure, host, authorization } = this.base
		this.timeouts = timeouts
		this.target = {
			...(unixSocket === undefined ? { hostname, port } : { unix: unixSocket }),
			...(secure ? { tls: { serverName: hostname, ...tls } } : {}),
		}
		if (authorization !== undefined && headers.authorization !== undefined)
			throw new Error('the URL has a user name and password, and the headers have an authorization as well')
		const fixed = {
			host,
			'accept-encoding': 'identity',
			...(authorization === undefined ? {} : { authorization }),
			...headers,
		}
		this.fixedHeaders = writeHeaders(fixed)
		this.untypedHeaders = writeHeaders(withoutType(fixed))
		this.running = new Sweep(Math.min(timeouts.firstByteMs, timeouts.betweenChunksMs, timeouts.totalMs))
	}

	send(request: OutgoingRequest): Promise<IncomingResponse> {
		let message: string | Buffer
		try {
			message = this.write(request)
		} catch (thrown) {
			return Promise.reject(thrown)
		}
		const kept = this.takeIdle()
		if (kept === undefined) return this.sendAnew(message, request.signal)
		return this.exchange(kept, message, request.signal).catch((thrown: unknown) => {
			// The server closed a connection that lay idle just as it was used: it never looked at the request.
			const stale = thrown instanceof HttpFailure && thrown.reason === 'cut' && thrown.sent !== 'yes'
			if (!stale) throw thrown
			return this.sendAnew(message, request.signal)
		})
	}

	keep(connection: Connection, keepMs: number | undefined): void {
		const forMs = keepMs === undefined ? idleMs : Math.min(longestIdleMs, keepMs - 1000)
		if (forMs <= 0 || this.idle.length >= maxIdle || this.closing.signal.aborted) {
			connection.destroy()
			return
		}
		connection.rest()
		this.idle.push({ connection, untilMs: performance.now() + forMs })
		this.idleTimer ??= setInterval(() => this.dropOld(), idleMs)
	}

	close(): void {
		this.closing.abort()
		clearInterval(this.idleTimer)
		for (const { connection } of this.idle.splice(0)) connection.destroy()
		for (const exchange of this.running.all) exchange.cut()
	}

	private write({ method, path, headers, body }: OutgoingRequest): string | Buffer {
		const own = headers === undefined ? '' : writeHeaders(headers)
		const line = `${method} ${requestTarget(this.base, path)} HTTP/1.1\r\n`
		if (typeof body === 'object') {
			const type = writeHeaders({ 'content-type': body.contentType, 'content-length': String(body.bytes.byteLength) })
			return Buffer.concat([Buffer.from(`${line}${this.untypedHeaders}${own}${type}\r\n`), body.bytes])
		}
		const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
		return `${line}${this.fixedHeaders}${own}${length}\r\n${body ?? ''}`
	}

	private async connect(signal: AbortSignal | undefined): Promise<Connection> {
		const signals = signal === undefined ? [this.closing.signal] : [this.closing.signal, signal]
		return Connection.open(this.target, this.timeouts.connectMs, signals, (connection) => this.forget(connection))
	}

	private async sendAnew(message: string | Buffer, signal: AbortSignal | undefined): Promise<IncomingResponse> {
		return this.exchange(await this.connect(signal), message, signal)
	}

	private exchange(
		connection: Connection,
		message: string | Buffer,
		signal: AbortSignal | undefined,
	): Promise<IncomingResponse> {
		const { timeouts, running, arriving } = this
		return new Exchange(connection, { timeouts, running, arriving, keeper: this }, signal).begin(message)
	}

	private takeIdle(): Connection | undefined {
		const now = performance.now()
		for (let last = this.idle.pop(); last !== undefined; last = this.idle.pop()) {
			if (last.untilMs > now) return last.connection
			last.connection.destroy()
		}
		return undefined
	}

	private dropOld(): void {
		const now = performance.now()
		const old = this.idle.filter(({ untilMs }) => untilMs <= now)
		for (const { connection } of old) connection.destroy()
		if (this.idle.length > 0) return
		clearInterval(this.idleTimer)
		this.idleTimer = undefined
	}

	private forget(connection: Connection): void {
		const at = this.idle.findIndex((idle) => idle.connection === connection)
		if (at !== -1) this.idle.splice(at, 1)
	}
}

function withoutType(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type'))
}

function writeHeaders(headers: Readonly<Record<string, string>>): string {
	let text = ''
	for (const name in headers) {
		const value = headers[name] ?? ''
		if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(name) || /[^\t\x20-\x7e]/.test(value))
			throw new Error(`the header '${name}' cannot be sent`)
		text += `${name}: ${value}\r\n`
	}
	return text
}
