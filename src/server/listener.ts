// Listens for HTTP requests and WebSockets on a port or a Unix socket. It is independent of paths.

import type { Server, ServerWebSocket } from 'bun'
import { unixPeer } from '../http/addresses.ts'
import { socketPathOf } from '../http/listen-address.ts'
import type { Peer } from '../http/remote-client.ts'

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

/** The client of one WebSocket. */
export interface SocketSender {
	/** Resolves when the client can receive more, or has disconnected. */
	send(text: string): Promise<void>
	/** Keeps the connection alive. No answer is expected: a client that is busy reads it later. */
	ping(): void
}

/** Handles the messages of one WebSocket. */
export interface SocketPeer {
	message(text: string, client: SocketSender): void
	/** The client disconnected. */
	close(): void
}

export interface ListenOptions {
	/** `host:port`, port 0 for a free one; or the path of a Unix socket, absolute or after `unix:`. */
	readonly address: string
	/** The peer's address can be read until the response is sent. */
	readonly fetch: (request: Request, peer: Peer) => Promise<Response>
	/**
	 * Accepts a WebSocket upgrade or returns a response that rejects it; undefined if the path has no WebSocket route.
	 */
	readonly socket?: (request: Request, peer: Peer) => Promise<SocketPeer | Response | undefined>
	/**
	 * Maximum size of a WebSocket message, in bytes. Whatever reads a request body limits it: unread bytes wait at the
	 * client.
	 */
	readonly maxBodyBytes: number
	/** Other processes listen on the same port, and the operating system distributes connections among them. */
	readonly shared?: boolean
}

/** Timeout of a connection without traffic and without a request in flight, in seconds. */
const idleSeconds = 60
/** How long clients may take to read the error event of an interrupted stream, in milliseconds. */
const interruptedMs = 500

/** @throws Error if it cannot listen on the address. */
export function listen({ address, fetch, socket, maxBodyBytes, shared = false }: ListenOptions): Listener {
	const path = address.startsWith('/') ? address : socketPathOf(address)
	const handler = {
		// Bun rejects larger bodies itself, without a response body, CORS headers or a log line.
		maxRequestBodySize: Number.MAX_SAFE_INTEGER,
		websocket: sockets(maxBodyBytes),
		fetch(request: Request, bun: Server<OpenSocket>) {
			// A response may take as long as the model needs; timeouts apply elsewhere.
			bun.timeout(request, 0)
			const upgrades = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
			const peer: Peer = path === undefined ? { address: () => bun.requestIP(request)?.address } : unixSocketPeer
			return upgrades && socket !== undefined ? upgrade(request, peer, bun, socket) : fetch(request, peer)
		},
	}
	const upgrade = async (
		request: Request,
		peer: Peer,
		bun: Server<OpenSocket>,
		open: NonNullable<ListenOptions['socket']>,
	): Promise<Response | undefined> => {
		const opened = await open(request, peer)
		if (opened === undefined) return fetch(request, peer)
		if (opened instanceof Response) return opened
		return bun.upgrade(request, { data: { peer: opened, drained: undefined } }) ? undefined : fetch(request, peer)
	}
	const server: Server<OpenSocket> =
		path === undefined
			? Bun.serve({ ...handler, ...hostAndPort(address), idleTimeout: idleSeconds, reusePort: shared })
			: Bun.serve(unixOptions({ ...handler, unix: path }))
	return {
		url: path !== undefined ? `unix:${path}` : `http://${address.slice(0, address.lastIndexOf(':'))}:${server.port}`,
		async close(deadlineMs, interrupt) {
			const ended = server.stop(false)
			if (!(await endsWithin(ended, deadlineMs)) && interrupt !== undefined) {
				await interrupt()
				await endsWithin(ended, interruptedMs)
			}
			await server.stop(true)
		},
	}
}

const unixSocketPeer: Peer = { address: () => unixPeer }

interface OpenSocket {
	readonly peer: SocketPeer
	/** Resolved when the send buffer has drained. */
	drained: PromiseWithResolvers<void> | undefined
}

/** Bytes in the send buffer above which a sender waits. */
const maxBufferedBytes = 262_144

function sockets(maxPayloadLength: number) {
	const drain = (socket: ServerWebSocket<OpenSocket>) => {
		socket.data.drained?.resolve()
		socket.data.drained = undefined
	}
	return {
		maxPayloadLength,
		idleTimeout: 960,
		message(socket: ServerWebSocket<OpenSocket>, message: string | Buffer) {
			socket.data.peer.message(message.toString(), {
				async send(text) {
					socket.send(text)
					if (socket.getBufferedAmount() <= maxBufferedBytes) return
					socket.data.drained ??= Promise.withResolvers()
					await socket.data.drained.promise
				},
				ping: () => void socket.ping(),
			})
		},
		drain,
		close(socket: ServerWebSocket<OpenSocket>) {
			socket.data.peer.close()
			drain(socket)
		},
	}
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

/**
 * Disables the idle timeout on Unix sockets: Bun would cut a stream 10 s after its first chunk. Bun's types lack this
 * option for Unix sockets; its server supports it.
 */
function unixOptions<Options extends { readonly unix: string }>(options: Options): Options {
	return Object.assign(options, { idleTimeout: 0 })
}
