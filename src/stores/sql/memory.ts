// An in-memory SQLite database, for tests and for servers without persistence.

import { migrate } from './database.ts'
import type { SqlDatabase } from './sql-database.ts'
import { snapshot } from './sqlite.ts'
import { connectSqlite } from './sqlite-connection.ts'
import { Writer } from './writer.ts'

export async function openMemory(): Promise<SqlDatabase> {
	const sql = connectSqlite(':memory:')
	const migrated = await migrate(sql, {})
	const writer = new Writer({ sql: () => sql })
	return {
		sql,
		migrated,
		write: (work) => writer.write(work),
		async lock() {},
		snapshot: (work) => snapshot(sql, work),
		async erase() {},
		async check() {},
		reconnect() {},
		async close() {
			await writer.idle()
			await sql.close()
		},
	}
}
