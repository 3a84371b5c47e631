// An open database as the stores use it: one connection for reading, one writer for the process.

import type { Sql } from './sql.ts'
import type { Scan } from './table.ts'

export interface SqlDatabase {
	/** For reading; to be asked for anew each time. */
	readonly sql: Sql
	/** In a transaction together with others; resolves once it is on disk. `work` may be run twice. */
	write<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>
	/** Whatever `work` reads, it reads as of one moment, while others go on writing. */
	snapshot<Result>(work: (scan: Scan) => Promise<Result>): Promise<Result>
	/** The steps of the schema that were done when it was opened. */
	readonly migrated: readonly string[]
	/** What was deleted is overwritten in the database's files, as far as the database can. */
	erase(): Promise<void>
	/** It does not answer: gives up connections that may be dead for new ones. What still hung on them fails as away. */
	reconnect(): void
	close(): Promise<void>
}
