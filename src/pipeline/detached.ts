// Answers that continue without their client: resumable streams and background responses. The answer is written to a stored stream, and all
// clients read from there, including the first one.

import { asChatError, ChatError } from '../chat/error.ts'
import { batchesOf } from '../engines/event-batches.ts'
import { scopeOf } from '../keys/scope.ts'
import type { StoredStream } from '../streams/stored-streams.ts'
import type { Admitted } from './admit.ts'
import type { Answer } from './answer.ts'
import { type BegunAnswer, begin, beginOrDropTurn, headersOf, identify, settleFailure } from './begin.ts'
import { WrittenChunks } from './delivery.ts'
import { WatchedChunks } from './local-operations.ts'
import type { Parts } from './parts.ts'
import type { StreamedCall } from './plan.ts'

const header = 'x-dragoman-resumable'

export function isDetached({ call, received, key }: Admitted<StreamedCall>, { streams }: Parts): boolean {
	if (call.type !== 'chat') return false
	const requested = received.headers.get(header)
	const resumable =
		call.stream && (requested === null ? key?.settings.resumable === true : /^(1|true)$/i.test(requested.trim()))
	if (!resumable && call.background !== true) return false
	if (streams === undefined || key === undefined)
		throw new ChatError('unsupported', 'Streams are not stored on this server.', { param: header })
	return true
}

/** @throws ChatError if no upstream began to answer; a background response reports that in its stream and its turn. */
export async function answerDetached(admitted: Admitted<StreamedCall>, parts: Parts): Promise<Answer> {
	const { call, turn } = admitted
	const identity = identify(admitted, parts)
	const writer = () => call.writer.stream(identity)
	const scope = scopeOfCaller(admitted)
	const interruption = writer().write({ type: 'error', error: interrupted() })
	const stored = storedStreams(parts).open({ scope, id: admitted.token, interruption })
	const background = call.type === 'chat' && call.background === true
	let over: Promise<void>
	let dropped: readonly string[] = []
	try {
		if (background) {
			await turn?.begin()
			over = answerInBackground(admitted, stored, parts)
		} else {
			const begun = await beginOrDropTurn(admitted, stored.signal, parts)
			dropped = begun.dropped
			over = pump(begun, admitted, stored, parts)
		}
		parts.backgroundTasks.add(over, 'an answer without a client')
	} catch (thrown) {
		stored.end()
		await storedStreams(parts).remove(scope, admitted.token)
		throw thrown
	}
	const headers = { ...headersOf(admitted, dropped), 'x-dragoman-stream': admitted.token }
	if (!call.stream) return { type: 'json', headers, body: call.writer.accepted?.(identity) }
	const pieces = await storedStreams(parts).read(scope, admitted.token, 0)
	if (pieces === undefined) throw new ChatError('unavailable', 'The stream was removed before its first event.')
	// The request ends when its answer ends, whether or not its client is still connected.
	const end = (ended: (left: boolean) => void) => (left: boolean) =>
		void over.finally(() => ended(left)).catch(() => undefined)
	return { type: 'stream', headers, open: (ended) => new WatchedChunks(pieces, end(ended)) }
}

async function answerInBackground(admitted: Admitted<StreamedCall>, stored: StoredStream, parts: Parts): Promise<void> {
	const { call, turn, observer } = admitted
	try {
		await pump(await begin(admitted, stored.signal, parts), admitted, stored, parts)
	} catch (thrown) {
		const error = stored.signal.aborted ? asChatError(stored.signal.reason) : asChatError(thrown)
		observer.observe({ type: 'failed', error })
		const state = error.kind === 'cancelled' ? 'cancelled' : 'failed'
		settleFailure(admitted, error, parts)
		await turn?.end(state, [], parts.clock.now(), undefined, error)
		stored.end(call.writer.stream(identify(admitted, parts)).write({ type: 'error', error }))
	}
}

/** Copies the upstream's answer to the stored stream until it ends or is cancelled. */
async function pump(
	{ events, answer }: BegunAnswer,
	admitted: Admitted<StreamedCall>,
	stored: StoredStream,
	parts: Parts,
): Promise<void> {
	const pieces = new WrittenChunks({
		arrivals: batchesOf(events),
		writer: admitted.call.writer.stream(identify(admitted, parts)),
		answer,
		backgroundTasks: parts.backgroundTasks,
		ended: () => undefined,
	})
	const given = Promise.withResolvers<ChatError>()
	const giveUp = () => given.resolve(asChatError(stored.signal.reason))
	stored.signal.addEventListener('abort', giveUp, { once: true })
	if (stored.signal.aborted) giveUp()
	const failure = await Promise.race([given.promise, copy(pieces, stored)])
	const lastEvent = failure === undefined ? '' : pieces.giveUp(failure)
	try {
		// On disk before any client sees the end.
		await answer.end(failure)
	} finally {
		stored.end(lastEvent)
	}
}

/** @returns the error that ended the copy, or undefined if it is complete. */
async function copy(pieces: WrittenChunks, stored: StoredStream): Promise<ChatError | undefined> {
	try {
		for (let text = await pieces.next(); text !== undefined; text = await pieces.next()) stored.append(text)
		return undefined
	} catch (thrown) {
		return asChatError(thrown)
	}
}

function scopeOfCaller({ key }: Admitted) {
	if (key === undefined) throw new ChatError('unsupported', 'Streams are not stored on this server.')
	return scopeOf(key)
}

function storedStreams({ streams }: Parts) {
	if (streams === undefined) throw new ChatError('unsupported', 'Streams are not stored on this server.')
	return streams
}

function interrupted(): ChatError {
	return new ChatError('unavailable', 'The server stopped before the answer was complete.', { sent: 'yes' })
}
