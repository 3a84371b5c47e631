// The schema brought up to date. One SQL text serves both databases; what differs between them stands in a file named after each.

import { type Migration, migrations } from './migration.ts'
import { readKnownSteps } from './schema.ts'
import type { Sql } from './sql.ts'

export interface MigrationTransaction {
	/** How SQL begins a transaction that will write. */
	readonly begin?: string
	/** Keeps other processes from migrating at the same time, where a transaction alone does not. */
	readonly lock?: (transaction: Sql) => Promise<unknown>
}

/**
 * Brings the schema up to date, each step in a transaction of its own, in order, once. Safe to run from several processes.
 *
 * @returns the names of the steps that were done now.
 * @throws DatabaseError if the database has steps that this version does not know; nothing is changed then.
 */
export async function migrate(sql: Sql, { begin, lock }: MigrationTransaction): Promise<readonly string[]> {
	const done: string[] = []
	const transact = (work: (transaction: Sql) => Promise<unknown>) =>
		begin === undefined ? sql.begin(work) : sql.begin(begin, work)
	await transact(async (transaction) => {
		await lock?.(transaction)
		await transaction`CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at_ms BIGINT NOT NULL)`
		await readKnownSteps(transaction)
	})
	for (const migration of migrations)
		await transact(async (transaction) => {
			await lock?.(transaction)
			if (await isApplied(transaction, migration)) return
			await transaction.unsafe(migration.sql)
			await transaction`INSERT INTO migrations (name, applied_at_ms) VALUES (${migration.name}, ${Date.now()})`
			done.push(migration.name)
		})
	return done
}

async function isApplied(transaction: Sql, { name }: Migration): Promise<boolean> {
	const [applied] = await transaction`SELECT name FROM migrations WHERE name = ${name}`
	return applied !== undefined
}
