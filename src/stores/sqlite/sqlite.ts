// SQLite: the default database, a file in the data folder. Its connections are in threads of their own: one writes, the
// others read. Nothing in the calling thread waits for a lock, a checkpoint or a long statement.

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HeldLock } from '../../system/lock.ts'
import { createPrivateFile, removeForeignAccess } from '../../system/private-files.ts'
import { migrate } from '../migrations/migrate.ts'
import { expectColumns, expectSchema, SchemaError, type SchemaMode } from '../migrations/schema.ts'
import { timeoutMs } from '../sql/database-failure.ts'
import type { Sql } from '../sql/sql.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { Writer } from '../sql/writer.ts'
import { hasMigrations, isFile } from './file-check.ts'
import { guardFile } from './file-guard.ts'
import { LogTruncation } from './log-truncation.ts'
import { OpenedFile } from './opened-file.ts'
import { isRestorePending } from './pending-restore.ts'
import { ReaderPool } from './reader-pool.ts'
import { explainSqliteFailure } from './sqlite-failure.ts'
import { scan } from './sqlite-scan.ts'
import { sqliteClockMs } from './sqlite-sql.ts'
import { createTextIndex, sqliteTextIndex } from './sqlite-text-index.ts'
import { SqliteThread } from './sqlite-thread.ts'
import { TextIndexing } from './text-indexing.ts'
import { ThreadSlot } from './thread-slot.ts'
import { findWriteLock } from './write-lock.ts'

/** How long a write waits for a transaction of another process, in milliseconds. */
const busyTimeoutMs = 4000
/** How long the truncation of the write-ahead log waits for readers, in milliseconds. Writes wait for it. */
const truncationTimeoutMs = 50
/** How long opening is retried, and the delay between attempts, in milliseconds. */
const [openTimeoutMs, lockRetryMs] = [10_000, 20]
/** SQLite's interval between attempts to begin a transaction while another process writes, in milliseconds. */
const pollMs = 110
/** Page cache of each connection. */
const cacheKiB = 16_384
/** The connections for reading. */
export const readerOptions = { maxThreads: 4, maxSlow: 2, growAfterMs: 20, timeoutMs } as const

export interface SqliteDatabase extends SqlDatabase {
	/** Adds all messages to the index over their texts, which otherwise happens in the background. */
	indexTexts(): Promise<void>
	/** Removes what removed messages have left in the index, which otherwise happens in the background. */
	mergeIndex(): Promise<void>
}

/**
 * Opens the database file. Acknowledged writes are on disk. Readers never wait for writers, also across processes.
 *
 * @throws SchemaError if the database does not meet `mode`; then no file is created.
 */
export async function openSqlite(file: string, mode: SchemaMode = 'create'): Promise<SqliteDatabase> {
	if (mode === 'create') await mkdir(dirname(file), { recursive: true, mode: 0o700 })
	const exists = await isFile(file)
	if (mode !== 'create' && !exists && !(await isRestorePending(file))) throw missingFile()
	const lock = await guardFile(file)
	try {
		if (mode === 'create') await createPrivateFile(file)
		else if (!(await isFile(file))) throw missingFile()
		return await openGuarded(file, mode, lock)
	} catch (thrown) {
		lock.release()
		throw thrown
	}
}

