// The record of one settled call. Plain data.

import type { Outcome } from './ledger.ts'

export interface LedgerEntry {
	readonly id: string
	readonly tenant: string
	readonly owner: string
	readonly key: string
	readonly model: string
	/** Empty if no upstream responded. */
	readonly upstream: string
	readonly operation: string
	readonly dialect: string
	readonly outcome: Outcome
	readonly openedAtMs: number
	readonly settledAtMs: number
	readonly promptTokens: number
	/** Part of `promptTokens`. */
	readonly cachedTokens: number
	readonly completionTokens: number
	/** Part of `completionTokens`. */
	readonly reasoningTokens: number
	/** Source of the token counts: reported by the upstream, or counted by the gateway; `none` if there is no usage. */
	readonly source: 'upstream' | 'counted' | 'none'
	/** Millionths of `currency`. */
	readonly costMicros: number
	/** Empty if the model has no price. */
	readonly currency: string
}
