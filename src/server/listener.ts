// Listens for HTTP requests and WebSockets on a port or a Unix socket, within limits on its connections. It is
// independent of paths. Bun's own HTTP server resolves dot segments before a handler sees them, closes the connection of
// a client that pipelines or half-closes, and accepts connections without limit; see decisions/051.

import type { Socket, SocketHandler } from 'bun'
import { type AddressSet, unixPeer } from '../http/addresses.ts'
import type { HttpRequest } from '../http/http-request.ts'
import { socketPathOf } from '../http/listen-address.ts'
import { canonicalPeer, type Peer } from '../http/remote-client.ts'
import type { OutgoingResponse } from '../http/written-response.ts'
import { Sweep } from '../system/sweep.ts'
import type { ArrivingRequest } from './connections/arriving-request.ts'
import { type ConnectionCaps, ConnectionTable, type CountedConnection } from './connections/connection-table.ts'
import {
	type ConnectionOwner,
	type ConnectionTimeouts,
	HttpConnection,
	type Upgrade,
} from './connections/http-connection.ts'
import { asksForWebSocket, upgradeToWebSocket, type WebSocketLimits } from './connections/web-socket.ts'
import type { SocketPeer } from './socket-peer.ts'

export interface Listener {
	readonly url: string
	/**
	 * Stops accepting connections, waits up to `deadlineMs` for requests in flight, then closes their connections.
	 *
	 * @param interrupt called at the deadline to end open streams with an error event, shortly before their connections
	 * are closed.
	 */
	close(deadlineMs: number, interrupt?: () => Promise<void>): Promise<void>
}

export interface ListenOptions {
	/** `host:port`, port 0 for a free one; or the path of a Unix socket, absolute or after `unix:`. */
	readonly address: string
	readonly respond: (request: HttpRequest, peer: Peer) => Promise<OutgoingResponse>
	/**
	 * Accepts a WebSocket upgrade or returns a response that rejects it; undefined if the path has no WebSocket route.
	 */
	readonly socket?: (request: HttpRequest, peer: Peer) => Promise<SocketPeer | Response | undefined>
	/** Of the WebSockets that `socket` accepts. */
	readonly webSockets?: WebSocketLimits | undefined
	/** On a Unix socket, only the total is limited: its peers have no addresses. */
	readonly caps?: ConnectionCaps | undefined
	readonly timeouts?: ConnectionTimeouts | undefined
	/** Proxies, whose connections the limit of an address does not apply to. */
	readonly proxies?: AddressSet | undefined
	/** Other processes listen on the same port, and the operating system distributes connections among them. */
	readonly shared?: boolean
}

const unlimited: ConnectionCaps = { total: Number.POSITIVE_INFINITY, perAddress: Number.POSITIVE_INFINITY }
const untimed: ConnectionTimeouts = { idleMs: Number.POSITIVE_INFINITY, headMs: Number.POSITIVE_INFINITY }
/** For a socket that only processes of the same deployment can open. */
export const withoutLimits: Pick<ListenOptions, 'caps' | 'timeouts'> = { caps: unlimited, timeouts: untimed }
const defaultWebSockets: WebSocketLimits = { maxMessageBytes: 16_777_216, idleMs: 120_000 }
const defaultTimeouts: ConnectionTimeouts = { idleMs: 60_000, headMs: 20_000 }
/** How long clients may take to read the error event of an interrupted stream, in milliseconds. */
const interruptedMs = 500
/** For the head of a request on a connection above the limits, in milliseconds. */
const excessHeadMs = 2000

/** @throws Error if it cannot listen on the address. */
export function listen(options: ListenOptions): Listener {
	return new OpenListener(options)
}

class OpenListener implements Listener {
	readonly url: string
	readonly options: ListenOptions
	readonly timeouts: ConnectionTimeouts
	readonly webSockets: WebSocketLimits
	readonly table: ConnectionTable
	/** It is a Unix socket. */
	readonly isLocal: boolean
	closing = false
	private readonly open = new Set<ListedConnection>()
	private readonly waits: Sweep
	private readonly listening: { stop(): void }
	private allClosed: PromiseWithResolvers<void> | undefined

	constructor(options: ListenOptions) {
		const { address, shared = false } = options
		const path = address.startsWith('/') ? address : socketPathOf(address)
		this.isLocal = path !== undefined
		this.options = options
		this.timeouts = options.timeouts ?? defaultTimeouts
		this.webSockets = options.webSockets ?? defaultWebSockets
		this.table = new ConnectionTable(options.caps ?? unlimited)
		this.waits = new Sweep(Math.min(this.timeouts.headMs, this.timeouts.idleMs, this.webSockets.idleMs))
		const handlers = { socket: this.handlers(), allowHalfOpen: true }
		if (path !== undefined) {
			this.listening = Bun.listen({ ...handlers, unix: path })
			this.url = `unix:${path}`
		} else {
			const port = Bun.listen({ ...handlers, ...hostAndPort(address), ...sharing(shared) })
			this.listening = port
			this.url = `http://${address.slice(0, address.lastIndexOf(':'))}:${port.port}`
		}
	}

