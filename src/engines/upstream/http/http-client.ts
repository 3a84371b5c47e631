// An HTTP/1.1 client of one server, on Bun's sockets. `fetch` costs a thread hop per request and hides whether a failed
// request was sent. Connections are reused, bodies are read with backpressure, and every wait has a timeout. Through a
// proxy, an https server is reached in a tunnel, and an http server by requests to the proxy. There is no support for
// redirects, cookies or compression.

import { type BaseUrl, readBaseUrl, requestTarget } from '../../../http/base-url.ts'
import type { HttpProxy } from '../../../http/proxy.ts'
import { Sweep } from '../../../system/sweep.ts'
import { TickBatch } from '../../../system/tick-batch.ts'
import { Connection, type ConnectionTarget } from './connection.ts'
import { type ConnectionKeeper, Exchange, type ExchangeTimeouts } from './exchange.ts'
import { HttpFailure } from './http-failure.ts'
import type { IncomingResponse } from './incoming-response.ts'
import { refusalInResponse } from './proxy-response.ts'
import { ProxyTunnel } from './proxy-tunnel.ts'

export interface HttpClient {
	/**
	 * Resolves when the head of the response has been received.
	 *
	 * @throws HttpFailure
	 * @throws Error for invalid headers.
	 */
	send(request: OutgoingRequest): Promise<IncomingResponse>
	/** Aborts the requests in flight and closes all connections. */
	close(): void
}

export interface OutgoingRequest {
	readonly method: 'GET' | 'POST'
	/** Appended to the client's base URL. Has a leading slash; a leading `/../` replaces the last segment of the base. */
	readonly path: string
	/** Sent in addition to the client's headers. Values must not contain line breaks. */
	readonly headers?: Readonly<Record<string, string>>
	/** A string is sent as UTF-8. */
	readonly body?: string | TypedBytes
	readonly signal?: AbortSignal
}

/** A binary body. */
export interface TypedBytes {
	readonly bytes: Uint8Array
	/** Overrides the client's `content-type`. */
	readonly contentType: string
}

export interface HttpClientOptions {
	/**
	 * `http:` or `https:`. Its path is prepended to the path of every request, its query is sent with every request, and
	 * its user name and password are sent as Basic authorization.
	 */
	readonly url: string
	/** Absolute path of a Unix socket to connect to instead of the URL's host. */
	readonly unixSocket?: string
	/** Proxy to connect through. Not permitted with a Unix socket. */
	readonly proxy?: HttpProxy
	readonly tls?: TlsOptions
	/** Sent with every request. */
	readonly headers: Readonly<Record<string, string>>
	readonly timeouts: HttpTimeouts
}

export interface TlsOptions {
	/** Trusted certificates (PEM), instead of those of the system. */
	readonly ca?: string
	/** Client certificate and its private key (PEM). */
	readonly cert?: string
	readonly key?: string
	/** Host name that the server's certificate must match. Default: the URL's host. */
	readonly serverName?: string
	/** False accepts any certificate. */
	readonly verify?: boolean
}

/** All in milliseconds. */
export interface HttpTimeouts extends ExchangeTimeouts {
	/** Timeout for the connection, including a proxy's tunnel and TLS. */
	readonly connectMs: number
}

/** Maximum number of idle connections. */
const maxIdle = 512
/** Servers commonly close idle connections after 5 s without notice. */
const idleMs = 4000
const longestIdleMs = 60_000

