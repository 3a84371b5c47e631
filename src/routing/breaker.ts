// A circuit breaker: an upstream that failed several times in a row is left alone for a while, then tried by one call. It does not know
// what a failure is.

import type { BreakerOptions } from './options.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** How a call that was let through ended. */
export interface Passage {
	/** The upstream began to answer. A trial need not last until the end of a long answer. */
	begun(): void
	succeeded(): void
	failed(): void
	/** It ended without a verdict on the upstream: the caller hung up, or was at fault. */
	abandoned(): void
}

export class Breaker {
	private readonly options: BreakerOptions
	private readonly nowMs: () => number
	private readonly changed: (state: BreakerState) => void
	private failures = 0
	private openedTimes = 0
	private openUntilMs = 0
	private trying = false
	/** Counts openings: what was begun before the last one has no say any more. */
	private generation = 0

	/** @param changed told of each new state. */
	constructor(options: BreakerOptions, nowMs: () => number, changed: (state: BreakerState) => void = () => undefined) {
		this.options = options
		this.nowMs = nowMs
		this.changed = changed
	}

	get state(): BreakerState {
		if (this.openedTimes === 0) return 'closed'
		return this.nowMs() < this.openUntilMs ? 'open' : 'half-open'
	}

	/** Whether a call may be made now. */
	get admits(): boolean {
		const { state } = this
		return state === 'closed' || (state === 'half-open' && !this.trying)
	}

	/** Milliseconds until a call may be tried again; 0 where one may now. */
	get reopensInMs(): number {
		return this.state === 'open' ? this.openUntilMs - this.nowMs() : 0
	}

	/**
	 * A call begins; its end must be told, once. One that is not admitted any more, since it waited while others failed, has no say:
	 * otherwise each of those who waited would double the time, or one would end it.
	 */
	pass(): Passage {
		const { generation, state } = this
		const trial = state === 'half-open' && !this.trying
		const heard = state === 'closed' || trial
		if (trial) this.trying = true
		let over = false
		const end = (verdict: () => void) => () => {
			if (over) return
			over = true
			if (trial) this.trying = false
			if (heard && generation === this.generation) verdict()
		}
		const succeeded = end(() => this.close())
		return {
			begun: () => {
				if (trial) succeeded()
			},
			succeeded,
			failed: end(() => this.count(trial)),
			abandoned: end(() => undefined),
		}
	}

	private close(): void {
		this.failures = 0
		if (this.openedTimes === 0) return
		this.openedTimes = 0
		this.generation++
		this.changed('closed')
	}

	private count(trial: boolean): void {
		this.failures++
		if (!trial && this.failures < this.options.failures) return
		this.openUntilMs =
			this.nowMs() + Math.min(this.options.maxOpenMs, this.options.openMs * 2 ** Math.min(this.openedTimes, 30))
		this.openedTimes++
		this.generation++
		this.changed('open')
	}
}
