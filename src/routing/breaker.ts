// A circuit breaker: after several consecutive failures an upstream receives no calls for a while, then a single trial call. The callers
// decide what counts as a failure.

import type { BreakerOptions } from './options.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** Reports the outcome of an admitted call. */
export interface BreakerPermit {
	/** The upstream started to respond. A trial succeeds here, so that it need not wait for the end of a long response. */
	started(): void
	succeeded(): void
	failed(): void
	/** The outcome is ignored: the caller disconnected, or its request was at fault. */
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
	/** Incremented each time the breaker opens or closes. Results from earlier generations are ignored. */
	private generation = 0

	/** @param changed called with each new state. */
	constructor(options: BreakerOptions, nowMs: () => number, changed: (state: BreakerState) => void = () => undefined) {
		this.options = options
		this.nowMs = nowMs
		this.changed = changed
	}

	get state(): BreakerState {
		if (this.openedTimes === 0) return 'closed'
		return this.nowMs() < this.openUntilMs ? 'open' : 'half-open'
	}

	/** Whether a call is admitted now. */
	get admits(): boolean {
		const { state } = this
		return state === 'closed' || (state === 'half-open' && !this.trying)
	}

	/** Milliseconds until a trial call is admitted; 0 if the breaker is not open. */
	get reopensInMs(): number {
		return this.state === 'open' ? this.openUntilMs - this.nowMs() : 0
	}

	/**
	 * Starts a call, whose outcome must be reported once. The outcome of a call that is no longer admitted, because the breaker opened while
	 * the call was queued, is ignored: otherwise each queued call would double the open time, or a single one would close the breaker.
	 */
	pass(): BreakerPermit {
		const { generation, state } = this
		const trial = state === 'half-open' && !this.trying
		const counts = state === 'closed' || trial
		if (trial) this.trying = true
		let over = false
		const end = (outcome: 'succeeded' | 'failed' | 'abandoned') => {
			if (over) return
			over = true
			if (trial) this.trying = false
			if (!counts || generation !== this.generation) return
			if (outcome === 'succeeded') this.close()
			else if (outcome === 'failed') this.count(trial)
		}
		return {
			started: () => {
				if (trial) end('succeeded')
			},
			succeeded: () => end('succeeded'),
			failed: () => end('failed'),
			abandoned: () => end('abandoned'),
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
