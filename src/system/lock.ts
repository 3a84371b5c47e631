// One holder at a time for something in a folder, across processes. The lock is SQLite's on an empty file, so the operating system
// lets go of it when its process dies, however it dies. It does not know what is guarded.

import { Database, SQLiteError } from 'bun:sqlite'

export interface LockOptions {
	readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
	/** Ends the waiting, not the work. */
	readonly signal?: AbortSignal
	/** Called each time the lock is found taken. */
	readonly onWait?: () => void | Promise<void>
}

const retryMs = 200

/**
 * Runs `work` while this is the only holder of `file`, which is created and left behind, empty.
 *
 * @throws the signal's reason where it is aborted while waiting, and whatever `work` throws.
 */
export async function withLock<Result>(
	file: string,
	options: LockOptions,
	work: () => Promise<Result>,
): Promise<Result> {
	const database = new Database(file, { create: true })
	try {
		while (!take(database)) {
			await options.onWait?.()
			await options.sleep(retryMs, options.signal)
		}
		return await work()
	} finally {
		database.close()
	}
}

/** A lock held until it is let go of, or its process dies. */
export interface HeldLock {
	release(): void
}

/** Takes the lock on `file` at once, where nobody else holds it. @param create whether a file that is not there is made. */
export function holdLock(file: string, { create }: { readonly create: boolean }): HeldLock | undefined {
	let database: Database
	try {
		database = new Database(file, { create, readwrite: true })
	} catch (thrown) {
		if (thrown instanceof SQLiteError && !create) return undefined
		throw thrown
	}
	if (take(database)) return { release: () => database.close() }
	database.close()
	return undefined
}

function take(database: Database): boolean {
	try {
		database.run('PRAGMA busy_timeout = 0')
		database.run('BEGIN EXCLUSIVE')
		return true
	} catch (thrown) {
		if (thrown instanceof SQLiteError && thrown.code?.startsWith('SQLITE_BUSY') === true) return false
		throw thrown
	}
}
