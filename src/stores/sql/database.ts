// A database opened and brought to the current schema. One SQL text serves both databases; what differs between them stands in a
// file named after each.

import type { SQL } from 'bun'
import type { Migration } from './migration.ts'

/** Brings the schema up to date, each step in a transaction of its own, in order, once. Safe to run from several processes. */
export async function migrate(sql: SQL, migrations: readonly Migration[]): Promise<void> {
	await sql`CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at_ms BIGINT NOT NULL)`
	for (const migration of migrations) {
		await sql.begin('immediate', async (transaction) => {
			const [applied] = await transaction`SELECT name FROM migrations WHERE name = ${migration.name}`
			if (applied !== undefined) return
			await transaction.unsafe(migration.sql)
			await transaction`INSERT INTO migrations (name, applied_at_ms) VALUES (${migration.name}, ${Date.now()})`
		})
	}
}
