// The clock as a dependency, so that tests can control it.

export interface Clock {
	/** Milliseconds since 1970. */
	now(): number
	/** Resolves after `ms`, or rejects with the signal's reason when it is aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
	now: () => Date.now(),
	sleep(ms, signal) {
		return new Promise((resolve, reject) => {
			if (signal?.aborted === true) return reject(signal.reason)
			const abort = () => {
				clearTimeout(timer)
				reject(signal?.reason)
			}
			const timer = setTimeout(() => {
				signal?.removeEventListener('abort', abort)
				resolve()
			}, ms)
			signal?.addEventListener('abort', abort, { once: true })
		})
	},
}
