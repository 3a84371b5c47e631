// The routing state of one upstream: its availability, load and speed. All models that route to an upstream share this
// state. It does not depend on the engine.

import type { SharePath } from '../system/fair-queue.ts'
import type { BreakerState } from './breaker.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import { type CallPermit, FairBreaker } from './fair-breaker.ts'
import type { BreakerOptions, ConcurrencyOptions } from './options.ts'
import { Speed } from './speed.ts'

export interface UpstreamEndpointOptions {
	readonly name: string
	readonly concurrency: ConcurrencyOptions | undefined
	readonly breaker: BreakerOptions
	/** Milliseconds of a monotonic clock. */
	readonly nowMs: () => number
	/** Called when the state of the circuit breaker changes. */
	readonly breakerChanged?: (state: BreakerState) => void
}

export class UpstreamEndpoint {
	readonly name: string
	readonly breaker: FairBreaker
	readonly limiter: ConcurrencyLimiter
	readonly speed: Speed
	/** Result of active health checks; true if there are none. */
	healthy = true

	constructor({ name, concurrency, breaker, nowMs, breakerChanged }: UpstreamEndpointOptions) {
		this.name = name
		this.breaker = new FairBreaker(breaker, nowMs, breakerChanged)
		this.limiter = new ConcurrencyLimiter(concurrency)
		this.speed = new Speed(nowMs)
	}

	/** Whether it is available to callers that have seen no failure. */
	get available(): boolean {
		return this.healthy && this.breaker.admits
	}

	isAvailableTo(caller: SharePath): boolean {
		return this.healthy && this.breaker.admitsCaller(callerName(caller))
	}

	/** Milliseconds until the circuit breaker admits a call again; infinite if health checks have removed it. */
	reopensInMs(caller: SharePath): number {
		return this.healthy ? this.breaker.reopensInMs(callerName(caller)) : Number.POSITIVE_INFINITY
	}

	/** Starts a call that has a permit. */
	pass(caller: SharePath): CallPermit {
		return this.breaker.pass(callerName(caller))
	}

	gauges() {
		return {
			name: this.name,
			running: this.limiter.running,
			waiting: this.limiter.waiting,
			limit: this.limiter.limit,
			queue: this.limiter.queue,
			breaker: this.breaker.state,
			healthy: this.healthy,
		}
	}
}

function callerName([tenant, owner]: SharePath): string {
	return JSON.stringify([tenant, owner])
}
