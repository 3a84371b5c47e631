// The calls of an engine that are in flight. Closing the engine aborts all of them; a caller that disconnects aborts
// one.

import { ChatError, type Sent } from '../chat/error.ts'

/** `code` of the error of calls that end because their engine is closed. */
export const closingCode = 'server_closing'

export interface RunningCall {
	/** Aborted with the caller's signal, and when the engine closes. The reason is the one given to `abort`. */
	readonly signal: AbortSignal
	/** Aborts this call only. */
	abort(reason: unknown): void
	/** Removes the call. Idempotent. */
	end(): void
}

export class RunningCalls {
	private readonly running = new Set<AbortController>()
	private closed = false

	/** @throws ChatError `cancelled` if the caller has already disconnected, `unavailable` if the engine is closed. */
	begin(caller: AbortSignal): RunningCall {
		if (this.closed) throw closing()
		if (caller.aborted) throw cancelled('nothing')
		const controller = new AbortController()
		const disconnect = () => controller.abort(cancelled('maybe'))
		caller.addEventListener('abort', disconnect, { once: true })
		this.running.add(controller)
		return {
			signal: controller.signal,
			abort: (reason) => controller.abort(reason),
			end: () => {
				caller.removeEventListener('abort', disconnect)
				this.running.delete(controller)
			},
		}
	}

	/** Aborts the calls in flight and rejects new ones. */
	close(): void {
		this.closed = true
		for (const controller of this.running) controller.abort(closing())
	}
}

/** The caller disconnected. */
export function cancelled(sent: Sent): ChatError {
	return new ChatError('cancelled', 'The request was cancelled.', { sent })
}

/** The engine is being closed: a retry on it is not possible. */
export function closing(): ChatError {
	return new ChatError('unavailable', 'The server is closing.', { code: closingCode })
}
