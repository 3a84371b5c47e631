// Recognizes SQLite's errors by their codes, and those of its threads.

import { readErrorCodes } from '../sql/database-failure.ts'
import type { DatabaseFailure } from '../sql/sql-database.ts'
import { UnavailableError } from './sqlite-thread.ts'

/** A file that is locked for too long, or that cannot be read or written. */
const unavailableCodes = /^SQLITE_(BUSY|FULL|IOERR|LOCKED)\w*$/

export function explainSqliteFailure(thrown: unknown): DatabaseFailure | undefined {
	if (thrown instanceof UnavailableError) return 'unavailable'
	return unavailableCodes.test(readErrorCodes(thrown).code) ? 'unavailable' : undefined
}
