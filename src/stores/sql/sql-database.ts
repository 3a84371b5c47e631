// An open database as the stores use it: one connection for reading, one writer for the process.

import type { SQL, TransactionSQL } from 'bun'
import type { Scan } from './table.ts'

export interface SqlDatabase {
	/** For reading. */
	readonly sql: SQL
	/** In a transaction together with others; resolves once it is on disk. `work` may be run twice. */
	write<Result>(work: (sql: TransactionSQL) => Promise<Result>): Promise<Result>
	/** Whatever `work` reads, it reads as of one moment, while others go on writing. */
	snapshot<Result>(work: (scan: Scan) => Promise<Result>): Promise<Result>
	/** The steps of the schema that were done when it was opened. */
	readonly migrated: readonly string[]
	/** What was deleted is overwritten in the database's files, as far as the database can. */
	erase(): Promise<void>
	close(): Promise<void>
}
