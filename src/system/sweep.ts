// One timer for many deadlines: a separate timer for each request, and for each chunk of each stream, would cost more
// than the work.

/** A deadline that is polled. */
export interface Timed {
	/** Checks the deadline against the current time, in milliseconds of the monotonic clock. */
	check(nowMs: number): void
}

const [shortestMs, longestMs] = [10, 1000]

/** Polls deadlines. The timer runs only while there are any. */
export class Sweep<Kind extends Timed = Timed> {
	private readonly everyMs: number
	private readonly running = new Set<Kind>()
	private timer: ReturnType<typeof setInterval> | undefined

	/**
	 * @param shortestWaitMs the shortest timeout. Deadlines are checked to within a tenth of it, and at most a second
	 * late.
	 */
	constructor(shortestWaitMs: number) {
		this.everyMs = Math.min(longestMs, Math.max(shortestMs, Math.floor(shortestWaitMs / 10)))
	}

	add(timed: Kind): void {
		this.running.add(timed)
		this.timer ??= setInterval(() => this.check(), this.everyMs)
	}

	delete(timed: Kind): void {
		this.running.delete(timed)
	}

	/** All deadlines. */
	get all(): readonly Kind[] {
		return [...this.running]
	}

	private check(): void {
		const now = performance.now()
		for (const timed of this.running) timed.check(now)
		if (this.running.size > 0) return
		clearInterval(this.timer)
		this.timer = undefined
	}
}
