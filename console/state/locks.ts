// Locks between the tabs of this browser. Without a secure context browsers have none, and they may refuse them: locks are then
// between the tasks of this tab alone.

const nameOf = (name: string) => `dragoman.${name}`

/** Without the browser's locks: the end of the last task of this tab by the name of its lock. */
const ends = new Map<string, Promise<void>>()

/** Runs while this task holds the lock. Rejects with an AbortError if the signal aborts before the lock is free. */
export async function withLock(name: string, run: () => Promise<void>, signal?: AbortSignal): Promise<void> {
	if (navigator.locks === undefined) return withLockOfTab(name, run, signal)
	let isGranted = false
	const runGranted = () => {
		isGranted = true
		return run()
	}
	try {
		await navigator.locks.request(nameOf(name), signal === undefined ? {} : { signal }, runGranted)
	} catch (failure) {
		if (isGranted || signal?.aborted === true) throw failure
		await withLockOfTab(name, run, signal)
	}
}

async function withLockOfTab(name: string, run: () => Promise<void>, signal?: AbortSignal): Promise<void> {
	const before = ends.get(name) ?? Promise.resolve()
	const ending = Promise.withResolvers<void>()
	ends.set(name, ending.promise)
	try {
		await Promise.race([before, abortionOf(signal)])
		signal?.throwIfAborted()
		await run()
	} finally {
		// Also after an abortion, the next task waits for the one before.
		void before.then(() => {
			if (ends.get(name) === ending.promise) ends.delete(name)
			ending.resolve()
		})
	}
}

/** Rejects when the signal aborts. */
function abortionOf(signal: AbortSignal | undefined): Promise<never> {
	return new Promise((_, reject) => {
		signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
	})
}
