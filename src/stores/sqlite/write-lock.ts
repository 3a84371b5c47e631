// Finds out whether SQLite's file is locked against writes. It does not wait, and does not know who holds the lock.

import { Database } from 'bun:sqlite'

/** @returns SQLite's error for a file that is locked, or that cannot be opened; undefined if it can be written. */
export function findWriteLock(file: string): unknown {
	try {
		const database = new Database(file, { create: false, readwrite: true })
		try {
			database.run('PRAGMA busy_timeout = 0')
			database.run('BEGIN IMMEDIATE')
			database.run('ROLLBACK')
			return undefined
		} finally {
			database.close()
		}
	} catch (thrown) {
		return thrown
	}
}
