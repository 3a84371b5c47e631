// Locks between the tabs of this browser. Without a secure context browsers have none: each tab then works alone.

const nameOf = (name: string) => `dragoman.${name}`

/** Runs while this tab holds the lock. Rejects with an AbortError if the signal aborts before the lock is free. */
export async function withLock(name: string, run: () => Promise<void>, signal?: AbortSignal): Promise<void> {
	if (navigator.locks === undefined) return run()
	await navigator.locks.request(nameOf(name), signal === undefined ? {} : { signal }, run)
}

/** Does nothing if another tab, or another task of this one, holds the lock. */
export async function withLockIfFree(name: string, run: () => Promise<void>): Promise<void> {
	if (navigator.locks === undefined) return run()
	for (const pauseMs of pausesMs) {
		await new Promise((resolve) => setTimeout(resolve, pauseMs))
		const ran = await navigator.locks.request(nameOf(name), { ifAvailable: true }, async (lock) => {
			if (lock !== null) await run()
			return lock !== null
		})
		if (ran) return
	}
}

/** Before the attempts: a page that is reloaded may hold its locks for a moment longer. */
const pausesMs: readonly number[] = [0, 500]
