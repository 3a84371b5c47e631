// Answers that continue without their client: resumable streams and background responses. The answer is written to a
// stored stream, and all clients read from there, including the first one.

import { asChatError, ChatError } from '../chat/error.ts'
import { batchesOf, type EventBatches } from '../engines/answer.ts'
import { scopeOf, sharePathOf } from '../keys/scope.ts'
import type { StoredStream } from '../streams/stored-streams.ts'
import type { Permit } from '../system/fair-permits.ts'
import type { Admitted } from './admit.ts'
import { type Answer, headersOf, responseContextOf } from './answer.ts'
import type { AnswerRecorder } from './answer-recorder.ts'
import { beginAnswer } from './answer-start.ts'
import { WrittenChunks } from './delivery.ts'
import type { StreamedCall } from './plan.ts'
import { withQueueNotes } from './queue-notes.ts'
import type { Serving } from './serving.ts'
import { startStream } from './stream-start.ts'
import { WatchedChunks } from './watched-chunks.ts'

const header = 'x-dragoman-resumable'

export function isDetached({ call, received, key }: Admitted<StreamedCall>, { storage }: Serving): boolean {
	if (call.type !== 'chat') return false
	const requested = received.headers.get(header)
	const resumable =
		call.stream && (requested === null ? key?.settings.resumable === true : /^(1|true)$/i.test(requested.trim()))
	if (!resumable && call.background !== true) return false
	if (storage === undefined || key === undefined)
		throw new ChatError('unsupported', 'Streams are not stored on this server.', { param: header })
	return true
}

/** @throws ChatError if no upstream began to answer; a background response reports that in its stream and its turn. */
export async function answerDetached(
	admitted: Admitted<StreamedCall>,
	recorder: AnswerRecorder,
	serving: Serving,
): Promise<Answer> {
	const { call, turn } = admitted
	const context = responseContextOf(admitted, serving, () => recorder.dropped)
	const scope = scopeOfCaller(admitted)
	const background = call.type === 'chat' && call.background === true
	if (background) serving.backgroundCalls?.check(sharePathOf(scope))
	const interruption = call.writer.stream(context).write({ type: 'error', error: interrupted() })
	const stored = storedStreams(serving).open({ scope, id: admitted.token, interruption })
	let over: Promise<void>
	let dropped: readonly string[] = []
	let isEarly = false
	try {
		if (background) {
			await turn?.begin()
			recorder.stream()
			over = answerInBackground({ admitted, stored, recorder, serving })
		} else {
			const start = await startStream(admitted, stored.signal, recorder, serving)
			dropped = start.dropped()
			isEarly = start.isEarly
			recorder.stream()
			over = pump(start.batches, { admitted, stored, recorder, serving })
		}
		serving.backgroundTasks.add(over, 'an answer without a client')
	} catch (thrown) {
		stored.end()
		await storedStreams(serving).remove(scope, admitted.token)
		throw thrown
	}
	const headers = { ...headersOf(admitted, dropped), 'x-dragoman-stream': admitted.token }
	if (!call.stream) return { type: 'json', headers, body: call.writer.accepted?.(context) }
	const chunks = await storedStreams(serving).read(scope, admitted.token, 0)
	if (chunks === undefined) throw new ChatError('unavailable', 'The stream was removed before its first event.')
	// The request ends when its answer ends, whether or not its client is still connected.
	const end = (ended: (disconnected: boolean) => void) => (disconnected: boolean) =>
		void over.finally(() => ended(disconnected)).catch(() => undefined)
	const noted = () => withQueueNotes(chunks, admitted.token, admitted.target, serving)
	return { type: 'stream', headers, isEarly, open: (ended) => new WatchedChunks(noted(), end(ended)) }
}

/** An answer that continues without its client. */
interface DetachedAnswer {
	readonly admitted: Admitted<StreamedCall>
	readonly stored: StoredStream
	readonly recorder: AnswerRecorder
	readonly serving: Serving
}

async function answerInBackground(detached: DetachedAnswer): Promise<void> {
	const { admitted, stored, recorder, serving } = detached
	const { call, observer, token } = admitted
	let permit: Permit | undefined
	try {
		permit = await serving.backgroundCalls?.begin(
			token,
			sharePathOf(scopeOfCaller(admitted)),
			stored.signal,
			(position) => serving.waitingCalls.begin(token, position),
		)
		const { answer } = await beginAnswer(admitted, stored.signal, recorder, serving)
		await pump(batchesOf(answer), detached)
	} catch (thrown) {
		const error = stored.signal.aborted ? asChatError(stored.signal.reason) : asChatError(thrown)
		observer.observe({ type: 'failed', error })
		try {
			await recorder.settle(error)
		} finally {
			const context = responseContextOf(admitted, serving, () => recorder.dropped)
			stored.end(call.writer.stream(context).write({ type: 'error', error }))
		}
	} finally {
		permit?.release()
	}
}

/** Copies the upstream's answer to the stored stream until it ends or is cancelled. */
async function pump(batches: EventBatches, { admitted, stored, recorder, serving }: DetachedAnswer): Promise<void> {
	const chunks = new WrittenChunks({
		batches,
		writer: admitted.call.writer.stream(responseContextOf(admitted, serving, () => recorder.dropped)),
		recorder,
		backgroundTasks: serving.backgroundTasks,
		ended: () => undefined,
	})
	const cancelled = Promise.withResolvers<ChatError>()
	const giveUp = () => cancelled.resolve(asChatError(stored.signal.reason))
	stored.signal.addEventListener('abort', giveUp, { once: true })
	if (stored.signal.aborted) giveUp()
	const failure = await Promise.race([cancelled.promise, copy(chunks, stored)])
	const lastEvent = failure === undefined ? '' : chunks.giveUp(failure)
	try {
		// On disk before any client sees the end.
		await recorder.settle(failure)
	} finally {
		stored.end(lastEvent)
	}
}

/** @returns the error that ended the copy, or undefined if it is complete. */
async function copy(chunks: WrittenChunks, stored: StoredStream): Promise<ChatError | undefined> {
	try {
		for (let text = await chunks.next(); text !== undefined; text = await chunks.next()) stored.append(text)
		return undefined
	} catch (thrown) {
		return asChatError(thrown)
	}
}

function scopeOfCaller({ key }: Admitted) {
	if (key === undefined) throw new ChatError('unsupported', 'Streams are not stored on this server.')
	return scopeOf(key)
}

function storedStreams({ storage }: Serving) {
	if (storage === undefined) throw new ChatError('unsupported', 'Streams are not stored on this server.')
	return storage.streams
}

function interrupted(): ChatError {
	return new ChatError('unavailable', 'The server stopped before the answer was complete.', { sent: 'yes' })
}
