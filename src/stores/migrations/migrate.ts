// Applies schema migrations. All databases share their text. Each database defines how a transaction begins and what it locks.

import type { Sql } from '../sql/sql.ts'
import { type Migration, migrations } from './migration.ts'
import { readKnownSteps } from './schema.ts'

export interface MigrationTransaction {
	/** The mode of BEGIN for a transaction that writes. */
	readonly begin?: string
	/** Prevents concurrent migrations by other processes, if a transaction alone does not. */
	readonly lock?: (transaction: Sql) => Promise<unknown>
}

/**
 * Applies the missing migration steps in order, each in its own transaction. Safe to run from several processes.
 *
 * @returns the names of the steps that were applied.
 * @throws DatabaseError if the database has steps that are unknown to this version; then nothing is changed.
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
