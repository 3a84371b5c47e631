// A connection to a SQLite file in the thread that calls it: every call blocks that thread until SQLite responds. The
// server's connections are in threads of their own; see sqlite-thread.ts.

import { Database, type SQLQueryBindings } from 'bun:sqlite'
import type { Row } from '../sql/sql.ts'
import type { Statement } from './statement.ts'

/** The file of an in-memory database. */
export const memory = ':memory:'

export class SqliteConnection {
	private readonly database: Database

	/** @throws Error if the file does not exist. */
	constructor(file: string, readonly = false) {
		this.database = new Database(file, readonly ? { readonly } : { create: file === memory, readwrite: true })
	}

	/** Runs a statement in the current transaction, if there is one. */
	run({ text, parameters }: Statement): readonly Row[] {
		if (parameters !== undefined || /^\s*(SELECT|PRAGMA)/i.test(text))
			return this.database.query<Row, SQLQueryBindings[]>(text).all(...(parameters ?? []))
		this.database.run(text)
		return []
	}

	/** @param mode follows BEGIN; may be empty. */
	begin(mode: string): void {
		this.database.run(`BEGIN ${mode}`)
	}

	get inTransaction(): boolean {
		return this.database.inTransaction
	}

	/** Rolls back if the transaction cannot be committed. */
	commit(): void {
		try {
			this.database.run('COMMIT')
		} catch (thrown) {
			this.rollback()
			throw thrown
		}
	}

	/** Does nothing if SQLite has already rolled back, as after a full disk. */
	rollback(): void {
		if (this.database.inTransaction) this.database.run('ROLLBACK')
	}

	close(): void {
		this.database.close()
	}
}