/** @throws Error for an invalid URL or headers. */
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
	/** The proxy that requests to an http server are sent to. Undefined without a proxy, and for tunnels. */
	private readonly forwarder: HttpProxy | undefined
	/** Prefix of request targets: requests to a proxy have absolute URLs (RFC 9112, section 3.2.2). */
	private readonly origin: string
	private readonly fixedHeaders: string
	/** `fixedHeaders` without `content-type`, for bodies that have their own. */
	private readonly untypedHeaders: string
	private readonly running: Sweep<Exchange>
	private readonly arriving = new TickBatch()
	/** Last in, first out, so that surplus connections expire. */
	private readonly idle: Idle[] = []
	private idleTimer: ReturnType<typeof setInterval> | undefined
	private readonly closing = new AbortController()

	constructor({ url, unixSocket, proxy, tls, headers, timeouts }: HttpClientOptions) {
		this.base = readBaseUrl(url)
		const { hostname, secure, host, authorization } = this.base
		this.timeouts = timeouts
		if (proxy !== undefined && unixSocket !== undefined) throw new Error('a Unix socket is not reached through a proxy')
		this.target = {
			...(unixSocket === undefined ? addressOf(this.base, proxy) : { unix: unixSocket }),
			...(secure ? { tls: { ...tls, serverName: tls?.serverName ?? hostname } } : {}),
		}
		this.forwarder = secure ? undefined : proxy
		this.origin = this.forwarder === undefined ? '' : `http://${host}`
		if (authorization !== undefined && headers.authorization !== undefined)
			throw new Error(
				'the URL has a user name and password, and the headers include `authorization`: remove one of them',
			)
		const fixed = {
			host,
			'accept-encoding': 'identity',
			...(authorization === undefined ? {} : { authorization }),
			...(this.forwarder?.authorization === undefined ? {} : { 'proxy-authorization': this.forwarder.authorization }),
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
		const idle = this.takeIdle()
		if (idle === undefined) return this.sendAnew(message, request.signal)
		return this.exchange(idle, message, request.signal).catch((thrown: unknown) => {
			// The server closed the idle connection before it processed the request.
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
		const line = `${method} ${this.origin}${requestTarget(this.base, path)} HTTP/1.1\r\n`
		if (typeof body === 'object') {
			const type = writeHeaders({ 'content-type': body.contentType, 'content-length': String(body.bytes.byteLength) })
			return Buffer.concat([Buffer.from(`${line}${this.untypedHeaders}${own}${type}\r\n`), body.bytes])
		}
		const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
		return `${line}${this.fixedHeaders}${own}${length}\r\n${body ?? ''}`
	}

	private async connect(signal: AbortSignal | undefined): Promise<Connection> {
		const signals = signal === undefined ? [this.closing.signal] : [this.closing.signal, signal]
		const open = Connection.open(this.target, this.timeouts.connectMs, signals, (connection) => this.forget(connection))
		return this.forwarder === undefined ? open : open.catch(nameProxy(this.forwarder))
	}

	private async sendAnew(message: string | Buffer, signal: AbortSignal | undefined): Promise<IncomingResponse> {
		return this.exchange(await this.connect(signal), message, signal)
	}

	private exchange(
		connection: Connection,
		message: string | Buffer,
		signal: AbortSignal | undefined,
	): Promise<IncomingResponse> {
		const { timeouts, running, arriving, forwarder } = this
		const response = new Exchange(connection, { timeouts, running, arriving, keeper: this }, signal).begin(message)
		return forwarder === undefined ? response : response.then((head) => this.checkForwarded(head, forwarder))
	}

	/** @throws HttpFailure if the response is the proxy's own. */
	private checkForwarded(response: IncomingResponse, proxy: HttpProxy): IncomingResponse {
		const refusal = refusalInResponse(response, proxy, `${this.base.hostname}:${this.base.port}`)
		if (refusal === undefined) return response
		response.release()
		throw refusal
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

/** Where to connect. */
function addressOf({ hostname, port, secure }: BaseUrl, proxy: HttpProxy | undefined): ConnectionTarget {
	if (proxy === undefined) return { hostname, port }
	const openTunnel = secure ? () => new ProxyTunnel(proxy, { hostname, port }) : undefined
	return { hostname: proxy.hostname, port: proxy.port, openTunnel }
}

/** Adds the proxy to the message of a failed connection to it. */
function nameProxy({ label }: HttpProxy): (thrown: unknown) => never {
	return (thrown) => {
		if (!(thrown instanceof HttpFailure) || (thrown.reason !== 'unreachable' && thrown.reason !== 'connect-timeout'))
			throw thrown
		const { reason, sent, cause } = thrown
		throw new HttpFailure(reason, `the proxy ${label} cannot be reached: ${thrown.message}`, { sent, cause })
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
			throw new Error(`the header '${name}' cannot be sent: its name or value contains invalid characters`)
		text += `${name}: ${value}\r\n`
	}
	return text
}
