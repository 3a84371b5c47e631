// Reads the events of one answer until its end, however often the connection breaks: the answer continues on the server. It
// knows nothing of conversations.

import { type ResponseEvent, readAnswer, type StartedAnswer } from '../api/responses.ts'
import { ConnectionLost, isAbort, ServerError } from '../api/server.ts'
import type { Answer, AnswerFailure } from './answer.ts'

/** Pauses between the attempts to reconnect, in milliseconds; the last one repeats. */
const pausesMs: readonly number[] = [500, 1000, 2000, 4000, 8000]

/** Ends when the answer has ended, or when the signal aborts. Failures are the answer's state. */
export async function followAnswer(
	answer: Answer,
	source: { readonly id: () => string | undefined; readonly started?: StartedAnswer | undefined },
	signal: AbortSignal,
	observe: (event: ResponseEvent) => void = () => undefined,
): Promise<void> {
	let { started } = source
	for (let attempt = 0; ; attempt++) {
		const before = answer.lastEvent
		try {
			const id = source.id()
			const events = started?.events ?? (id === undefined ? undefined : readAnswer(id, before, signal))
			if (events === undefined) throw new ConnectionLost('The answer has no id.')
			for await (const event of events) {
				if (signal.aborted) return
				answer.apply(event)
				observe(event)
			}
			if (!answer.isRunning) return
			throw new ConnectionLost('The stream ended before the answer did.')
		} catch (failure) {
			if (signal.aborted || isAbort(failure)) return
			if (!(failure instanceof ConnectionLost) || source.id() === undefined) {
				answer.fail(describeFailure(failure))
				return
			}
			started = undefined
			if (answer.lastEvent > before) attempt = 0
			const { state } = answer
			if (state.value.type !== 'detached') state.value = { type: 'detached', sinceMs: Date.now() }
			await waitForConnection(pausesMs[Math.min(attempt, pausesMs.length - 1)] ?? 0, signal)
		}
	}
}

/** Why a request failed, as the page explains it. */
export function describeFailure(failure: unknown): AnswerFailure {
	if (failure instanceof ServerError) {
		const { message, status, code, retryAfterMs, requestId } = failure
		const retryAtMs = retryAfterMs === undefined ? undefined : Date.now() + retryAfterMs
		if (status === 429) return { kind: 'limit', message, requestId, retryAtMs }
		if (code === 'context_length_exceeded') return { kind: 'too-long', message, requestId }
		if (status >= 500) return { kind: 'unavailable', message, requestId }
		return { kind: 'other', message, requestId }
	}
	if (failure instanceof ConnectionLost) return { kind: 'not-reached', message: '' }
	return { kind: 'other', message: failure instanceof Error ? failure.message : String(failure) }
}

/** Waits with some jitter, but only until the browser is online again or the page is visible again. */
function waitForConnection(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer)
			window.removeEventListener('online', done)
			document.removeEventListener('visibilitychange', whenVisible)
			signal.removeEventListener('abort', done)
			resolve()
		}
		const whenVisible = () => {
			if (!document.hidden) done()
		}
		const timer = setTimeout(done, ms * (0.8 + Math.random() * 0.4))
		window.addEventListener('online', done)
		document.addEventListener('visibilitychange', whenVisible)
		signal.addEventListener('abort', done)
	})
}
