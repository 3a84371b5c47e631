// Writes an answer of the pipeline, or an error, in the format of the request's dialect. Reports the end
// of each request to its observer.

import { ChatError } from '../chat/error.ts'
import { stringifyJson } from '../chat/json-text.ts'
import { withoutQuotes } from '../chat/quoting-error.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { TextBody, WrittenJson } from '../dialects/writer.ts'
import type { EventStreams } from '../http/event-stream.ts'
import type { Received } from '../http/received.ts'
import type { RouteMatch } from '../http/route-table.ts'
import { type OutgoingResponse, WrittenResponse } from '../http/written-response.ts'
import type { LimitState } from '../limits/limit-state.ts'
import type { Answer } from '../pipeline/answer.ts'
import { noSuchPath, shortened } from '../pipeline/parse-request.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import type { Release } from './caller-shares.ts'
import { allowOrigin } from './cors.ts'

/** The properties of a request that its response depends on. */
export interface ResponseWriting {
	readonly received: Received
	readonly dialect: Dialect
	readonly observer: RequestObserver
	readonly streams: EventStreams
	readonly clock: Clock
	readonly log: Log
	/** Gives back the caller's permit at the end of the response. */
	readonly release?: Release | undefined
}

/** The error for a path that no route serves with the request's method. */
export function notServed(match: RouteMatch<unknown>, received: Received): ChatError {
	if (match.type !== 'other-methods') return noSuchPath(received)
	const { method, path } = received
	return new ChatError(
		'method-not-allowed',
		`Not allowed to ${method} on ${shortened(path)}. Allowed methods: ${match.methods.join(', ')}.`,
	)
}

/** The header that such a response needs. */
export function allowed(match: RouteMatch<unknown>): Readonly<Record<string, string>> {
	return match.type === 'other-methods' ? { allow: match.methods.join(', ') } : {}
}

/**
 * Responses belong to one caller. HTTP keeps those to `Authorization` out of shared caches, but not those to the other
 * headers that keys are sent in (RFC 9111, section 3.5).
 */
const notCached = { 'cache-control': 'no-store' }

function headersOf(
	{ received, dialect }: ResponseWriting,
	nowMs: number,
	limits: readonly LimitState[] = [],
): Record<string, string> {
	return {
		...allowOrigin,
		...notCached,
		'x-request-id': received.id,
		...dialect.headers({ processingMs: nowMs - received.receivedAtMs, requestId: received.id, nowMs, limits }),
	}
}

export function writeAnswer(answered: Answer, facts: ResponseWriting): OutgoingResponse {
	const { received, dialect, observer, streams, clock, release } = facts
	switch (answered.type) {
		case 'json': {
			const { body, status = 200 } = answered
			const content = writeContent(body, status)
			const nowMs = clock.now()
			observer.observe({ type: 'ended', atMs: nowMs, status, disconnected: false })
			release?.()
			const headers = { ...headersOf(facts, nowMs, answered.limits), ...answered.headers, ...content.headers }
			if (!(body instanceof WrittenJson) || body.pieces.length === 1)
				return new WrittenResponse(status, headers, content.text)
			return new Response(streamOf(body.pieces), { status, headers })
		}
		case 'stream': {
			const isHead = received.method === 'HEAD'
			const chunks = answered.open((disconnected) => {
				release?.()
				observer.observe({ type: 'ended', atMs: clock.now(), status: 200, disconnected: disconnected && !isHead })
			})
			// HEAD returns the headers of a stream without its body: the stream is cancelled before its first event is read.
			if (isHead) chunks.cancel()
			const { isEarly, contentType } = answered
			const heartbeat = contentType === undefined ? dialect.heartbeat : ''
			const options = { heartbeat, isIdle: isEarly }
			return new Response(isHead ? noEvents() : streams.body(chunks, received.signal, options), {
				headers: {
					...headersOf(facts, clock.now(), answered.limits),
					...answered.headers,
					'content-type': contentType ?? 'text/event-stream; charset=utf-8',
					'cache-control': 'no-cache',
					'x-accel-buffering': 'no',
				},
			})
		}
	}
}

/** @param status overrides the dialect's status if HTTP requires a specific one. */
export function writeFailure(
	error: ChatError,
	facts: ResponseWriting,
	extra: Readonly<Record<string, string>>,
	status?: number,
): WrittenResponse {
	const { received, dialect, observer, clock, log, release } = facts
	release?.()
	if (error.kind === 'internal')
		log.error(
			{ err: log.isLevelEnabled('debug') ? error.cause : withoutQuotes(error.cause), request: received.id },
			'a request failed because of an internal error',
		)
	const written = dialect.writeError(error, received.id)
	const sent = status ?? written.status
	const nowMs = clock.now()
	observer.observe({
		type: 'ended',
		atMs: nowMs,
		status: sent,
		error,
		disconnected: error.kind === 'cancelled',
	})
	const content = writeContent(written.body, sent)
	const headers = { ...headersOf(facts, nowMs), ...written.headers, ...extra, ...content.headers }
	return new WrittenResponse(sent, headers, content.text)
}

/** A body of unknown length that is never read: the response to HEAD has the headers of a stream. */
async function* noEvents(): AsyncGenerator<Uint8Array> {}

/** A 204 response has no body. */
const noContent = 204

interface Content {
	/** Null also for a long body, which is sent in pieces. */
	readonly text: string | Uint8Array | null
	readonly headers: Readonly<Record<string, string>>
}

function writeContent(body: unknown, status: number): Content {
	if (status === noContent) return { text: null, headers: {} }
	if (body instanceof TextBody) return { text: body.text, headers: { 'content-type': body.contentType } }
	const headers = { 'content-type': 'application/json' }
	if (!(body instanceof WrittenJson)) return { text: stringifyJson(body), headers }
	const { pieces } = body
	if (pieces.length === 1) return { text: pieces[0] ?? null, headers }
	const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
	return { text: null, headers: { ...headers, 'content-length': String(bytes) } }
}

/** A long body is sent piece by piece, and never copied as a whole. */
function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
	let next = 0
	return new ReadableStream<Uint8Array>({
		pull(controller) {
			const piece = pieces[next++]
			if (piece === undefined) controller.close()
			else if (piece.byteLength > 0) controller.enqueue(piece)
		},
	})
}
