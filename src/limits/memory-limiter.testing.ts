// A limiter in memory with one limit of tokens for all callers. Reservations start with one step, or with the call's
// own maximum if that is less, and are extended in steps.

import { ChatError } from '../chat/error.ts'
import type { Usage } from '../chat/usage.ts'
import type { LimitedCall, Limiter, Reservation } from './limiter.ts'

export interface MemoryLimit {
	/** Output tokens. */
	readonly amount: number
	readonly step: number
}

export class MemoryLimiter implements Limiter {
	/** Tokens that settled calls used. */
	used = 0
	/** Tokens that calls in flight may use. */
	reserved = 0
	/** All calls, including refused ones. */
	readonly calls: LimitedCall[] = []
	/** The numbers of tokens that reservations were extended to. */
	readonly extensions: number[] = []
	private readonly limit: MemoryLimit

	constructor(limit: MemoryLimit) {
		this.limit = limit
	}

	async reserve(call: LimitedCall): Promise<Reservation> {
		this.calls.push(call)
		const { step } = this.limit
		const first = Math.min(step, call.maxTokens === undefined ? step : call.maxTokens * call.choices)
		this.take(first)
		return this.open(first)
	}

	private open(first: number): Reservation {
		let outputTokens = first
		let isSettled = false
		return {
			get outputTokens() {
				return outputTokens
			},
			limits: [{ measure: 'output_tokens', limit: this.limit.amount, remaining: this.remaining, resetAtMs: 0 }],
			extend: async (tokens) => {
				const more = Math.max(this.limit.step, tokens - outputTokens)
				this.take(more)
				outputTokens += more
				this.extensions.push(outputTokens)
			},
			settle: (usage: Usage | undefined) => {
				if (isSettled) return
				isSettled = true
				this.reserved -= outputTokens
				this.used += usage?.completionTokens ?? 0
			},
		}
	}

	private get remaining(): number {
		return this.limit.amount - this.used - this.reserved
	}

	private take(tokens: number): void {
		if (tokens > this.remaining) throw new ChatError('rate-limited', 'The limit of 1 day is reached: tokens.')
		this.reserved += tokens
	}
}
