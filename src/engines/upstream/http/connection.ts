// One socket to a server, possibly in a tunnel through a proxy: open, write, pause and close. It does not interpret the
// data.

import type { Socket, SocketHandler, TLSOptions } from 'bun'
import { isOutOfDescriptors } from './descriptors.ts'
import { HttpFailure } from './http-failure.ts'
import type { ProxyTunnel } from './proxy-tunnel.ts'

export interface ConnectionTarget {
	readonly hostname?: string
	readonly port?: number
	readonly unix?: string
	/** The address is that of a proxy: opens the tunnel to the server, inside which TLS starts. */
	readonly openTunnel?: () => ProxyTunnel
	readonly tls?: {
		readonly serverName: string
		readonly ca?: string
		readonly cert?: string
		readonly key?: string
		readonly verify?: boolean
	}
}

/** The current user of the connection. */
export interface ConnectionUser {
	data(bytes: Buffer): void
	/** The connection was closed; `error` is set if it was not closed cleanly. */
	ended(error: unknown): void
}

export class Connection {
	private socket: Socket | undefined
	private user: ConnectionUser | undefined
	private unsent: Uint8Array | undefined
	private closed = false
	/** Undefined for a connection without a proxy's tunnel. */
	private tunnel: ProxyTunnel | undefined
	private ready: { resolve(): void; reject(failure: unknown): void } | undefined
	private readonly onClosed: (connection: Connection) => void

	private constructor(onClosed: (connection: Connection) => void) {
		this.onClosed = onClosed
	}

	/**
	 * @param onClosed called once when the connection is closed while it has no user.
	 * @throws HttpFailure
	 */
	static async open(
		target: ConnectionTarget,
		timeoutMs: number,
		signals: readonly AbortSignal[],
		onClosed: (connection: Connection) => void,
	): Promise<Connection> {
		const connection = new Connection(onClosed)
		await connection.establish(target, timeoutMs, signals)
		return connection
	}

	/** Whether some written bytes may have been sent. */
	wrote = false

	use(user: ConnectionUser): void {
		this.user = user
		this.wrote = false
		if (this.closed) user.ended(undefined)
	}

	/** Makes the connection idle. */
	rest(): void {
		this.user = undefined
		this.socket?.resume()
	}

	write(message: string | Buffer): void {
		const written = this.socket?.write(message) ?? 0
		if (written > 0) this.wrote = true
		if (written < 0) this.destroy()
		else if (written < message.length || written < Buffer.byteLength(message))
			this.unsent = (typeof message === 'string' ? Buffer.from(message) : message).subarray(written)
	}

	pause(): void {
		this.socket?.pause()
	}

	resume(): void {
		this.socket?.resume()
	}

	destroy(): void {
		this.socket?.terminate()
		this.end(undefined)
	}

	private async establish(target: ConnectionTarget, timeoutMs: number, signals: readonly AbortSignal[]): Promise<void> {
		const established = Promise.withResolvers<void>()
		this.ready = established
		const abort = () => established.reject(new HttpFailure('aborted', 'the request was cancelled', { sent: 'nothing' }))
		const late = setTimeout(() => established.reject(this.timedOut()), timeoutMs)
		for (const signal of signals) {
			if (signal.aborted) abort()
			signal.addEventListener('abort', abort, { once: true })
		}
		this.connect(target)
		try {
			await established.promise
		} catch (thrown) {
			this.destroy()
			throw thrown
		} finally {
			this.ready = undefined
			clearTimeout(late)
			for (const signal of signals) signal.removeEventListener('abort', abort)
		}
	}

	private timedOut(): HttpFailure {
		return (
			this.tunnel?.failure('connect-timeout') ??
			new HttpFailure('connect-timeout', 'the connection timed out', { sent: 'nothing' })
		)
	}

