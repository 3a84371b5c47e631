// An open database as the stores use it: one connection for reading, one writer for the process.

import type { Sql } from './sql.ts'
import type { Scan } from './table.ts'

export interface SqlDatabase {
	/** For reading; to be asked for anew each time. */
	readonly sql: Sql
	/** In a transaction together with others; resolves once it is on disk. `work` may be run twice. */
	write<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>
	/**
	 * Within `write`: until its end nobody else, in any process, changes the conversation `id`, or that of the turn `id`. What was read of it
	 * before may be out of date.
	 */
	lock(sql: Sql, id: string): Promise<void>
	/** Whatever `work` reads, it reads as of one moment, while others go on writing. */
	snapshot<Result>(work: (scan: Scan) => Promise<Result>): Promise<Result>
	/** The steps of the schema that were done when it was opened. */
	readonly migrated: readonly string[]
	/** What was deleted is overwritten in the database's files, as far as the database can. */
	erase(): Promise<void>
	/** Reads something small. @throws Error if the database cannot be read, or its file is not the one that was opened any more. */
	check(): Promise<void>
	/** It does not answer: gives up connections that may be dead for new ones. What still hung on them fails as away. */
	reconnect(): void
	close(): Promise<void>
}
