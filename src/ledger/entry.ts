// From what a ticket was opened and settled with to an entry of the accounts, and what it cost.

import type { Usage } from '../chat/usage.ts'
import type { Price } from '../routing/model.ts'
import type { Opening, Outcome } from './ledger.ts'
import type { LedgerEntry } from './ledger-store.ts'

export interface Closing {
	readonly outcome: Outcome
	readonly upstream: string
	readonly usage: Usage | undefined
	readonly settledAtMs: number
}

export function entryOf(opening: Opening, { outcome, upstream, usage, settledAtMs }: Closing): LedgerEntry {
	const { id, tenant, owner, key, model, operation, dialect, price, openedAtMs } = opening
	return {
		id,
		tenant,
		owner,
		key,
		model,
		upstream,
		operation,
		dialect,
		outcome,
		openedAtMs,
		settledAtMs,
		promptTokens: usage?.promptTokens ?? 0,
		cachedTokens: usage?.cachedTokens ?? 0,
		completionTokens: usage?.completionTokens ?? 0,
		reasoningTokens: usage?.reasoningTokens ?? 0,
		source: usage?.source ?? 'none',
		costMicros: price === undefined || usage === undefined ? 0 : costMicros(price, usage),
		currency: price?.currency ?? '',
	}
}

/** Prices are taken to a millionth of a millionth, so that sums stay whole numbers. */
const scale = 1_000_000

/** Millionths of the currency, rounded half up once. */
export function costMicros(price: Price, usage: Usage): number {
	const cached = Math.min(usage.cachedTokens, usage.promptTokens)
	const scaled =
		Math.round(price.input * scale) * (usage.promptTokens - cached) +
		Math.round((price.cachedInput ?? price.input) * scale) * cached +
		Math.round(price.output * scale) * usage.completionTokens
	return Math.floor((scaled + scale / 2) / scale)
}
