import { afterEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alice, conversation, ended, turn, user } from '../../conversations/conversation-store.testing.ts'
import { LastStatements, type Sql } from '../sql/sql.ts'
import { SqlConversationStore } from '../sql/sql-conversation-store.ts'
import type { ThreadRequest } from './database-thread.ts'
import { ReaderPool } from './reader-pool.ts'
import { openSqlite, readerOptions } from './sqlite.ts'
import { explainSqliteFailure } from './sqlite-failure.ts'
import { SqliteThread, UnavailableError } from './sqlite-thread.ts'
import { ThreadSlot } from './thread-slot.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
	for (const close of closing.splice(0)) await close()
})

async function newDatabase() {
	const file = join(await mkdtemp(join(tmpdir(), 'dragoman-thread-')), 'test.sqlite')
	const database = await openSqlite(file)
	closing.push(() => database.close())
	await database.write((sql) => sql.unsafe('CREATE TABLE filler (id INTEGER PRIMARY KEY)'))
	return { file, database }
}

/** A statement that counts to `rows`. */
function counting(rows: number): string {
	return `SELECT COUNT(*) AS count FROM
		(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows}) SELECT n FROM numbers)`
}

const long = counting(12_000_000)

test('short statements do not wait for long ones, which do not use all threads', async () => {
	const { file, database } = await newDatabase()
	// The last ones wait for longer than usual on a busy machine.
	const pool = new ReaderPool({ open: () => SqliteThread.open(file), ...readerOptions, timeoutMs: 600_000 }, undefined)
	closing.push(() => pool.close())
	const { sql, slowSql } = pool.anonymous
	const order: string[] = []
	const running = [1, 2, 3, 4].map(() => slowSql.unsafe(long).then(() => order.push('long')))
	await sql`SELECT 1`
	await database.write((sql) => sql`INSERT INTO filler ${sql([{ id: 1 }])}`)
	order.push('short')
	await Promise.all(running)
	expect(order).toEqual(['short', 'long', 'long', 'long', 'long'])
})

test('a statement that waits for too long is unavailable', async () => {
	const { file } = await newDatabase()
	const options = { open: () => SqliteThread.open(file), maxThreads: 1, maxSlow: 1, growAfterMs: 1, timeoutMs: 0 }
	const pool = new ReaderPool(options, undefined)
	closing.push(() => pool.close())
	const thrown = await pool.anonymous.sql`SELECT 1`.catch((thrown: unknown) => thrown)
	expect(thrown).toBeInstanceOf(UnavailableError)
	expect(explainSqliteFailure(thrown)).toBe('unavailable')
})

test('a reader that ends fails its statements, and is replaced', async () => {
	const { file } = await newDatabase()
	const first = await SqliteThread.open(file)
	const options = { open: () => SqliteThread.open(file), maxThreads: 1, maxSlow: 1, growAfterMs: 1, timeoutMs: 5000 }
	const pool = new ReaderPool(options, first)
	closing.push(() => pool.close())
	const pending = pool.anonymous.sql.unsafe(long).catch((thrown: unknown) => thrown)
	await Promise.resolve()
	first.terminate()
	expect(await pending).toBeInstanceOf(UnavailableError)
	expect(await pool.anonymous.sql`SELECT 1 AS found`).toEqual([{ found: 1 }])
})

test('a writer that ends in a transaction leaves nothing of it, and is replaced', async () => {
	const { file, database } = await newDatabase()
	const slot = new ThreadSlot(() => SqliteThread.open(file), undefined)
	closing.push(() => slot.close())
	const thread = await slot.get()
	const thrown = await thread.sql
		.begin('immediate', async (sql) => {
			await sql`INSERT INTO filler ${sql([{ id: 1 }])}`
			thread.terminate()
			await sql`INSERT INTO filler ${sql([{ id: 2 }])}`
		})
		.catch((thrown: unknown) => thrown)
	expect(thrown).toBeInstanceOf(UnavailableError)
	const { sql } = await slot.get()
	await sql.unsafe('PRAGMA busy_timeout = 5000')
	await sql.begin('immediate', (transaction) => transaction`INSERT INTO filler ${transaction([{ id: 3 }])}`)
	expect(await database.sql`SELECT id FROM filler`).toEqual([{ id: 3 }])
})

