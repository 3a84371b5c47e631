// The interface to the limits of calls: a call reserves before its upstream receives it, extends its reservation while
// it streams, and settles it at its end. It does not know which limits exist, or where their counters are.

import type { Usage } from '../chat/usage.ts'
import type { LimitState } from './limit-state.ts'

export interface Limiter {
	/**
	 * Reserves units of every limit that covers the call, or of none.
	 *
	 * @throws ChatError `rate-limited` if a limit does not allow the call.
	 */
	reserve(call: LimitedCall): Promise<Reservation>
}

export interface LimitedCall {
	/** The call's id; unique. */
	readonly id: string
	readonly tenant: string
	readonly owner: string
	/** Id of the caller's key. */
	readonly key: string
	/** Public name of the model. */
	readonly model: string
	readonly operation: string
	/** Maximum number of output tokens of one choice, if the request has one. */
	readonly maxTokens: number | undefined
	readonly choices: number
}

/** The units of a call in flight. */
export interface Reservation {
	/** Number of output tokens that may be produced. Infinite if no limit counts them. */
	readonly outputTokens: number
	/** The limits that cover the call, for the headers of its response. */
	readonly limits: readonly LimitState[]
	/**
	 * Extends the reservation to at least this number of output tokens.
	 *
	 * @throws ChatError `rate-limited` if a limit does not allow it. The answer then ends with this error.
	 */
	extend(outputTokens: number): Promise<void>
	/** Charges the usage, none if no upstream answered, and returns the rest. Idempotent. */
	settle(usage: Usage | undefined): void
}
