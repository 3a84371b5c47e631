// The routing state of one upstream: its availability, load and speed. All models that route to an upstream share this state. It does not
// depend on the engine.

import { Breaker, type BreakerState } from './breaker.ts'
import type { BreakerOptions, ConcurrencyOptions } from './options.ts'
import { Slots } from './slots.ts'
import { Speed } from './speed.ts'

export interface PlaceOptions {
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
	readonly slots: Slots
	readonly speed: Speed
	/** Result of active health checks; true if there are none. */
	healthy = true

	constructor({ name, concurrency, breaker, nowMs, breakerChanged }: PlaceOptions) {
		this.name = name
		this.breaker = new Breaker(breaker, nowMs, breakerChanged)
		this.slots = new Slots(concurrency)
		this.speed = new Speed(nowMs)
	}

	get available(): boolean {
		return this.healthy && this.breaker.admits
	}

	gauges() {
		return {
			name: this.name,
			running: this.slots.running,
			waiting: this.slots.waiting,
			breaker: this.breaker.state,
			healthy: this.healthy,
		}
	}
}
