// The calls that an engine is working on, so that closing it ends them all and a caller who hangs up ends one. It does not know what
// a call does.

import { ChatError, type Sent } from '../chat/error.ts'

/** `code` of the error of calls that end since their engine is closed. */
export const closingCode = 'server_closing'

export interface RunningCall {
	/** Aborted with the caller's signal, and when the engine closes. Its reason is what was said to `abort`. */
	readonly signal: AbortSignal
	/** Ends this call alone. */
	abort(reason: unknown): void
	/** Forgets the call; a second time does nothing. */
	end(): void
}

export class RunningCalls {
	private readonly running = new Set<AbortController>()
	private closed = false

	/** @throws ChatError `cancelled` where the caller is already gone, `unavailable` where the engine is closed. */
	begin(caller: AbortSignal): RunningCall {
		if (this.closed) throw closing()
		if (caller.aborted) throw cancelled('nothing')
		const controller = new AbortController()
		const hangUp = () => controller.abort(cancelled('maybe'))
		caller.addEventListener('abort', hangUp, { once: true })
		this.running.add(controller)
		return {
			signal: controller.signal,
			abort: (reason) => controller.abort(reason),
			end: () => {
				caller.removeEventListener('abort', hangUp)
				this.running.delete(controller)
			},
		}
	}

	/** Aborts what runs and refuses what comes. */
	close(): void {
		this.closed = true
		for (const controller of this.running) controller.abort(closing())
	}
}

/** The caller hung up. */
export function cancelled(sent: Sent): ChatError {
	return new ChatError('cancelled', 'The request was cancelled.', { sent })
}

/** The engine is being closed, so nothing can be tried again on it. */
export function closing(): ChatError {
	return new ChatError('unavailable', 'The server is closing.', { code: closingCode })
}
