// SQLite: the default database, a file in the data folder.

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SQL } from 'bun'
import { migrate } from './database.ts'
import { migrations } from './migration.ts'

/** How long a writer waits for another process's transaction, in milliseconds. */
const busyTimeoutMs = 5000

/** Opens, or creates, the database file. An acknowledged write is on disk; readers in other processes never wait for writers. */
export async function openSqlite(file: string): Promise<SQL> {
	await mkdir(dirname(file), { recursive: true, mode: 0o700 })
	const sql = new SQL(`sqlite://${file}`)
	await sql.unsafe(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
	await sql.unsafe('PRAGMA journal_mode = WAL')
	await sql.unsafe('PRAGMA synchronous = FULL')
	await sql.unsafe('PRAGMA foreign_keys = ON')
	await migrate(sql, migrations)
	return sql
}
