// When an answer's output began and ended, and what follows from that and from the price for its stored turn.

import type { Usage } from '../chat/usage.ts'
import type { AnswerMetrics } from '../conversations/conversation.ts'
import { costMicros } from '../ledger/entry.ts'
import type { Price } from '../routing/model.ts'

export class OutputTiming {
	private firstAtMs: number | undefined
	private lastAtMs: number | undefined

	/** Must be called with the time of every piece of output. */
	observe(atMs: number): void {
		this.firstAtMs ??= atMs
		this.lastAtMs = atMs
	}

	/** From the first piece of output to the last, in milliseconds; undefined without output. */
	get outputMs(): number | undefined {
		const { firstAtMs, lastAtMs } = this
		return firstAtMs === undefined || lastAtMs === undefined ? undefined : lastAtMs - firstAtMs
	}

	/** @param receivedAtMs when the request was received; undefined if its answer was not a stream. */
	metrics(usage: Usage, price: Price | undefined, receivedAtMs: number | undefined): AnswerMetrics {
		const { firstAtMs, outputMs } = this
		const cost = price === undefined ? {} : { costMicros: costMicros(price, usage), currency: price.currency }
		if (receivedAtMs === undefined || firstAtMs === undefined || outputMs === undefined) return cost
		const firstTokenMs = Math.max(0, Math.round(firstAtMs - receivedAtMs))
		return { ...cost, firstTokenMs, outputMs: Math.round(outputMs) }
	}
}
