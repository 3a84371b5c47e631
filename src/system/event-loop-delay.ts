// Measures how late the event loop runs a timer: the time that a client may wait although nothing else is slow. It does
// not know who keeps the loop busy.

/** Few enough that an idle process stays idle, in milliseconds. */
const intervalMs = 500

export class EventLoopDelay {
	private readonly timer: ReturnType<typeof setInterval>
	private dueMs: number

	/** @param observe called twice per second with the delay in milliseconds, at least 0. */
	constructor(observe: (delayMs: number) => void) {
		this.dueMs = performance.now() + intervalMs
		this.timer = setInterval(() => {
			const nowMs = performance.now()
			observe(Math.max(0, nowMs - this.dueMs))
			this.dueMs = nowMs + intervalMs
		}, intervalMs)
		this.timer.unref()
	}

	close(): void {
		clearInterval(this.timer)
	}
}
