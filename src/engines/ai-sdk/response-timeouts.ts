// Timeouts for provider packages, which have none of their own and may ignore an abort signal.

import { ChatError } from '../../chat/error.ts'
import type { Clock } from '../../system/clock.ts'
import type { RunningCall } from '../running-calls.ts'

/** Timeouts, in milliseconds. */
export interface ResponseTimeouts {
	readonly firstByteMs: number
	readonly betweenChunksMs: number
	readonly totalMs: number
}

/**
 * Waits for the result of `work`.
 *
 * @throws ChatError `upstream-timeout` after `ms`, which also aborts the call; the reason of `running.signal` when it
 * is aborted.
 */
export async function within<Value>(
	work: PromiseLike<Value>,
	ms: number,
	running: RunningCall,
	clock: Clock,
): Promise<Value> {
	const { signal } = running
	const waiting = new AbortController()
	const stop = () => waiting.abort(signal.reason)
	if (signal.aborted) stop()
	else signal.addEventListener('abort', stop, { once: true })
	const timeout = clock.sleep(ms, waiting.signal).then(() => {
		const error = new ChatError('upstream-timeout', 'The upstream took too long to respond.', { sent: 'maybe' })
		running.abort(error)
		throw error
	})
	try {
		return await Promise.race([work, timeout])
	} finally {
		signal.removeEventListener('abort', stop)
		waiting.abort()
	}
}

/** The values of a stream. Each is waited for as long as `timeouts` allows, and all of them until `deadlineMs`. */
export async function* readWithin<Value>(
	stream: ReadableStream<Value>,
	deadlineMs: number,
	timeouts: ResponseTimeouts,
	running: RunningCall,
	clock: Clock,
): AsyncGenerator<Value> {
	const reader = stream.getReader()
	try {
		for (let waitMs = timeouts.firstByteMs; ; waitMs = timeouts.betweenChunksMs) {
			const boundMs = Math.min(waitMs, Math.max(0, deadlineMs - clock.monotonicMs()))
			const { value, done } = await within(reader.read(), boundMs, running, clock)
			if (done) return
			yield value
		}
	} finally {
		// Cancelling a failed stream rejects, which is harmless.
		void reader.cancel().catch(() => undefined)
	}
}
