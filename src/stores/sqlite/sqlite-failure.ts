// Recognizes SQLite's errors by their codes, and those of its threads.

import { readErrorCodes } from '../sql/database-failure.ts'
import type { DatabaseFailure } from '../sql/sql-database.ts'
import { UnavailableError } from './sqlite-thread.ts'

/**
 * Codes of a file that is locked for too long, that cannot be read or written, or that is damaged, and of a lack of
 * memory. Most have extended codes, such as `SQLITE_IOERR_WRITE`.
 */
const unavailableCodes = [
	'SQLITE_AUTH',
	'SQLITE_BUSY',
	'SQLITE_CANTOPEN',
	'SQLITE_CORRUPT',
	'SQLITE_FULL',
	'SQLITE_INTERRUPT',
	'SQLITE_IOERR',
	'SQLITE_LOCKED',
	'SQLITE_NOLFS',
	'SQLITE_NOMEM',
	'SQLITE_NOTADB',
	'SQLITE_PERM',
	'SQLITE_PROTOCOL',
	'SQLITE_READONLY',
]

export function explainSqliteFailure(thrown: unknown): DatabaseFailure | undefined {
	if (thrown instanceof UnavailableError) return 'unavailable'
	const { code } = readErrorCodes(thrown)
	return unavailableCodes.some((one) => code === one || code.startsWith(`${one}_`)) ? 'unavailable' : undefined
}
