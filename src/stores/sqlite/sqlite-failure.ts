// Recognizes SQLite's errors by their codes.

import { readErrorCodes } from '../sql/database-failure.ts'
import type { DatabaseFailure } from '../sql/sql-database.ts'

/** A file that is locked for too long, or that cannot be read or written. */
const unavailableCodes = /^SQLITE_(BUSY|FULL|IOERR|LOCKED)\w*$/

export function explainSqliteFailure(thrown: unknown): DatabaseFailure | undefined {
	return unavailableCodes.test(readErrorCodes(thrown).code) ? 'unavailable' : undefined
}
