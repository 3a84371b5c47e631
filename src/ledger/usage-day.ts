// Ledger entries summed by day, and the sums of days grouped by the dimensions of a query.

import type { LedgerEntry } from './ledger-entry.ts'
import type { UsageGroup, UsageQuery, UsageSum } from './usage-query.ts'

/** Usage of one day (UTC) by one key on one model. */
export interface UsageDay extends UsageCounts {
	/** In the form `2026-11-23`. */
	readonly day: string
	readonly tenant: string
	readonly owner: string
	readonly key: string
	readonly model: string
	readonly operation: string
	readonly currency: string
}

export interface UsageCounts {
	readonly requests: number
	readonly promptTokens: number
	readonly cachedTokens: number
	readonly completionTokens: number
	readonly reasoningTokens: number
	readonly costMicros: number
}

export function dayOf(ms: number): string {
	return new Date(ms).toISOString().slice(0, 10)
}

/**
 * One sum for each day, key, model, operation and currency. Sorted, so that concurrent writers lock rows in the same
 * order.
 */
export function sumByDay(entries: readonly LedgerEntry[]): readonly UsageDay[] {
	const days = entries.map((entry): UsageDay => {
		const { tenant, owner, key, model, operation, currency } = entry
		const { promptTokens, cachedTokens, completionTokens, reasoningTokens, costMicros } = entry
		const counts = { requests: 1, promptTokens, cachedTokens, completionTokens, reasoningTokens, costMicros }
		return { day: dayOf(entry.settledAtMs), tenant, owner, key, model, operation, currency, ...counts }
	})
	const names = ({ day, tenant, owner, key, model, operation, currency }: UsageDay) =>
		[day, tenant, owner, key, model, operation, currency] as const
	const order = (sum: UsageDay) => names(sum).join('\0')
	return merge(days, names).toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
}

/** Sums by the requested groups and by currency, sorted by the groups. */
export function sumByGroup(days: readonly UsageDay[], { groupBy }: UsageQuery): readonly UsageSum[] {
	const names = (day: UsageDay) => [...groupBy.map((group) => day[group]), day.currency]
	const summed = merge(days, names).map((day): UsageSum => {
		const { requests, promptTokens, cachedTokens, completionTokens, reasoningTokens, costMicros, currency } = day
		const group: Partial<Record<UsageGroup, string>> = {}
		for (const name of groupBy) group[name] = day[name]
		return { group, requests, promptTokens, cachedTokens, completionTokens, reasoningTokens, costMicros, currency }
	})
	const order = ({ group, currency }: UsageSum) => [...groupBy.map((name) => group[name]), currency].join('\0')
	return summed.toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
}

function merge(days: readonly UsageDay[], namesOf: (day: UsageDay) => readonly string[]): readonly UsageDay[] {
	const sums = new Map<string, UsageDay>()
	for (const day of days) {
		const name = JSON.stringify(namesOf(day))
		const sum = sums.get(name)
		sums.set(name, sum === undefined ? day : { ...sum, ...add(sum, day) })
	}
	return [...sums.values()]
}

function add(one: UsageCounts, other: UsageCounts): UsageCounts {
	return {
		requests: one.requests + other.requests,
		promptTokens: one.promptTokens + other.promptTokens,
		cachedTokens: one.cachedTokens + other.cachedTokens,
		completionTokens: one.completionTokens + other.completionTokens,
		reasoningTokens: one.reasoningTokens + other.reasoningTokens,
		costMicros: one.costMicros + other.costMicros,
	}
}
