// The circuit breaker of one upstream, which one caller cannot open for the others. Failures that only one caller sees open a breaker of
// that caller alone. Failures that several callers see, and failures to connect, which no request can cause, open it for all.

import { Breaker, type BreakerPermit, type BreakerState } from './breaker.ts'
import type { BreakerOptions } from './options.ts'

/** What a failure proves. */
export type FailureCause =
	/** The upstream cannot be reached: no request is at fault. */
	| 'connection'
	/** The upstream failed, which the request may have caused. */
	| 'answer'

/** Reports the outcome of an admitted call. */
export interface CallPermit extends Omit<BreakerPermit, 'failed'> {
	failed(cause: FailureCause): void
}

/** Callers with failures that are remembered; the breaker of the one that failed least recently is forgotten first. */
const maxCallers = 1000
/** How long after a success its caller counts as served, in milliseconds. */
const recentMs = 60_000
const states = ['closed', 'half-open', 'open'] as const satisfies readonly BreakerState[]

interface Success {
	readonly caller: string
	readonly atMs: number
}

export class FairBreaker {
	private readonly options: BreakerOptions
	private readonly nowMs: () => number
	private readonly changed: (state: BreakerState) => void
	private readonly common: Breaker
	/** Of callers whose last call failed. */
	private readonly callers = new Map<string, Breaker>()
	/** Consecutive failures of each caller since the last success of any. */
	private readonly failures = new Map<string, number>()
	private connectionFailures = 0
	/** The last success of each of the two callers that succeeded last. */
	private successes: readonly Success[] = []
	private reported: BreakerState = 'closed'

	/** @param changed called when it opens for the first caller, and when it is closed for all. */
	constructor(options: BreakerOptions, nowMs: () => number, changed: (state: BreakerState) => void = () => undefined) {
		this.options = options
		this.nowMs = nowMs
		this.changed = changed
		this.common = new Breaker({ ...options, failures: 1 }, nowMs, () => this.report())
	}

	/** The state for the caller for whom it is worst. */
	get state(): BreakerState {
		return worst([this.common.state, ...[...this.callers.values()].map(({ state }) => state)])
	}

	/** Whether no caller is known that the upstream answers: it is open for all, or for each of those that called lately. */
	get isOpenForAll(): boolean {
		if (this.common.state === 'open') return true
		const sinceMs = this.nowMs() - recentMs
		const isServed = this.successes.some(({ caller, atMs }) => atMs > sinceMs && this.admitsCaller(caller))
		return !isServed && this.state === 'open'
	}

	/** Whether a call of a caller that has seen no failure is admitted now. */
	get admits(): boolean {
		return this.common.admits
	}

	admitsCaller(caller: string): boolean {
		return this.common.admits && (this.callers.get(caller)?.admits ?? true)
	}

	/** Milliseconds until a trial call of a caller is admitted; 0 if the breaker is not open for it. */
	reopensInMs(caller: string): number {
		return Math.max(this.common.reopensInMs, this.callers.get(caller)?.reopensInMs ?? 0)
	}

	/** Starts a call, whose outcome must be reported once. */
	pass(caller: string): CallPermit {
		const wasTrial = this.common.state === 'half-open'
		const common = this.common.pass()
		const known = this.callers.get(caller)
		const own = known?.pass()
		let over = false
		const end = (report: () => void) => {
			if (!over) report()
			over = true
		}
		return {
			started() {
				common.started()
				own?.started()
			},
			succeeded: () =>
				end(() => {
					common.succeeded()
					own?.succeeded()
					this.observeSuccess(caller)
					if (this.callers.get(caller)?.state === 'closed') this.callers.delete(caller)
				}),
			failed: (cause) =>
				end(() => {
					const breaker = this.breakerOf(caller)
					if (breaker === known) own?.failed()
					else if (breaker.state === 'closed') breaker.pass().failed()
					if (this.opensForAll(caller, cause, wasTrial)) common.failed()
					else common.abandoned()
				}),
			abandoned: () =>
				end(() => {
					common.abandoned()
					own?.abandoned()
				}),
		}
	}

	/** Counts a failure. @returns whether all callers see the upstream fail. */
	private opensForAll(caller: string, cause: FailureCause, wasTrial: boolean): boolean {
		if (cause === 'connection') this.connectionFailures++
		this.failures.set(caller, (this.failures.get(caller) ?? 0) + 1)
		if (this.failures.size > maxCallers) deleteOldest(this.failures)
		// One caller's failed trials do not extend the time for the others.
		if (wasTrial) return cause === 'connection' || this.failures.size > 1
		if (this.connectionFailures >= this.options.failures) return true
		return this.failures.size > 1 && sum(this.failures.values()) >= this.options.failures
	}

	private breakerOf(caller: string): Breaker {
		const breaker = this.callers.get(caller) ?? new Breaker(this.options, this.nowMs, () => this.report())
		this.callers.delete(caller)
		this.callers.set(caller, breaker)
		if (this.callers.size > maxCallers) deleteOldest(this.callers)
		return breaker
	}

	private report(): void {
		const state = this.state === 'closed' ? 'closed' : 'open'
		if (state === this.reported) return
		this.reported = state
		this.changed(state)
	}

	private observeSuccess(caller: string): void {
		const others = this.successes.filter((success) => success.caller !== caller)
		this.successes = [{ caller, atMs: this.nowMs() }, ...others.slice(0, 1)]
		this.failures.clear()
		this.connectionFailures = 0
	}
}

function worst(all: readonly BreakerState[]): BreakerState {
	return states[Math.max(...all.map((state) => states.indexOf(state)))] ?? 'closed'
}

function sum(numbers: Iterable<number>): number {
	let total = 0
	for (const number of numbers) total += number
	return total
}

function deleteOldest(map: Map<string, unknown>): void {
	const [oldest] = map.keys()
	if (oldest !== undefined) map.delete(oldest)
}