test('no statement of a transaction that SQLite has rolled back becomes a transaction of its own', async () => {
	const { database } = await newDatabase()
	const thrown = await database
		.write(async (sql) => {
			await sql`INSERT INTO filler ${sql([{ id: 1 }])}`
			await sql.unsafe('ROLLBACK')
			await sql`INSERT INTO filler ${sql([{ id: 2 }])}`
		})
		.catch((thrown: unknown) => thrown)
	expect(thrown).toMatchObject({ message: 'the transaction was rolled back' })
	expect(await database.sql`SELECT id FROM filler`).toEqual([])
})

test('the log is truncated once the reader that prevents it has ended', async () => {
	const { file, database } = await newDatabase()
	const reader = await SqliteThread.open(file)
	closing.push(() => reader.close())
	const logBytes = () => Bun.file(`${file}-wal`).size
	await reader.begin('', async (sql) => {
		await sql`SELECT COUNT(*) FROM filler`
		await database.write((sql) => sql`INSERT INTO filler ${sql([{ id: 1 }])}`)
		await database.erase()
		await database.write((sql) => sql`INSERT INTO filler ${sql([{ id: 2 }])}`)
		expect(logBytes()).toBeGreaterThan(0)
	})
	for (const untilMs = performance.now() + 10_000; logBytes() > 0 && performance.now() < untilMs; ) await Bun.sleep(20)
	expect(logBytes()).toBe(0)
})

test('a transaction whose log cannot be synced is unavailable, and is not repeated', async () => {
	const { file, database } = await newDatabase()
	await rm(`${file}-wal`)
	let runs = 0
	const insert = (id: number) =>
		database.write(async (sql) => {
			runs++
			await sql`INSERT INTO filler ${sql([{ id }])}`
		})
	const ends = await Promise.allSettled([insert(1), insert(2)])
	expect(ends.map((end) => end.status === 'rejected' && explainSqliteFailure(end.reason))).toEqual([
		'unavailable',
		'unavailable',
	])
	expect(runs).toBe(2)
})

/** The messages with statements on turns that `work` sends to threads: the types of the calls in each. */
async function messagesDuring(work: () => Promise<unknown>): Promise<readonly (readonly string[])[]> {
	const { postMessage } = Worker.prototype
	const sent: (readonly string[])[] = []
	Worker.prototype.postMessage = function (...given: unknown[]) {
		if (/\bturns\b/.test(JSON.stringify(given)))
			sent.push((given[0] as readonly ThreadRequest[]).map(({ call }) => call.type))
		return Reflect.apply(postMessage, this, given)
	}
	try {
		await work()
	} finally {
		Worker.prototype.postMessage = postMessage
	}
	return sent
}

test('a stored turn takes three messages to the thread that writes', async () => {
	const { database } = await newDatabase()
	const { turns } = new SqlConversationStore(database).in(alice)
	const made = conversation()
	const begun = turn({ conversation: made.id, create: made, inputs: [user('hello')], echo: { tools: ['x'] } })
	expect(await messagesDuring(() => turns.begin(begun))).toEqual([
		['begin', 'continue', 'continue', 'continue', 'commit'],
	])
	expect(await messagesDuring(() => turns.end(begun.id, ended('hi')))).toEqual([
		['begin', 'continue'],
		['continue', 'continue', 'continue', 'commit'],
	])
	expect((await turns.find(begun.id))?.state).toBe('completed')
})

test('nothing is committed if one of the last statements fails', async () => {
	const { database } = await newDatabase()
	const add = (sql: Sql, ...ids: readonly number[]) => ids.map((id) => sql`INSERT INTO filler ${sql([{ id }])}`)
	await database.write(async (sql) => new LastStatements(undefined, add(sql, 1)))
	const failing = [
		[1, 2, 3],
		[4, 1, 5],
		[6, 7, 1],
	]
	for (const ids of failing) {
		const thrown = await database.write(async (sql) => new LastStatements('result', add(sql, ...ids))).catch(String)
		expect(thrown).toContain('UNIQUE constraint failed')
	}
	// Writes that share a transaction: the others succeed.
	const results = await Promise.allSettled(
		[[8], [9, 1], [10]].map((ids) => database.write(async (sql) => new LastStatements(ids, add(sql, ...ids)))),
	)
	expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
	expect(results[2]).toMatchObject({ value: [10] })
	const rows = await database.sql`SELECT id FROM filler ORDER BY id`
	expect(rows.map(({ id }) => id)).toEqual([1, 8, 10])
})
