// The accounts: what was used, by whom, at what cost. A call opens a ticket before its first byte leaves, tells how far it is, and
// settles it once. It does not know where tickets are written down.

import type { Usage } from '../chat/usage.ts'
import type { Price } from '../routing/model.ts'

export interface Ledger {
	/**
	 * Writes down that a call began.
	 *
	 * @param whole nothing of the answer leaves before the ticket is settled: nobody waits for the opening by itself.
	 * @throws ChatError `unavailable` where so many accounts wait for their database that no more can be kept.
	 */
	open(opening: Opening, whole?: boolean): Ticket
	/** Names this process's journal. */
	readonly process: string
	/** Settles nothing: tickets that are open are settled by whoever recovers this process's journal. */
	close(): Promise<void>
}

export interface Opening {
	/** The request's id; unique. */
	readonly id: string
	readonly tenant: string
	readonly owner: string
	readonly key: string
	readonly model: string
	readonly operation: BilledOperation
	readonly dialect: string
	/** Where absent the call costs nothing. */
	readonly price?: Price
	/** Milliseconds since 1970. */
	readonly openedAtMs: number
}

export const billedOperations = ['chat', 'complete', 'embed', 'rerank', 'transcribe'] as const
export type BilledOperation = (typeof billedOperations)[number]

export interface Ticket {
	/** Resolves once the opening is on disk; at once where durability is relaxed. The first byte to the client waits for it. */
	readonly opened: Promise<void>
	/** What was produced until now, where nobody settles. Cheap: written down with others, at most 100 ms later. */
	progress(count: Progress): void
	/** Closes the ticket; a second call does nothing. Resolves once it is on disk; at once where durability is relaxed. */
	settle(settlement: Settlement): Promise<void>
}

export interface Progress {
	/** Tokens, as far as is known before they are counted. */
	readonly completionTokens: number
	readonly upstream: string
}

/** `interrupted`: settled by recovery, after the process died. */
export const outcomes = ['completed', 'failed', 'cancelled', 'interrupted'] as const
export type Outcome = (typeof outcomes)[number]

export interface Settlement {
	readonly outcome: Exclude<Outcome, 'interrupted'>
	/** Absent where no upstream answered. */
	readonly upstream?: string
	readonly usage?: Usage
	readonly settledAtMs: number
}
