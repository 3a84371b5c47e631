// PostgreSQL: the database of deployments that outgrew a file, or that run on several hosts.

import { SQL } from 'bun'
import { migrate } from './database.ts'
import type { SqlDatabase } from './sql-database.ts'
import { Writer } from './writer.ts'

/** How long a connection may take to come about, in seconds. */
const connectionTimeout = 3
const readers = 8
/** Any number, the same for every gateway: who holds it migrates. */
const migrationLock = 4_207_846_133
/** Of what was deleted; others come soon anyway. In milliseconds. */
const vacuumEveryMs = 60_000

/** @param url `postgres://user:password@host:port/database`. @throws Error where the server cannot be reached. */
export async function openPostgres(url: string): Promise<SqlDatabase> {
	const writing = new SQL(url, { max: 1, connectionTimeout })
	const migrated = await migrate(writing, {
		lock: (transaction) => transaction`SELECT pg_advisory_xact_lock(${migrationLock})`,
	})
	const sql = new SQL(url, { max: readers, connectionTimeout })
	const writer = new Writer({ sql: writing })
	let vacuumedMs = Number.NEGATIVE_INFINITY
	return {
		sql,
		migrated,
		write: (work) => writer.write(work),
		async erase() {
			if (performance.now() - vacuumedMs < vacuumEveryMs) return
			vacuumedMs = performance.now()
			for (const table of ['messages', 'turns', 'texts', 'conversations']) await sql.unsafe(`VACUUM ${table}`)
		},
		async close() {
			await writer.idle()
			await Promise.all([sql.close(), writing.close()])
		},
	}
}
