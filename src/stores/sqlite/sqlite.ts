// SQLite: the default database, a file in the data folder.

import { closeSync, fdatasync, fstatSync, openSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { migrate } from '../migrations/migrate.ts'
import { expectSchema, SchemaError, type SchemaMode } from '../migrations/schema.ts'
import type { Row, Sql } from '../sql/sql.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { firstBatch, nextBatch, type Scan, type Table } from '../sql/table.ts'
import { Writer } from '../sql/writer.ts'
import { Checkpoints } from './checkpoint.ts'
import { connectSqlite } from './sqlite-connection.ts'
import { explainSqliteFailure } from './sqlite-failure.ts'

/** How long a write waits for a transaction of another process, in milliseconds. */
const busyTimeoutMs = 5000
/** How long opening is retried, and the delay between attempts, in milliseconds. */
const [openTimeoutMs, lockRetryMs] = [10_000, 20]
/** SQLite's interval between attempts to begin a transaction while another process writes, in milliseconds. */
const pollMs = 110
/** Page cache of each connection. */
const cacheKiB = 16_384
/**
 * Length of the write-ahead log at which this thread runs a checkpoint, in pages of 4 KiB. The thread of checkpoint.ts
 * normally runs one long before.
 */
const checkpointPages = 65_536

/**
 * Opens the database file. Acknowledged writes are on disk. Readers never wait for writers, also across processes.
 *
 * @throws SchemaError if the database does not meet `mode`; then no file is created.
 */
export async function openSqlite(file: string, mode: SchemaMode = 'create'): Promise<SqlDatabase> {
	if (mode === 'create') await mkdir(dirname(file), { recursive: true, mode: 0o700 })
	else await expectFile(file, mode)
	const writing = await connect(file)
	const migrated = mode === 'expect' ? [] : await migrateOrClose(writing)
	const sql = await connect(file)
	const { ino } = await stat(file)
	const log = new WriteAheadLog(`${file}-wal`)
	const checkpoints = new Checkpoints(file, () => log.length)
	const writer = new Writer({
		sql: () => writing,
		explain: explainSqliteFailure,
		begin: 'immediate',
		flush: () => log.sync(),
		between: () => checkpoints.between(),
	})
	return {
		sql,
		migrated,
		write: (work) => writer.write(work),
		// SQLite allows one writing process at a time.
		async lock() {},
		async snapshot(work) {
			const own = await connect(file)
			try {
				return await snapshot(own, work)
			} finally {
				await own.close()
			}
		},
		async erase() {
			// Readers in other processes may prevent truncation of the log; then the next process that closes the database
			// truncates it.
			await writer.idle()
			await checkpoints.end()
			await writing.unsafe('PRAGMA wal_checkpoint(TRUNCATE)')
		},
		async check() {
			if ((await stat(file)).ino !== ino) throw new Error('the database file was replaced while it was open')
			await sql`SELECT name FROM migrations LIMIT 1`
		},
		explain: explainSqliteFailure,
		reconnect() {},
		async close() {
			await writer.idle()
			await checkpoints.end()
			await Promise.all([sql.close(), writing.close()])
			log.close()
		},
	}
}

/** Runs `work` in a read transaction, so that it reads a consistent snapshot. */
export function snapshot<Result>(sql: Sql, work: (scan: Scan) => Promise<Result>): Promise<Result> {
	return sql.begin('deferred', (transaction) => work((table) => scan(transaction, table)))
}

/** Each batch starts after the last key of the previous one and is one range of the primary key's index. */
async function* scan(sql: Sql, { name, key }: Table): AsyncGenerator<readonly Row[]> {
	const columns = Object.keys(key)
	const [ordered, marks] = [columns.join(', '), columns.map(() => '?').join(', ')]
	let last: Row | undefined
	for (let size = firstBatch; ; ) {
		const condition = last === undefined ? '' : `WHERE (${ordered}) > (${marks})`
		const after = columns.map((column) => last?.[column])
		const batch: readonly Row[] = Array.from(
			await sql.unsafe(
				`SELECT * FROM ${name} ${condition} ORDER BY ${ordered} LIMIT ${size}`,
				last === undefined ? [] : after,
			),
		)
		last = batch.at(-1)
		if (last === undefined) return
		yield batch
		size = nextBatch(size, batch)
	}
}

/** Checks the file before any pragma changes it: it may belong to another program. */
async function expectFile(file: string, mode: Exclude<SchemaMode, 'create'>): Promise<void> {
	const found = await stat(file).catch(() => undefined)
	if (found?.isFile() !== true) throw new SchemaError('missing', 'there is no such file')
	await retryLocked(async () => {
		const sql = connectSqlite(file, false)
		try {
			await expectSchema(sql, mode, async () => {
				const [table] = await sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`
				return table !== undefined
			})
		} finally {
			await sql.close()
		}
	})
}

async function migrateOrClose(sql: Sql): Promise<readonly string[]> {
	try {
		return await retryLocked(() => migrate(sql, { begin: 'immediate', pauseMs: pollMs }))
	} catch (thrown) {
		await sql.close()
		throw thrown
	}
}

async function connect(file: string): Promise<Sql> {
	const sql = connectSqlite(file)
	await sql.unsafe(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
	await retryLocked(() => sql.unsafe('PRAGMA journal_mode = WAL'))
	// WriteAheadLog syncs the log outside of this thread: see decisions/022.
	await sql.unsafe('PRAGMA synchronous = NORMAL')
	await sql.unsafe('PRAGMA secure_delete = ON')
	await sql.unsafe(`PRAGMA cache_size = -${cacheKiB}`)
	await sql.unsafe(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
	await sql.unsafe('PRAGMA foreign_keys = ON')
	return sql
}

/**
 * SQLite's busy timeout does not cover concurrent creation of a file, or opening it while the last other process closes
 * it.
 */
async function retryLocked<Result>(work: () => Promise<Result>): Promise<Result> {
	for (const untilMs = performance.now() + openTimeoutMs; ; ) {
		try {
			return await work()
		} catch (thrown) {
			if (!isLocked(thrown) || performance.now() > untilMs) throw thrown
			await Bun.sleep(lockRetryMs)
		}
	}
}

/** Whether another process has locked the file. Other errors, such as a full disk, are not retried. */
function isLocked(thrown: unknown): boolean {
	return thrown instanceof Error && 'code' in thrown && /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(String(thrown.code))
}

/** The file of SQLite's write-ahead log, which this class syncs. */
class WriteAheadLog {
	private readonly path: string
	private descriptor: number | undefined
	/** In bytes, at the last sync. */
	length = 0

	constructor(path: string) {
		this.path = path
	}

	/** Syncs all committed transactions to disk. */
	sync(): Promise<void> {
		const descriptor = this.open()
		return new Promise((resolve, reject) => {
			fdatasync(descriptor, (error) => (error === null || error === undefined ? resolve() : reject(error)))
		})
	}

	close(): void {
		if (this.descriptor !== undefined) closeSync(this.descriptor)
		this.descriptor = undefined
	}

	/**
	 * Opens the file again if it was replaced: the last connection that closes removes it, and the next one creates a new
	 * file.
	 */
	private open(): number {
		const { ino, size } = statSync(this.path)
		if (this.descriptor !== undefined && fstatSync(this.descriptor).ino !== ino) this.close()
		this.length = size
		this.descriptor ??= openSync(this.path, 'r+')
		return this.descriptor
	}
}
