// Waiting for a provider package with an end: packages have no time limits of their own, and not all of them heed a signal.

import { ChatError } from '../../chat/error.ts'
import type { Clock } from '../../system/clock.ts'
import type { RunningCall } from '../running-calls.ts'

/** Longest waits, in milliseconds. */
export interface Waits {
	readonly firstByteMs: number
	readonly betweenChunksMs: number
	readonly totalMs: number
}

/**
 * What `work` gives.
 *
 * @throws ChatError `upstream-timeout` after `ms`, which also ends the call; the reason of `running.signal` as soon as that is aborted.
 */
export async function within<Value>(
	work: PromiseLike<Value>,
	ms: number,
	running: RunningCall,
	clock: Clock,
): Promise<Value> {
	const { signal } = running
	const waiting = new AbortController()
	const giveUp = () => waiting.abort(signal.reason)
	if (signal.aborted) giveUp()
	else signal.addEventListener('abort', giveUp, { once: true })
	const late = clock.sleep(ms, waiting.signal).then(() => {
		const error = new ChatError('upstream-timeout', 'The upstream took too long to answer.', { sent: 'maybe' })
		running.abort(error)
		throw error
	})
	try {
		return await Promise.race([work, late])
	} finally {
		signal.removeEventListener('abort', giveUp)
		waiting.abort()
	}
}
