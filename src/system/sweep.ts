// One timer for many waits: a timer of its own for each request, and for each chunk of each stream, would cost more than the work.

/** Something that must come to an end, or to be looked after, in time. */
export interface Timed {
	/** Looks at the time, in milliseconds of the monotonic clock. */
	check(nowMs: number): void
}

const [shortestMs, longestMs] = [10, 1000]

/** Runs only while there is something to look at. */
export class Sweep<Kind extends Timed = Timed> {
	private readonly everyMs: number
	private readonly running = new Set<Kind>()
	private timer: ReturnType<typeof setInterval> | undefined

	/** @param shortestWaitMs the shortest wait to be kept, to within a tenth, at most a second late. */
	constructor(shortestWaitMs: number) {
		this.everyMs = Math.min(longestMs, Math.max(shortestMs, Math.floor(shortestWaitMs / 10)))
	}

	add(timed: Kind): void {
		this.running.add(timed)
		this.timer ??= setInterval(() => this.look(), this.everyMs)
	}

	delete(timed: Kind): void {
		this.running.delete(timed)
	}

	/** All there are. */
	get all(): readonly Kind[] {
		return [...this.running]
	}

	private look(): void {
		const now = performance.now()
		for (const timed of this.running) timed.check(now)
		if (this.running.size > 0) return
		clearInterval(this.timer)
		this.timer = undefined
	}
}
