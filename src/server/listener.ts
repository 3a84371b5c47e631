// A socket that HTTP requests arrive on. It knows no paths.

import type { Server, ServerWebSocket } from 'bun'
import type { Peer } from '../http/remote-client.ts'

export interface Listener {
	readonly url: string
	/**
	 * Stops accepting, lets what runs end within `deadlineMs`, then cuts it.
	 *
	 * @param interrupt asked at the deadline to end what runs in words; what still runs a moment later is cut.
	 */
	close(deadlineMs: number, interrupt?: () => Promise<void>): Promise<void>
}

/** Resolves when the client has room for more, or is gone. */
export type SocketSend = (text: string) => Promise<void>

/** What answers the messages of one socket. */
export interface SocketPeer {
	message(text: string, send: SocketSend): void
	/** The client is gone. */
	close(): void
}

export interface ListenOptions {
	/** `host:port`, port 0 for a free one; or an absolute path of a Unix socket. */
	readonly address: string
	/** The peer's address is known until the request is answered. */
	readonly fetch: (request: Request, peer: Peer) => Promise<Response>
	/** Takes a request to become a socket, or says why not; undefined where there are none on its path. */
	readonly socket?: (request: Request, peer: Peer) => Promise<SocketPeer | Response | undefined>
	/** Largest message of a WebSocket. Bodies of requests are bounded by whatever reads them: what is not read waits at the client. */
	readonly maxBodyBytes: number
	/** Other processes listen on the same port, and the system spreads connections among them. */
	readonly shared?: boolean
}

/** Seconds without a byte before a connection that is not waiting for an answer is dropped. */
const idleSeconds = 60
/** How long clients may take to read why their answer ended, in milliseconds. */
const lastWordsMs = 500

/** @throws Error where the address cannot be listened on. */
export function listen({ address, fetch, socket, maxBodyBytes, shared = false }: ListenOptions): Listener {
	const handler = {
		// Above it, Bun answers by itself: without a body, a CORS header or a line in the log.
		maxRequestBodySize: Number.MAX_SAFE_INTEGER,
		websocket: sockets(maxBodyBytes),
		fetch(request: Request, bun: Server<OpenSocket>) {
			// An answer may be quiet for as long as a model thinks; what bounds it is not the socket's business.
			bun.timeout(request, 0)
			const upgrades = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
			const peer: Peer = { address: () => bun.requestIP(request)?.address }
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
	const server: Server<OpenSocket> = address.startsWith('/')
		? Bun.serve(unixOptions({ ...handler, unix: address }))
		: Bun.serve({ ...handler, ...hostAndPort(address), idleTimeout: idleSeconds, reusePort: shared })
	return {
		url: address.startsWith('/')
			? `unix:${address}`
			: `http://${address.slice(0, address.lastIndexOf(':'))}:${server.port}`,
		async close(deadlineMs, interrupt) {
			const ended = server.stop(false)
			if (!(await endsWithin(ended, deadlineMs)) && interrupt !== undefined) {
				await interrupt()
				await endsWithin(ended, lastWordsMs)
			}
			await server.stop(true)
		},
	}
}

interface OpenSocket {
	readonly peer: SocketPeer
	/** Whoever waits for room. */
	drained: PromiseWithResolvers<void> | undefined
}

/** Bytes that may wait for a client before its answers do. */
const mostBuffered = 262_144

function sockets(maxPayloadLength: number) {
	const drain = (socket: ServerWebSocket<OpenSocket>) => {
		socket.data.drained?.resolve()
		socket.data.drained = undefined
	}
	return {
		maxPayloadLength,
		idleTimeout: 960,
		message(socket: ServerWebSocket<OpenSocket>, message: string | Buffer) {
			socket.data.peer.message(message.toString(), async (text) => {
				socket.send(text)
				if (socket.getBufferedAmount() <= mostBuffered) return
				socket.data.drained ??= Promise.withResolvers()
				await socket.data.drained.promise
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
	const late = new Promise<boolean>((resolve) => {
		timer = setTimeout(resolve, ms, false)
	})
	const first = await Promise.race([ended.then(() => true), late])
	clearTimeout(timer)
	return first
}

function hostAndPort(address: string): { readonly hostname: string; readonly port: number } {
	const colon = address.lastIndexOf(':')
	return { hostname: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/**
 * Whoever may open the socket may be quiet on it: Bun would cut a stream after 10 s, once its first chunk is written. Its types do not
 * know the option for Unix sockets; its server does.
 */
function unixOptions<Options extends { readonly unix: string }>(options: Options): Options {
	return Object.assign(options, { idleTimeout: 0 })
}
