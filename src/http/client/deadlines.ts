// One timer for all exchanges of a client: a timer of its own for each chunk of each stream would cost more than the chunk.

/** Something that must come to an end. */
export interface Timed {
	/** Looks at the time, in milliseconds of the monotonic clock, and ends itself where it is over. */
	check(nowMs: number): void
	/** Ends itself at once. */
	cut(): void
}

const [shortestSweepMs, longestSweepMs] = [10, 1000]

export class Deadlines {
	private readonly sweepMs: number
	private readonly running = new Set<Timed>()
	private timer: ReturnType<typeof setInterval> | undefined

	/** @param timeouts in milliseconds; each is kept to within a tenth, at most a second late. */
	constructor(timeouts: { readonly firstByteMs: number; readonly betweenChunksMs: number; readonly totalMs: number }) {
		const shortest = Math.min(timeouts.firstByteMs, timeouts.betweenChunksMs, timeouts.totalMs)
		this.sweepMs = Math.min(longestSweepMs, Math.max(shortestSweepMs, Math.floor(shortest / 10)))
	}

	add(timed: Timed): void {
		this.running.add(timed)
		this.timer ??= setInterval(() => this.sweep(), this.sweepMs)
	}

	delete(timed: Timed): void {
		this.running.delete(timed)
	}

	cutAll(): void {
		for (const timed of [...this.running]) timed.cut()
	}

	private sweep(): void {
		const now = performance.now()
		for (const timed of this.running) timed.check(now)
		if (this.running.size > 0) return
		clearInterval(this.timer)
		this.timer = undefined
	}
}