/** @param lock is released when the database is closed. */
async function openGuarded(file: string, mode: SchemaMode, lock: HeldLock): Promise<SqliteDatabase> {
	const { thread, migrated } = await openFirst(file, mode)
	for (const suffix of ['', '-wal', '-shm']) await removeForeignAccess(`${file}${suffix}`)
	const opened = new OpenedFile(file)
	const open = async () => {
		opened.expectUnmoved()
		return connect(file)
	}
	const [first, writing] =
		mode === 'expect' ? [thread, new ThreadSlot(open, undefined)] : [undefined, new ThreadSlot(open, thread)]
	const readers = new ReaderPool({ open, ...readerOptions }, first)
	const writer = new Writer({
		sql: async () => (await writing.get()).sql,
		explain: explainSqliteFailure,
		begin: 'immediate',
		commitsWithLast: true,
	})
	const truncation = new LogTruncation(() => writer.between(async () => truncateLog((await writing.get()).sql)))
	const indexing = new TextIndexing((work) =>
		writer.between(async () => (await writing.get()).sql.begin('immediate', work)),
	)
	if (mode === 'create') indexing.request()
	const database: SqliteDatabase = {
		// SQLite has one writer at a time, and a lock is on the whole file.
		separate: () => database,
		...readers.anonymous,
		readsOf: (caller) => readers.of(caller),
		clockMs: sqliteClockMs,
		textIndex: sqliteTextIndex,
		indexTexts: () => indexing.complete(),
		mergeIndex: () => indexing.merge(),
		migrated,
		async write(work, key, share) {
			const result = await writer.write(work, key, share)
			indexing.request()
			return result
		},
		// SQLite allows one writing process at a time.
		async lock() {},
		snapshot: (work) =>
			readers.anonymous.sql.begin('deferred', (transaction) => work((table) => scan(transaction, table))),
		// Readers in other processes may prevent it; then the last process that closes the database removes the log.
		erase() {
			indexing.requestMerge()
			return truncation.request()
		},
		async check() {
			opened.expectUnmoved()
			await readers.anonymous.sql`SELECT name FROM migrations LIMIT 1`
		},
		explain: explainSqliteFailure,
		reconnect() {},
		// A thread that starts late on a busy machine has not waited long enough yet to report a lock itself.
		// A command has nothing else to do; a server's other requests would wait for the disk, too.
		delayCause: mode === 'expect' ? () => findWriteLock(file) : undefined,
		async close() {
			truncation.close()
			await indexing.close()
			await writer.idle()
			await Promise.all([readers.close(), writing.close()])
			lock.release()
		},
	}
	return database
}

/** @returns false if a reader or another process prevents it. */
async function truncateLog(sql: Sql): Promise<boolean> {
	await sql.unsafe(`PRAGMA busy_timeout = ${truncationTimeoutMs}`)
	try {
		const [row] = await sql.unsafe('PRAGMA wal_checkpoint(TRUNCATE)')
		return Number(row?.busy) === 0
	} finally {
		await sql.unsafe(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
	}
}

function missingFile(): SchemaError {
	return new SchemaError('missing', 'there is no such file')
}

interface FirstThread {
	readonly thread: SqliteThread
	/** The migration steps that were applied. */
	readonly migrated: readonly string[]
}

/** Checks the schema before any pragma changes the file: it may belong to another program. */
async function openFirst(file: string, mode: SchemaMode): Promise<FirstThread> {
	const thread = await SqliteThread.open(file)
	const { sql } = thread
	try {
		if (mode !== 'create') await retryLocked(() => expectSchema(sql, mode, () => hasMigrations(sql)))
		await prepare(sql)
		const migrated =
			mode === 'expect'
				? []
				: await retryLocked(() => migrate(sql, { begin: 'immediate', pauseMs: pollMs, createTextIndex }))
		await retryLocked(() => expectColumns((table) => columnsOf(sql, table)))
		return { thread, migrated }
	} catch (thrown) {
		await thread.close()
		throw thrown
	}
}

async function columnsOf(sql: Sql, table: string): Promise<readonly string[]> {
	const rows = await sql`SELECT name FROM pragma_table_info(${table})`
	return Array.from(rows, ({ name }) => String(name))
}

async function connect(file: string): Promise<SqliteThread> {
	const thread = await SqliteThread.open(file)
	try {
		await prepare(thread.sql)
		return thread
	} catch (thrown) {
		await thread.close()
		throw thrown
	}
}

async function prepare(sql: Sql): Promise<void> {
	await sql.unsafe(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
	await retryLocked(() => sql.unsafe('PRAGMA journal_mode = WAL'))
	// The thread syncs the log after each transaction, when other processes can already write: see decisions/022.
	await sql.unsafe('PRAGMA synchronous = NORMAL')
	await sql.unsafe('PRAGMA secure_delete = ON')
	await sql.unsafe(`PRAGMA cache_size = -${cacheKiB}`)
	await sql.unsafe('PRAGMA foreign_keys = ON')
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
