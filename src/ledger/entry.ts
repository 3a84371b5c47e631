// Converts an opened and settled ticket to a ledger entry, and computes its cost.

import type { Usage } from '../chat/usage.ts'
import type { Price } from '../routing/model.ts'
import type { OpenedCall, Outcome } from './ledger.ts'
import type { LedgerEntry } from './ledger-entry.ts'

export interface ClosedCall {
	readonly outcome: Outcome
	readonly upstream: string
	readonly usage: Usage | undefined
	readonly settledAtMs: number
}

export function entryOf(openedCall: OpenedCall, { outcome, upstream, usage, settledAtMs }: ClosedCall): LedgerEntry {
	const { id, tenant, owner, key, model, operation, dialect, price, openedAtMs } = openedCall
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

/** Undefined without a price. */
export function costOf(
	price: Price | undefined,
	usage: Usage,
): { readonly micros: number; readonly currency: string } | undefined {
	return price === undefined ? undefined : { micros: costMicros(price, usage), currency: price.currency }
}

/** Prices are rounded to a millionth of a millionth of the currency per token, so that sums are integers. */
const scale = 1_000_000

/** @returns millionths of the currency; the sum is rounded once, half up. */
export function costMicros(price: Price, usage: Usage): number {
	const cached = Math.min(usage.cachedTokens, usage.promptTokens)
	const scaled =
		Math.round(price.input * scale) * (usage.promptTokens - cached) +
		Math.round((price.cachedInput ?? price.input) * scale) * cached +
		Math.round(price.output * scale) * usage.completionTokens
	return Math.floor((scaled + scale / 2) / scale)
}
