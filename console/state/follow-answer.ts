// Reads the events of one answer until its end, however often the connection breaks: the answer continues on the server. It
// knows nothing of conversations.

import { type ResponseEvent, readAnswer, type StartedAnswer } from '../api/responses.ts'
import { ConnectionLost, isAbort, isKeyRefused, ServerError } from '../api/server.ts'
import type { Answer } from './answer.ts'
import type { AnswerFailure } from './answer-state.ts'
import { onWake, waitForConnection } from './connection.ts'

/** Silence after which a connection is taken for dead when the network changes, in milliseconds. */
const silenceMs = 1000

export interface AnswerSource {
	readonly id: string
	/** The stream of the request that asked the question, if this page still has it. */
	readonly started?: StartedAnswer | undefined
	/** Called for each event after it was applied. */
	readonly observe?: (event: ResponseEvent) => void
	/** Reads the stored answer instead: the server has no events of it any more. */
	readonly reread: () => Promise<void>
}

/**
 * Ends when the answer has ended, or when the signal aborts. Failures are the answer's state.
 *
 * @throws ServerError if the server does not accept the key any more
 */
export async function followAnswer(answer: Answer, source: AnswerSource, signal: AbortSignal): Promise<void> {
	let { started } = source
	for (let attempt = 0; ; attempt++) {
		const before = answer.lastEvent
		const reading = new AbortController()
		try {
			await readEvents(answer, source, started, AbortSignal.any([signal, reading.signal]), reading)
			if (!answer.isRunning || signal.aborted) return
			throw new ConnectionLost('The stream ended before the answer did.')
		} catch (failure) {
			if (signal.aborted || !answer.isRunning) return
			if (failure instanceof ServerError && failure.status === 404) return await rereadOrFail(answer, source)
			if (isKeyRefused(failure)) {
				answer.detach()
				throw failure
			}
			if (!isLoss(failure)) {
				answer.fail(describeFailure(failure))
				return
			}
			started = undefined
			if (answer.lastEvent > before) attempt = 0
			answer.detach()
			await waitForConnection(attempt, signal)
		} finally {
			reading.abort()
		}
	}
}

async function readEvents(
	answer: Answer,
	source: AnswerSource,
	started: StartedAnswer | undefined,
	signal: AbortSignal,
	reading: AbortController,
): Promise<void> {
	let lastByteMs = Date.now()
	onWake(() => {
		if (Date.now() - lastByteMs > silenceMs) reading.abort()
	}, reading.signal)
	const events = started?.events ?? (await readAnswer(source.id, answer.lastEvent, signal))
	if (started === undefined) answer.catchUp()
	// The stream of the question's request knows nothing of this attempt's signal.
	const aborted = new Promise<never>((_, reject) => {
		signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true })
	})
	aborted.catch(() => undefined)
	try {
		signal.throwIfAborted()
		for (;;) {
			const { done, value } = await Promise.race([events.next(), aborted])
			if (done === true) return
			lastByteMs = Date.now()
			answer.apply(value)
			source.observe?.(value)
		}
	} finally {
		void events.return().catch(() => undefined)
	}
}

async function rereadOrFail(answer: Answer, { reread }: AnswerSource): Promise<void> {
	try {
		await reread()
	} catch (failure) {
		if (answer.isRunning) answer.fail(describeFailure(failure))
	}
}

/** Whether another attempt may succeed: no connection, or a server that accepts no more requests for a moment. */
export const isLoss = (failure: unknown): boolean =>
	failure instanceof ConnectionLost ||
	isAbort(failure) ||
	(failure instanceof ServerError && (failure.status === 429 || failure.status >= 500))

/** Why a request failed, as the page explains it. */
export function describeFailure(failure: unknown): AnswerFailure {
	if (failure instanceof ServerError) {
		const { message, status, code, requestId } = failure
		if (status === 429) return { kind: 'limit', message, requestId }
		if (code === 'context_length_exceeded') return { kind: 'too-long', message, requestId }
		if (code === 'model_not_found') return { kind: 'no-model', message, requestId }
		if (status >= 500) return { kind: 'unavailable', message, requestId }
		return { kind: 'other', message, requestId }
	}
	if (failure instanceof ConnectionLost) return { kind: 'not-reached', message: '' }
	return { kind: 'other', message: failure instanceof Error ? failure.message : String(failure) }
}
