// Locks between the tabs of this browser. Without a secure context browsers have none: they are then between the tasks of this
// tab alone.

const nameOf = (name: string) => `dragoman.${name}`

/** Without the browser's locks: the end of the last task of this tab by the name of its lock. */
const ends = new Map<string, Promise<void>>()

/** Runs with the lock. `waited`: another task had it first. */
type WithLock = (lock: { readonly waited: boolean }) => Promise<void>

/** Runs while this task holds the lock. Rejects with an AbortError if the signal aborts before the lock is free. */
export async function withLock(name: string, run: WithLock, signal?: AbortSignal): Promise<void> {
	const { locks } = navigator
	if (locks === undefined) return withLockOfTab(name, run, signal)
	const isFree = await locks.request(nameOf(name), { ifAvailable: true }, async (lock) => {
		if (lock !== null) await run({ waited: false })
		return lock !== null
	})
	if (!isFree) await locks.request(nameOf(name), signal === undefined ? {} : { signal }, () => run({ waited: true }))
}

async function withLockOfTab(name: string, run: WithLock, signal?: AbortSignal): Promise<void> {
	const before = ends.get(name)
	const ending = Promise.withResolvers<void>()
	ends.set(name, ending.promise)
	try {
		await Promise.race([before, abortionOf(signal)])
		signal?.throwIfAborted()
		await run({ waited: before !== undefined })
	} finally {
		// Also after an abortion, the next task waits for the one before.
		void Promise.resolve(before).then(() => {
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
