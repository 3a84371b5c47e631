// PostgreSQL: the database of deployments that outgrew a file, or that run on several hosts.

import { SQL, type TransactionSQL } from 'bun'
import { migrate } from './database.ts'
import type { SqlDatabase } from './sql-database.ts'
import { firstBatch, nextBatch, type Row, type Table } from './table.ts'
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
		snapshot: (work) =>
			sql.begin('isolation level repeatable read read only', (transaction) =>
				work((table) => scan(transaction, table)),
			),
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

/** By a cursor: the rows are sorted once. */
async function* scan(sql: TransactionSQL, { name, key }: Table): AsyncGenerator<readonly Row[]> {
	const order = Object.entries(key).map(([column, kind]) => (kind === 'text' ? `${column} COLLATE "C"` : column))
	await sql.unsafe(`DECLARE every_row CURSOR FOR SELECT * FROM ${name} ORDER BY ${order.join(', ')}`)
	for (let size = firstBatch; ; ) {
		const batch: readonly Row[] = Array.from(await sql.unsafe(`FETCH ${size} FROM every_row`))
		if (batch.length === 0) break
		yield batch
		size = nextBatch(size, batch)
	}
	await sql.unsafe('CLOSE every_row')
}
