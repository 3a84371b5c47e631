// Upstream states for tests, with a fake clock that advances only when it is set.

import { breakerOptions, type ConcurrencyOptions, concurrencyOptions } from './options.ts'
import { UpstreamEndpoint } from './upstream-endpoint.ts'

export class FakeClock {
	ms = 0
	readonly now = () => this.ms
}

export function openEndpoint(
	name: string,
	time = new FakeClock(),
	concurrency?: Partial<ConcurrencyOptions>,
): UpstreamEndpoint {
	return new UpstreamEndpoint({
		name,
		concurrency: concurrency === undefined ? undefined : concurrencyOptions.parse({ limit: 1, ...concurrency }),
		breaker: breakerOptions.parse({ failures: 3, openMs: 1000, maxOpenMs: 3000 }),
		nowMs: time.now,
	})
}
