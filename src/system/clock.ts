// The clock as a dependency, so that tests can control it.

export interface Clock {
	/** Milliseconds since 1970. May be set forward or back at any time: for what is stored or shown, not for durations. */
	now(): number
	/** Milliseconds since some moment, for durations: setting the clock does not change it. */
	monotonicMs(): number
	/** Resolves after `ms`, at most 24 days, or rejects with the signal's reason when it is aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A longer timer fires immediately, and the runtime prints a warning. */
const longestTimerMs = 2_147_483_647

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonicMs: () => performance.now(),
	sleep(ms, signal) {
		return new Promise((resolve, reject) => {
			if (signal?.aborted === true) return reject(signal.reason)
			const abort = () => {
				clearTimeout(timer)
				reject(signal?.reason)
			}
			const timer = setTimeout(
				() => {
					signal?.removeEventListener('abort', abort)
					resolve()
				},
				Math.min(ms, longestTimerMs),
			)
			signal?.addEventListener('abort', abort, { once: true })
		})
	},
}
