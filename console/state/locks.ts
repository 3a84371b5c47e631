// Locks between the tabs of this browser. Without a secure context browsers have none: they are then between the tasks of this
// tab alone.

const nameOf = (name: string) => `dragoman.${name}`

/** Without the browser's locks: the end of the last task of this tab by the name of its lock. */
const ends = new Map<string, Promise<void>>()

/** Runs while this task holds the lock. Rejects with an AbortError if the signal aborts before the lock is free. */
export async function withLock(name: string, run: () => Promise<void>, signal?: AbortSignal): Promise<void> {
	if (navigator.locks === undefined) return withLockOfTab(name, run, signal)
	await navigator.locks.request(nameOf(name), signal === undefined ? {} : { signal }, run)
}

async function withLockOfTab(name: string, run: () => Promise<void>, signal?: AbortSignal): Promise<void> {
	const before = ends.get(name)
	const ending = Promise.withResolvers<void>()
	ends.set(name, ending.promise)
	try {
		if (before !== undefined) await before
		signal?.throwIfAborted()
		await run()
	} finally {
		if (ends.get(name) === ending.promise) ends.delete(name)
		ending.resolve()
	}
}
