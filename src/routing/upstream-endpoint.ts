// The routing state of one upstream: its availability, load and speed. All models that route to an upstream share this
// state. It does not depend on the engine.

import { Breaker, type BreakerState } from './breaker.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
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
	readonly breaker: Breaker
	readonly limiter: ConcurrencyLimiter
	readonly speed: Speed
	/** Result of active health checks; true if there are none. */
	healthy = true

	constructor({ name, concurrency, breaker, nowMs, breakerChanged }: UpstreamEndpointOptions) {
		this.name = name
		this.breaker = new Breaker(breaker, nowMs, breakerChanged)
		this.limiter = new ConcurrencyLimiter(concurrency)
		this.speed = new Speed(nowMs)
	}

	get available(): boolean {
		return this.healthy && this.breaker.admits
	}

	gauges() {
		return {
			name: this.name,
			running: this.limiter.running,
			waiting: this.limiter.waiting,
			breaker: this.breaker.state,
			healthy: this.healthy,
		}
	}
}