	async close(deadlineMs: number, interrupt?: () => Promise<void>): Promise<void> {
		this.closing = true
		this.listening.stop()
		this.allClosed = Promise.withResolvers<void>()
		const { promise } = this.allClosed
		for (const { connection } of this.open) connection.stop()
		if (this.open.size === 0) this.allClosed.resolve()
		if (!(await endsWithin(promise, deadlineMs)) && interrupt !== undefined) {
			await interrupt()
			await endsWithin(promise, interruptedMs)
		}
		for (const { connection } of this.open) connection.destroy()
	}

	forget(listed: ListedConnection): void {
		this.open.delete(listed)
		this.waits.delete(listed.connection)
		this.table.delete(listed)
		if (this.open.size === 0) this.allClosed?.resolve()
	}

	private handlers(): SocketHandler<HttpConnection | undefined> {
		return {
			open: (socket) => this.accept(socket),
			data: (socket, bytes) => socket.data?.data(bytes),
			drain: (socket) => socket.data?.output.drain(),
			end: (socket) => socket.data?.end(),
			close: (socket) => socket.data?.close(),
			error: (socket) => socket.data?.destroy(),
		}
	}

	private accept(socket: Socket<HttpConnection | undefined>): void {
		const listed = new ListedConnection(socket, this)
		const admission = this.closing ? 'refused' : this.table.add(listed)
		if (admission === 'refused') return void socket.terminate()
		if (admission !== 'accepted') listed.limit(admission)
		socket.data = listed.connection
		this.open.add(listed)
		this.waits.add(listed.connection)
	}
}

/** A connection of the listener: its table counts it, and it is the peer of its requests. */
class ListedConnection implements CountedConnection, ConnectionOwner, Peer {
	readonly connection: HttpConnection
	readonly limitedAddress: string | undefined
	excess: Peer['excess']
	private readonly listener: OpenListener

	constructor(socket: Socket<unknown>, listener: OpenListener) {
		this.listener = listener
		this.connection = new HttpConnection(socket, this)
		const address = this.connection.address === undefined ? undefined : canonicalPeer(this.connection.address)
		const isProxy = address !== undefined && listener.options.proxies?.has(address) === true
		this.limitedAddress = isProxy ? undefined : address
	}

	/** The connection is closed after one response, which its client has little time to ask for. */
	limit(excess: 'full' | 'address-full'): void {
		this.excess = excess
		this.connection.limitToOne(excessHeadMs)
	}

	address(): string | undefined {
		return this.listener.isLocal ? unixPeer : this.connection.address
	}

	identified(): void {
		this.connection.known = true
	}

	get timeouts(): ConnectionTimeouts {
		return this.listener.timeouts
	}

	get closing(): boolean {
		return this.listener.closing
	}

	changed(): void {
		this.listener.table.update(this)
	}

	closed(): void {
		this.listener.forget(this)
	}

	answer(request: ArrivingRequest): Promise<OutgoingResponse | Upgrade> {
		const { respond, socket } = this.listener.options
		if (socket !== undefined && this.excess === undefined && asksForWebSocket(request))
			return this.upgrade(request, socket)
		return respond(request, this)
	}

	private async upgrade(
		request: ArrivingRequest,
		accept: NonNullable<ListenOptions['socket']>,
	): Promise<OutgoingResponse | Upgrade> {
		const { webSockets, options } = this.listener
		const opened = await accept(request, this)
		if (opened instanceof Response) return opened
		return opened === undefined
			? options.respond(request, this)
			: upgradeToWebSocket(request.headers, opened, webSockets)
	}

	get known(): boolean {
		return this.connection.known
	}

	get isIdle(): boolean {
		return this.connection.isReplaceable
	}

	evict(): void {
		this.connection.destroy()
	}
}

/** Bun's types lack this option for listeners; its sockets support it. */
function sharing(reusePort: boolean): object {
	return reusePort ? { reusePort } : {}
}

async function endsWithin(ended: Promise<void>, ms: number): Promise<boolean> {
	let timer: ReturnType<typeof setTimeout> | undefined
	const timeout = new Promise<boolean>((resolve) => {
		timer = setTimeout(resolve, ms, false)
	})
	const first = await Promise.race([ended.then(() => true), timeout])
	clearTimeout(timer)
	return first
}

function hostAndPort(address: string): { readonly hostname: string; readonly port: number } {
	const colon = address.lastIndexOf(':')
	return { hostname: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}
