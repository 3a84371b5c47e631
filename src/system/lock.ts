// A lock on a resource in a folder, across processes. It is SQLite's lock on an empty file, so the operating system
// releases it when its process exits, for any reason. It does not know what is guarded.

import { Database, SQLiteError } from 'bun:sqlite'

export interface LockOptions {
	readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
	/** Aborts the wait for the lock, not the work. */
	readonly signal?: AbortSignal
	/** Called after each failed attempt to take the lock. */
	readonly onWait?: () => void | Promise<void>
}

const retryMs = 200

/**
 * Runs `work` while holding the lock on `file`, which is created if missing and remains as an empty file.
 *
 * @throws the signal's reason if it is aborted during the wait, and any error of `work`.
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

/** A lock that is held until it is released, or its process exits. */
export interface HeldLock {
	release(): void
}

/**
 * Takes the lock on `file` without waiting; undefined if it is taken.
 * @param create whether a missing file is created.
 */
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

/**
 * Takes the lock on `file` together with other processes that share it, without waiting; undefined if a process holds
 * it alone. A missing file is created.
 */
export function holdSharedLock(file: string): HeldLock | undefined {
	const database = new Database(file, { create: true, readwrite: true })
	if (take(database, shared)) return { release: () => database.close() }
	database.close()
	return undefined
}

const exclusive = ['BEGIN EXCLUSIVE']
/** The lock begins with the first read. */
const shared = ['BEGIN', 'SELECT name FROM sqlite_master']

function take(database: Database, statements: readonly string[] = exclusive): boolean {
	try {
		database.run('PRAGMA busy_timeout = 0')
		for (const statement of statements) database.run(statement)
		return true
	} catch (thrown) {
		if (thrown instanceof SQLiteError && thrown.code?.startsWith('SQLITE_BUSY') === true) return false
		throw thrown
	}
}
