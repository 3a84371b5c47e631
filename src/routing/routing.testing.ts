// Upstream states for tests, with a fake clock that advances only when it is set.

import { breakerOptions, type ConcurrencyOptions, concurrencyOptions } from './options.ts'
import { Place } from './place.ts'

export class HeldTime {
	ms = 0
	readonly now = () => this.ms
}

export function openPlace(name: string, time = new HeldTime(), concurrency?: Partial<ConcurrencyOptions>): Place {
	return new Place({
		name,
		concurrency: concurrency === undefined ? undefined : concurrencyOptions.parse({ limit: 1, ...concurrency }),
		breaker: breakerOptions.parse({ failures: 3, openMs: 1000, maxOpenMs: 3000 }),
		nowMs: time.now,
	})
}
