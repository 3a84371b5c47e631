// An in-memory SQLite database, for tests.

import { migrate } from '../migrations/migrate.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { Writer } from '../sql/writer.ts'
import { snapshot } from './sqlite.ts'
import { connectSqlite } from './sqlite-connection.ts'
import { explainSqliteFailure } from './sqlite-failure.ts'

export async function openMemory(): Promise<SqlDatabase> {
	const sql = connectSqlite(':memory:')
	const migrated = await migrate(sql, {})
	const writer = new Writer({ sql: () => sql, explain: explainSqliteFailure })
	return {
		sql,
		migrated,
		write: (work) => writer.write(work),
		async lock() {},
		snapshot: (work) => snapshot(sql, work),
		async erase() {},
		async check() {},
		explain: explainSqliteFailure,
		reconnect() {},
		async close() {
			await writer.idle()
			await sql.close()
		},
	}
}
