// One upstream as routing sees it: whether it may be asked, how full and how fast it is. All models that route to an upstream share its
// place. It does not know what runs there.

import { Breaker, type BreakerState } from './breaker.ts'
import type { BreakerOptions, ConcurrencyOptions } from './options.ts'
import { Slots } from './slots.ts'
import { Speed } from './speed.ts'

export interface PlaceOptions {
	readonly name: string
	readonly concurrency: ConcurrencyOptions | undefined
	readonly breaker: BreakerOptions
	/** Milliseconds of any steady clock. */
	readonly nowMs: () => number
	/** Told when the breaker changes. */
	readonly breakerChanged?: (state: BreakerState) => void
}

export class Place {
	readonly name: string
	readonly breaker: Breaker
	readonly slots: Slots
	readonly speed: Speed
	/** What active checks found; true where there are none. */
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
