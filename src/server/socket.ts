// Serves routes over WebSockets. Each message becomes a request of its route, passes through the same pipeline as any
// request, and the events of the answer are sent as frames.

import { asChatError } from '../chat/error.ts'
import { stringifyJson } from '../chat/json-text.ts'
import type { SocketRoute } from '../dialects/dialect.ts'
import type { SocketPeer, SocketSend } from './listener.ts'

/** Maximum number of messages of one socket in flight. */
const maxInFlight = 16

export interface SocketOptions {
	readonly route: SocketRoute
	/** The upgrade request: its headers are added to every message. */
	readonly upgrade: { readonly url: string; readonly headers: Headers }
	readonly fetch: (request: Request) => Promise<Response>
}

export function openSocket({ route, upgrade, fetch }: SocketOptions): SocketPeer {
	const disconnected = new AbortController()
	let running = 0
	const answer = async (text: string, send: SocketSend): Promise<void> => {
		let tag: string | undefined
		try {
			const read = route.read(text)
			tag = read.tag
			if (running >= maxInFlight) return void (await send(route.writeFailure(429, tooMany, tag)))
			running++
			try {
				await relay(await fetch(requestOf(read.body, upgrade, disconnected.signal)), route, tag, send)
			} finally {
				running--
			}
		} catch (thrown) {
			if (disconnected.signal.aborted) return
			const { status, body } = route.writeError(asChatError(thrown))
			await send(route.writeFailure(status, body, tag))
		}
	}
	return {
		message: (text, send) => void answer(text, send),
		close: () => disconnected.abort(),
	}
}

const tooMany = {
	error: {
		message: `Too many messages in flight on this socket: at most ${maxInFlight} are allowed. Wait for an answer to end.`,
		type: 'requests',
		param: null,
		code: 'rate_limit_exceeded',
	},
}

function requestOf(body: unknown, { url, headers }: SocketOptions['upgrade'], signal: AbortSignal): Request {
	const sent = new Headers({ 'content-type': 'application/json' })
	for (const [name, value] of headers)
		if (!/^(connection|upgrade|host|content-.*|sec-websocket-.*)$/.test(name)) sent.set(name, value)
	return new Request(url, { method: 'POST', headers: sent, body: stringifyJson(body), signal })
}

/** @param send resolves when the client can receive more. */
async function relay(response: Response, route: SocketRoute, tag: string | undefined, send: SocketSend): Promise<void> {
	if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true || response.body === null)
		return send(route.writeFailure(response.status, await response.json(), tag))
	const frames = route.frames(tag)
	const decoder = new TextDecoder()
	for await (const bytes of response.body)
		for (const frame of frames.add(decoder.decode(bytes, { stream: true }))) await send(frame)
}
