// A database in memory, for tests and for whoever keeps nothing: SQLite without a file.

import { SQL } from 'bun'
import { migrate } from './database.ts'
import type { SqlDatabase } from './sql-database.ts'
import { snapshot } from './sqlite.ts'
import { Writer } from './writer.ts'

export async function openMemory(): Promise<SqlDatabase> {
	const sql = new SQL('sqlite://:memory:')
	const migrated = await migrate(sql, {})
	const writer = new Writer({ sql })
	return {
		sql,
		migrated,
		write: (work) => writer.write(work),
		snapshot: (work) => snapshot(sql, work),
		async erase() {},
		async close() {
			await writer.idle()
			await sql.close()
		},
	}
}
