// The usage ledger: usage and cost of every call. A call opens a ticket before the first byte of its response is sent,
// reports its progress, and settles the ticket once. The ledger's interface does not define how tickets are stored.

import type { Usage } from '../chat/usage.ts'
import type { Price } from '../routing/model.ts'

export interface Ledger {
	/**
	 * Records the start of a call.
	 *
	 * @param unary the response is sent after the ticket is settled, so no caller waits for its opening line.
	 * @throws ChatError `unavailable` if too many usage records wait for the database, or if the journal could not be
	 * written when it was last tried.
	 */
	open(openedCall: OpenedCall, unary?: boolean): Ticket
	/** Name of this process's journal. */
	readonly process: string
	/** Does not settle open tickets: the process that recovers this journal settles them. */
	close(): Promise<void>
}

export interface OpenedCall {
	/** The request's id; unique. */
	readonly id: string
	readonly tenant: string
	readonly owner: string
	readonly key: string
	readonly model: string
	readonly operation: BilledOperation
	readonly dialect: string
	/** If absent, the cost is 0. */
	readonly price?: Price
	/** Milliseconds since 1970. */
	readonly openedAtMs: number
	/** Estimate of the prompt's tokens, which are billed if the call is interrupted after an upstream received it. */
	readonly promptTokens?: number | undefined
	/**
	 * Number of output tokens reserved for the call; absent if no limit counts them. If the call is interrupted, it is
	 * billed for at most this number.
	 */
	readonly reservedTokens?: number | undefined
}

export const billedOperations = ['chat', 'complete', 'embed', 'rerank', 'transcribe'] as const
export type BilledOperation = (typeof billedOperations)[number]

export interface Ticket {
	/**
	 * Resolves once the opening line is on disk; immediately if durability is relaxed. The first byte to the client waits
	 * for it.
	 */
	readonly opened: Promise<void>
	/**
	 * Resolves once the journal is known to be writable; the upstream is called only then. Undefined if that is known:
	 * lines were written within the last second, or durability is relaxed.
	 *
	 * @throws ChatError `unavailable` if it cannot be written.
	 */
	readonly writable?: Promise<void> | undefined
	/**
	 * Records the current usage, which is used if the ticket is never settled. Cheap: written in a batch, at most 100 ms
	 * later.
	 */
	progress(count: Progress): void
	/**
	 * Replaces `reservedTokens`. Output beyond the previous reservation may be sent once this resolves: when the line is
	 * on disk; immediately if durability is relaxed or the call is unary. Does nothing once the ticket is settled.
	 *
	 * @param reservedTokens undefined if no limit counts output tokens.
	 * @throws ChatError `unavailable` if the line cannot be written.
	 */
	extend(reservedTokens: number | undefined): Promise<void>
	/**
	 * Closes the ticket. Idempotent. Resolves once the settlement is on disk; immediately if durability is relaxed.
	 *
	 * @throws ChatError `unavailable` if the opening or, for a unary call, the settlement cannot be written. The caller
	 * receives no answer, so the call is recorded as failed, without usage.
	 */
	settle(settlement: Settlement): Promise<void>
}

export interface Progress {
	/** Estimated number of tokens. */
	readonly completionTokens: number
	readonly upstream: string
}

/** `interrupted`: the process exited before the ticket was settled, and recovery settled it. */
export const outcomes = ['completed', 'failed', 'cancelled', 'interrupted'] as const
export type Outcome = (typeof outcomes)[number]

export interface Settlement {
	readonly outcome: Exclude<Outcome, 'interrupted'>
	/** Absent if no upstream responded. */
	readonly upstream?: string
	readonly usage?: Usage
	readonly settledAtMs: number
}
