// Where settled accounts are kept and asked for. Every implementation runs ledger-store.contract.ts.

import type { Outcome } from './ledger.ts'

export interface LedgerStore {
	/** All or nothing, each entry once: one whose id is there already is left as it is. */
	insert(entries: readonly LedgerEntry[]): Promise<void>
	/** Sums of days, also of days whose entries have been removed. */
	usage(query: UsageQuery): Promise<readonly UsageSum[]>
	/** Of one scope, newest first unless said. */
	entries(query: EntryQuery): Promise<readonly LedgerEntry[]>
	/** What all entries come to that a query means, whatever its page. */
	sumEntries(query: EntrySelection): Promise<EntrySum>
	/** Takes entries away that were settled before, some at a time; the sums of their days stay. @returns how many, 0 once none is left. */
	expire(beforeMs: number): Promise<number>
	/** When the newest entry was settled, in milliseconds since 1970; undefined if there is none. */
	newestMs(): Promise<number | undefined>
	close(): Promise<void>
}

export interface LedgerEntry {
	readonly id: string
	readonly tenant: string
	readonly owner: string
	readonly key: string
	readonly model: string
	/** Empty where no upstream answered. */
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
	/** Who counted the tokens; `none` where there were none to count. */
	readonly source: 'upstream' | 'counted' | 'none'
	/** Millionths of `currency`. */
	readonly costMicros: number
	/** Empty where the model has no price. */
	readonly currency: string
}

export const usageGroups = ['day', 'key', 'model', 'owner', 'tenant', 'operation'] as const
export type UsageGroup = (typeof usageGroups)[number]

export interface UsageQuery {
	/** Milliseconds since 1970; days in UTC that begin at or after. */
	readonly fromMs: number
	/** Days that begin before. */
	readonly untilMs: number
	readonly groupBy: readonly UsageGroup[]
	readonly tenant?: string
	readonly owner?: string
	readonly keys?: readonly string[]
	readonly models?: readonly string[]
}

export interface UsageSum {
	/** The value of each group asked for; a day as `2026-11-23`. */
	readonly group: Readonly<Partial<Record<UsageGroup, string>>>
	readonly requests: number
	readonly promptTokens: number
	readonly cachedTokens: number
	readonly completionTokens: number
	readonly reasoningTokens: number
	readonly costMicros: number
	/** Sums of different currencies stand apart. */
	readonly currency: string
}

/** Of one scope, by when they were settled, milliseconds since 1970. */
export interface EntrySelection {
	readonly tenant: string
	readonly owner: string
	readonly fromMs: number
	readonly untilMs: number
	readonly operation?: string
}

export interface EntryQuery extends EntrySelection {
	readonly order?: EntryOrder
	/** How many are passed over. */
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
	/** Millionths, of whatever currencies. */
	readonly costMicros: number
}
