// Answers that go on without their client: streams that can be picked up again, and turns in the background. What is written goes to a
// kept stream, and clients read from there, the first one too.

import { asChatError, ChatError } from '../chat/error.ts'
import { arrivalsOf } from '../engines/arrivals.ts'
import { scopeOf } from '../keys/scope.ts'
import type { KeptStream } from '../streams/kept-streams.ts'
import type { Admitted } from './admit.ts'
import type { Answer } from './answer.ts'
import { type BegunAnswer, begin, beginOrUndo, headersOf, identify, settleFailure } from './begin.ts'
import { WrittenPieces } from './delivery.ts'
import { WatchedPieces } from './look-up.ts'
import type { Parts } from './parts.ts'
import type { StreamedCall } from './plan.ts'

const header = 'x-dragoman-resumable'

export function isDetached({ call, received, key }: Admitted<StreamedCall>, { streams }: Parts): boolean {
	if (call.type !== 'chat') return false
	const asked = received.headers.get(header)
	const resumable =
		call.stream && (asked === null ? key?.settings.resumable === true : /^(1|true)$/i.test(asked.trim()))
	if (!resumable && call.background !== true) return false
	if (streams === undefined || key === undefined)
		throw new ChatError('unsupported', 'This server keeps no streams.', { param: header })
	return true
}

/** @throws ChatError why no upstream could begin to answer; in the background that is told by the stream and the turn. */
export async function answerDetached(admitted: Admitted<StreamedCall>, parts: Parts): Promise<Answer> {
	const { call, turn } = admitted
	const identity = identify(admitted, parts)
	const writer = () => call.writer.stream(identity)
	const scope = scopeOfCaller(admitted)
	const interruption = writer().write({ type: 'error', error: interrupted() })
	const kept = keeping(parts).open({ scope, id: admitted.token, interruption })
	const background = call.type === 'chat' && call.background === true
	let over: Promise<void>
	let dropped: readonly string[] = []
	try {
		if (background) {
			await turn?.begin()
			over = answerInBackground(admitted, kept, parts)
		} else {
			const begun = await beginOrUndo(admitted, kept.signal, parts)
			dropped = begun.dropped
			over = pump(begun, admitted, kept, parts)
		}
		parts.outstanding.add(over, 'an answer that goes on without its client')
	} catch (thrown) {
		kept.end()
		await keeping(parts).remove(scope, admitted.token)
		throw thrown
	}
	const headers = { ...headersOf(admitted, dropped), 'x-dragoman-stream': admitted.token }
	if (!call.stream) return { type: 'json', headers, body: call.writer.accepted?.(identity) }
	const pieces = await keeping(parts).read(scope, admitted.token, 0)
	if (pieces === undefined) throw new ChatError('unavailable', 'The stream was removed while it began.')
	// The request is over when its answer is, whether its client saw that or not.
	const end = (ended: (left: boolean) => void) => (left: boolean) =>
		void over.finally(() => ended(left)).catch(() => undefined)
	return { type: 'stream', headers, open: (ended) => new WatchedPieces(pieces, end(ended)) }
}

async function answerInBackground(admitted: Admitted<StreamedCall>, kept: KeptStream, parts: Parts): Promise<void> {
	const { call, turn, record } = admitted
	try {
		await pump(await begin(admitted, kept.signal, parts), admitted, kept, parts)
	} catch (thrown) {
		const error = kept.signal.aborted ? asChatError(kept.signal.reason) : asChatError(thrown)
		record.error = error
		const state = error.kind === 'cancelled' ? 'cancelled' : 'failed'
		settleFailure(admitted, error, parts)
		await turn?.end(state, [], parts.clock.now(), undefined, error)
		kept.end(call.writer.stream(identify(admitted, parts)).write({ type: 'error', error }))
	}
}

/** From the upstream to the kept stream, until the end or until nobody wants more. */
async function pump(
	{ events, answer }: BegunAnswer,
	admitted: Admitted<StreamedCall>,
	kept: KeptStream,
	parts: Parts,
): Promise<void> {
	const pieces = new WrittenPieces({
		arrivals: arrivalsOf(events),
		writer: admitted.call.writer.stream(identify(admitted, parts)),
		answer,
		outstanding: parts.outstanding,
		ended: () => undefined,
	})
	const given = Promise.withResolvers<ChatError>()
	const giveUp = () => given.resolve(asChatError(kept.signal.reason))
	kept.signal.addEventListener('abort', giveUp, { once: true })
	if (kept.signal.aborted) giveUp()
	const failure = await Promise.race([given.promise, copy(pieces, kept)])
	const lastWords = failure === undefined ? '' : pieces.giveUp(failure)
	try {
		// On disk before anyone is told that it has ended.
		await answer.end(failure)
	} finally {
		kept.end(lastWords)
	}
}

/** @returns why it could not be kept to its end. */
async function copy(pieces: WrittenPieces, kept: KeptStream): Promise<ChatError | undefined> {
	try {
		for (let text = await pieces.next(); text !== undefined; text = await pieces.next()) kept.append(text)
		return undefined
	} catch (thrown) {
		return asChatError(thrown)
	}
}

function scopeOfCaller({ key }: Admitted) {
	if (key === undefined) throw new ChatError('unsupported', 'This server keeps no streams.')
	return scopeOf(key)
}

function keeping({ streams }: Parts) {
	if (streams === undefined) throw new ChatError('unsupported', 'This server keeps no streams.')
	return streams
}

function interrupted(): ChatError {
	return new ChatError('unavailable', 'The server went down while it answered.', { sent: 'yes' })
}
