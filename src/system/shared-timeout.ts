// One timeout for many waits of the same length, with a single timer: a timer for each wait would cost more than most
// waits, which end long before the timeout.

import type { Clock } from './clock.ts'

interface Wait {
	readonly untilMs: number
	readonly expired: () => void
}

/** How long the timer may outlive the last wait, in milliseconds. */
const longestSleepMs = 1000

export class SharedTimeout {
	private readonly ms: number
	private readonly clock: Clock
	/** In the order of their deadlines, because all have the same length. */
	private readonly waits = new Set<Wait>()
	private running = false

	/** @param ms length of each wait, in milliseconds. */
	constructor(ms: number, clock: Clock) {
		this.ms = ms
		this.clock = clock
	}

	/** Calls `expired` once, unless the wait is ended before the timeout. @returns ends the wait. */
	start(expired: () => void): () => void {
		const wait = { untilMs: this.clock.monotonicMs() + this.ms, expired }
		this.waits.add(wait)
		if (!this.running) void this.run()
		return () => {
			this.waits.delete(wait)
		}
	}

	private async run(): Promise<void> {
		this.running = true
		for (let first = this.first; first !== undefined; first = this.first) {
			const remainingMs = first.untilMs - this.clock.monotonicMs()
			if (remainingMs > 0) await this.clock.sleep(Math.min(remainingMs, longestSleepMs))
			else {
				this.waits.delete(first)
				first.expired()
			}
		}
		this.running = false
	}

	private get first(): Wait | undefined {
		return this.waits.values().next().value
	}
}
