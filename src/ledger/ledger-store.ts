// Storage and queries of settled ledger entries. Every implementation runs ledger-store.contract.ts.

import type { Outcome } from './ledger.ts'

export interface LedgerStore {
	/** Inserts all entries or none. An entry whose id already exists is ignored. */
	insert(entries: readonly LedgerEntry[]): Promise<void>
	/** Usage summed by day, including days whose entries have been removed. */
	usage(query: UsageQuery): Promise<readonly UsageSum[]>
	/** Entries of one scope; newest first by default. */
	entries(query: EntryQuery): Promise<readonly LedgerEntry[]>
	/** Totals of all entries that match the query, over all pages. */
	sumEntries(query: EntrySelection): Promise<EntrySum>
	/**
	 * Removes a batch of the entries that were settled before `beforeMs`. The sums of their days are retained.
	 *
	 * @returns the number of removed entries; 0 once none is left.
	 */
	expire(beforeMs: number): Promise<number>
	/** Settlement time of the newest entry, in milliseconds since 1970; undefined if there is none. */
	newestMs(): Promise<number | undefined>
	close(): Promise<void>
}

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

export const usageGroups = ['day', 'key', 'model', 'owner', 'tenant', 'operation'] as const
export type UsageGroup = (typeof usageGroups)[number]

export interface UsageQuery {
	/** Milliseconds since 1970: includes days (UTC) that begin at or after this time. */
	readonly fromMs: number
	/** Milliseconds since 1970: includes days that begin before this time. */
	readonly untilMs: number
	readonly groupBy: readonly UsageGroup[]
	readonly tenant?: string
	readonly owner?: string
	readonly keys?: readonly string[]
	readonly models?: readonly string[]
}

export interface UsageSum {
	/** The value of each requested group; days have the form `2026-11-23`. */
	readonly group: Readonly<Partial<Record<UsageGroup, string>>>
	readonly requests: number
	readonly promptTokens: number
	readonly cachedTokens: number
	readonly completionTokens: number
	readonly reasoningTokens: number
	readonly costMicros: number
	/** Amounts in different currencies are not summed. */
	readonly currency: string
}

/** Entries of one scope, by settlement time in milliseconds since 1970. */
export interface EntrySelection {
	readonly tenant: string
	readonly owner: string
	readonly fromMs: number
	readonly untilMs: number
	readonly operation?: string
}

export interface EntryQuery extends EntrySelection {
	readonly order?: EntryOrder
	/** Number of entries to skip. */
	readonly offset?: number
	readonly limit: number
}

export interface EntryOrder {
	readonly by: 'settled' | 'cost' | 'tokens'
	readonly direction: 'asc' | 'desc'
}

export interface EntrySum {
	readonly entries: number
	readonly promptTokens: number
	readonly completionTokens: number
	/** Millionths, summed over all currencies. */
	readonly costMicros: number
}