	private connect({ tls, openTunnel, ...address }: ConnectionTarget): void {
		this.tunnel = openTunnel?.()
		const options = tls === undefined ? undefined : { ...tls, rejectUnauthorized: tls.verify ?? true }
		const inner = this.handlersOf(tls)
		const connected =
			this.tunnel === undefined || options === undefined
				? { ...address, socket: inner, ...(options === undefined ? {} : { tls: options }) }
				: { ...address, socket: this.tunnelHandlers(this.tunnel, options, inner) }
		Bun.connect(connected as Parameters<typeof Bun.connect>[0]).then(
			(socket) => {
				if (this.socket === undefined) this.opened(socket as Socket)
			},
			(cause) => this.refuse(cause),
		)
	}

	private opened(socket: Socket): void {
		this.socket = socket
		if (this.closed) socket.terminate()
	}

	/** Handlers of the socket that carries the exchanges. */
	private handlersOf(tls: ConnectionTarget['tls']): SocketHandler<undefined> {
		return {
			open: (socket: Socket) => {
				this.opened(socket)
				if (tls === undefined) this.ready?.resolve()
			},
			handshake: (_: Socket, success: boolean, error: Error | null) => {
				if (success || tls?.verify === false) this.ready?.resolve()
				else
					this.ready?.reject(
						this.tunnel?.failure('tls', error) ??
							new HttpFailure('tls', 'the TLS handshake failed', { sent: 'nothing', cause: error }),
					)
			},
			data: (_: Socket, bytes: Buffer) => {
				if (this.user === undefined) this.destroy()
				else this.user.data(bytes)
			},
			drain: () => this.drain(),
			end: () => this.destroy(),
			error: (_: Socket, error: Error) => this.end(error),
			close: (_: Socket, error?: unknown) => this.end(error),
			connectError: (_: Socket, cause: Error) => this.refuse(cause),
		}
	}

	/**
	 * Handlers of the socket to a proxy. Once the tunnel is open, TLS takes the socket over, and these handlers only see
	 * its encrypted bytes and its end.
	 */
	private tunnelHandlers(
		tunnel: ProxyTunnel,
		tls: TLSOptions,
		inner: SocketHandler<undefined>,
	): SocketHandler<undefined> {
		return {
			open: (socket: Socket) => {
				this.opened(socket)
				if (!this.closed) socket.write(tunnel.begin())
			},
			data: (socket: Socket<undefined>, bytes: Buffer) => {
				if (tunnel.isOpen || this.closed) return
				try {
					if (!tunnel.read(bytes)) return
				} catch (failure) {
					this.ready?.reject(failure)
					this.destroy()
					return
				}
				this.opened(socket.upgradeTLS({ tls, socket: inner })[1])
			},
			drain: () => undefined,
			end: () => {
				if (!tunnel.isOpen) this.destroy()
			},
			error: (_: Socket, error: Error) => {
				if (!tunnel.isOpen) this.end(error)
			},
			close: (_: Socket, error?: unknown) => {
				if (!tunnel.isOpen) this.end(error)
			},
			connectError: (_: Socket, cause: Error) => this.refuse(cause),
		}
	}

	private refuse(cause: unknown): void {
		if (this.ready === undefined) return
		const failure = isOutOfDescriptors(cause)
			? new HttpFailure('no-descriptors', 'this process has no file descriptor left', { sent: 'nothing', cause })
			: (this.tunnel?.failure('unreachable', cause) ??
				new HttpFailure('unreachable', 'the server cannot be reached', { sent: 'nothing', cause }))
		this.ready.reject(failure)
	}

	private drain(): void {
		if (this.unsent === undefined) return
		const written = this.socket?.write(this.unsent) ?? 0
		if (written > 0) this.wrote = true
		this.unsent = written >= this.unsent.length ? undefined : this.unsent.subarray(Math.max(0, written))
	}

	private end(error: unknown): void {
		if (this.closed) return
		this.closed = true
		this.ready?.reject(
			this.tunnel?.failure('unreachable', error) ??
				new HttpFailure('unreachable', 'the connection was closed before it was established', {
					sent: 'nothing',
					cause: error,
				}),
		)
		const user = this.user
		this.user = undefined
		if (user === undefined) this.onClosed(this)
		else user.ended(error)
	}
}
