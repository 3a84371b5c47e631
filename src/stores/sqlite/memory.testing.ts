// An in-memory SQLite database in the calling thread, for tests. No message enters its index over texts.

import { migrate } from '../migrations/migrate.ts'
import type { Sql } from '../sql/sql.ts'
import type { Reads, SqlDatabase } from '../sql/sql-database.ts'
import { Writer } from '../sql/writer.ts'
import { memory, SqliteConnection } from './sqlite-connection.ts'
import { explainSqliteFailure } from './sqlite-failure.ts'
import { scan } from './sqlite-scan.ts'
import { type StatementRunner, sqliteClockMs, sqliteSql } from './sqlite-sql.ts'
import { createTextIndex, sqliteTextIndex } from './sqlite-text-index.ts'

export async function openMemory(): Promise<SqlDatabase> {
	const sql = connectMemory()
	const migrated = await migrate(sql, { createTextIndex })
	const writer = new Writer({ sql: () => sql, explain: explainSqliteFailure })
	const reads: Reads = { sql, slowSql: sql, search: (_, work) => work(sql) }
	const database: SqlDatabase = {
		separate: () => database,
		...reads,
		readsOf: () => reads,
		clockMs: sqliteClockMs,
		textIndex: sqliteTextIndex,
		migrated,
		write: (work, key, share) => writer.write(work, key, share),
		async lock() {},
		snapshot: (work) => sql.begin('deferred', (transaction) => work((table) => scan(transaction, table))),
		async erase() {},
		async check() {},
		explain: explainSqliteFailure,
		reconnect() {},
		async close() {
			await writer.idle()
			await sql.close()
		},
	}
	return database
}

function connectMemory(): Sql {
	const connection = new SqliteConnection(memory)
	const runner: StatementRunner = {
		run: async (statement) => connection.run(statement),
		async begin(mode, work) {
			connection.begin(mode)
			try {
				const result = await work(sql)
				connection.commit()
				return result
			} catch (thrown) {
				connection.rollback()
				throw thrown
			}
		},
		close: async () => connection.close(),
	}
	const sql = sqliteSql(runner)
	return sql
}
