// Queries of usage and of single records, and the sums that answer them. Plain data.

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

/** The scope of entries. */
export interface EntryOwner {
	readonly tenant: string
	readonly owner: string
}

/** Entries of one scope, by settlement time in milliseconds since 1970. */
export interface EntrySelection extends EntryOwner {
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
