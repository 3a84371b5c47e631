// Serves routes over WebSockets. Each message becomes a request of its route, passes through the same pipeline as any
// request, and the events of the answer are sent as frames.

import { asChatError } from '../chat/error.ts'
import type { ConnectionTurns } from '../conversations/recent-turns.ts'
import type { SocketMessage, SocketRoute } from '../dialects/dialect.ts'
import type { RequestHeaders } from '../http/request-headers.ts'
import type { SocketPeer, SocketSender } from './socket-peer.ts'

/** Messages of this length are parsed and written in steps. */
export const longCharacters = 16_384
/** Maximum number of messages of one socket in flight. */
const maxInFlight = 16
/** Messages in a row that are refused without a call, after which the socket is closed. */
const maxRefused = 32
/** RFC 6455, section 7.4.1: a message violates the server's policy. */
const policyViolation = 1008

export interface SocketOptions {
	readonly route: SocketRoute
	/** Closed with the socket. */
	readonly turns: ConnectionTurns
	/** The upgrade request: its headers are added to every message. */
	readonly upgrade: { readonly url: string; readonly headers: RequestHeaders }
	/** @param message that the request was read from. */
	readonly fetch: (request: Request, message: SocketMessage) => Promise<Response>
	/**
	 * The JSON of a message; that of a long one later, in its caller's turn.
	 *
	 * @throws ChatError if it is beyond a bound, SyntaxError if it is not JSON.
	 */
	readonly parse: (text: string) => unknown
	/** The body of a request as JSON; that of a long one later, in its caller's turn. */
	readonly write: (body: unknown) => string | Promise<string>
	/** Called when the client disconnected. */
	readonly closed: () => void
	/** As `SocketPeer` has them. */
	readonly reserve: (bytes: number) => boolean
	readonly release: (bytes: number) => void
}

export function openSocket(options: SocketOptions): SocketPeer {
	const { route, turns, upgrade, fetch, parse, write, closed, reserve, release } = options
	const disconnected = new AbortController()
	const lanes = new Lanes()
	const answer = async (message: SocketMessage, client: SocketSender): Promise<void> => {
		if (disconnected.signal.aborted) return
		try {
			const request = requestOf(await write(message.body), upgrade, disconnected.signal)
			const response = await fetch(request, message)
			await relay(response, message, route, client)
		} catch (thrown) {
			if (!disconnected.signal.aborted) await refuse(thrown, message.lane, client)
		}
	}
	const refuse = (thrown: unknown, lane: string | undefined, client: SocketSender): Promise<void> => {
		const { status, body } = route.writeError(asChatError(thrown))
		return client.send(route.writeFailure(status, body, lane))
	}
	let refused = 0
	const refuseMessage = async (frame: string, client: SocketSender): Promise<void> => {
		if (++refused >= maxRefused) client.close(policyViolation, 'too many messages that cannot be answered')
		else await client.send(frame)
	}
	const receive = (value: () => unknown, client: SocketSender): Promise<void> => {
		let message: SocketMessage
		try {
			message = route.read(value, turns)
		} catch (thrown) {
			const { status, body } = route.writeError(asChatError(thrown))
			return refuseMessage(route.writeFailure(status, body, undefined), client)
		}
		if (lanes.inFlight >= maxInFlight) return refuseMessage(route.writeFailure(429, tooMany, message.lane), client)
		refused = 0
		return lanes.run(message.lane, () => answer(message, client))
	}
	/** The last message that is parsed later: those after it wait, so that all are received in their order. */
	let parsing: Promise<void> | undefined
	const parseLater = async (text: string, client: SocketSender, before: Promise<void> | undefined) => {
		await before
		const parsed = Promise.try(() => (disconnected.signal.aborted ? undefined : parse(text)))
		const value = await parsed.then(
			(found) => () => found,
			(thrown) => () => {
				throw thrown
			},
		)
		// Within an object, because the next message does not wait for the answer.
		return { answered: disconnected.signal.aborted ? Promise.resolve() : receive(value, client) }
	}
	return {
		message(text, client) {
			if (text.length < longCharacters && parsing === undefined) return receive(() => parse(text), client)
			const received = parseLater(text, client, parsing)
			const own = received.then(() => {
				if (parsing === own) parsing = undefined
			})
			parsing = own
			return received.then(({ answered }) => answered)
		},
		reserve,
		release,
		close() {
			disconnected.abort()
			turns.close()
			closed()
		},
	}
}

/** Messages of one lane run one after the other, and independently of other lanes. */
class Lanes {
	private readonly last = new Map<string | undefined, Promise<void>>()
	/** Number of messages that run or wait. */
	inFlight = 0

	/** @param work never rejects. */
	run(lane: string | undefined, work: () => Promise<void>): Promise<void> {
		this.inFlight++
		const before = this.last.get(lane)
		const running = (before === undefined ? work() : before.then(work)).finally(() => {
			this.inFlight--
			if (this.last.get(lane) === running) this.last.delete(lane)
		})
		this.last.set(lane, running)
		return running
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

/** Requests on a connection have no origin in their URL. */
const anyOrigin = 'http://localhost'

function requestOf(body: string, { url, headers }: SocketOptions['upgrade'], signal: AbortSignal): Request {
	const sent = new Headers({ 'content-type': 'application/json' })
	for (const [name, value] of headers)
		if (!/^(connection|upgrade|host|content-.*|sec-websocket-.*)$/.test(name)) sent.set(name, value)
	return new Request(new URL(url, anyOrigin).href, { method: 'POST', headers: sent, body, signal })
}

async function relay(
	response: Response,
	message: SocketMessage,
	route: SocketRoute,
	client: SocketSender,
): Promise<void> {
	if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true || response.body === null) {
		message.fail()
		return client.send(route.writeFailure(response.status, await response.json(), message.lane))
	}
	const frames = route.frames(message.lane)
	const decoder = new TextDecoder()
	for await (const bytes of response.body) {
		const completed = frames.add(decoder.decode(bytes, { stream: true }))
		for (const frame of completed) await client.send(frame)
		// Comments keep a stream alive, but have no frame.
		if (completed.length === 0) client.ping()
	}
}
