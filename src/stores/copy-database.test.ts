import { expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQL } from 'bun'
import { createKey } from '../keys/key.ts'
import { rejection } from '../system/rejection.testing.ts'
import { copyDatabase } from './copy-database.ts'
import { DatabaseError } from './database-error.ts'
import { openPostgres } from './postgres/postgres.ts'
import { freshDatabase, postgresServer } from './postgres/server.testing.ts'
import type { SqlDatabase } from './sql/sql-database.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { nextBatch, tables } from './sql/table.ts'
import { openSqlite } from './sqlite/sqlite.ts'
import { textIndexPrefix } from './sqlite/sqlite-text-index.ts'

const newFile = async () => join(await mkdtemp(join(tmpdir(), 'dragoman-copy-')), 'dragoman.sqlite')

/** Ids that different collations order differently. */
const ids = ['b', 'B', 'a', '_', 'ä', 'z', 'Ω', '语', '10', '9', 'a b', '😀', '～']

async function fill(database: SqlDatabase, messages: number): Promise<void> {
	await database.write(async (sql) => {
		const [nowMs, million] = [1_793_491_200_123, 4_000_000_000_123]
		for (const id of ids) {
			const { key } = createKey({ name: id, role: 'user' }, nowMs)
			await sql`INSERT INTO keys ${sql([{ ...keyRow(key.hash), id: `key ${id}`, name: id }])}`
			await sql`INSERT INTO conversations ${sql([{ ...scope, id, end_user: null, title: `\u0000${id}\n"`, search_title: id, metadata: '{}', listed: 1, head: null, created_at_ms: nowMs, updated_at_ms: nowMs }])}`
			await sql`INSERT INTO branches ${sql([2, 10].map((branch) => ({ conversation: id, branch, parent_branch: 0, parent_depth: 1 })))}`
			await sql`INSERT INTO ledger ${sql([{ ...scope, ...counts(million), id, key: 'k', model: 'm', upstream: 'u', operation: 'chat', dialect: 'openai', outcome: 'completed', opened_at_ms: nowMs, settled_at_ms: nowMs, source: 'counted' }])}`
			await sql`INSERT INTO usage_days ${sql([{ ...scope, ...counts(million), day: '2026-11-23', key: id, model: 'm', operation: 'chat', requests: 3 }])}`
			await sql`INSERT INTO texts ${sql([{ ...scope, hash: id, body: `{"text":"${id}"}` }])}`
			await sql`INSERT INTO turns ${sql([{ ...scope, id, conversation: id, began_conversation: 1, surface: 'chat', stored: 1, state: 'completed', process: '', parent: null, model: 'm', inputs: 1, answers: '[]', usage: null, error: null, metadata: '{}', echo: id, created_at_ms: nowMs, ended_at_ms: null }])}`
		}
		for (let depth = 0; depth < messages; depth++)
			await sql`INSERT INTO messages ${sql([{ conversation: 'a', id: `m${depth}`, parent: null, turn: 'a', branch: 0, depth, path_bytes: depth, body: '{"text":"\\u0000"}', search_text: 'ä'.repeat(depth % 50), partial: 0, created_at_ms: nowMs }])}`
	})
}

const scope = { tenant: 'default', owner: 'alice' }

function keyRow(hash: string) {
	return { role: 'user', prefix: 'dgm-1', hash, created_at_ms: 1, revoked_at_ms: null, ...scope, settings: '{}' }
}

function counts(tokens: number) {
	return {
		prompt_tokens: tokens,
		cached_tokens: 0,
		completion_tokens: 1,
		reasoning_tokens: 0,
		cost_micros: tokens,
		currency: 'EUR',
	}
}

test('every table of the schema is copied in order of its primary key', async () => {
	const database = await openSqlite(await newFile())
	const made = await database.sql`
		SELECT name FROM sqlite_master
		WHERE type = 'table' AND name NOT IN ('migrations', 'processes') AND substr(name, 1, ${textIndexPrefix.length}) <> ${textIndexPrefix}`
	expect(made.map(({ name }) => String(name)).toSorted()).toEqual(tables.map(({ name }) => name).toSorted())
	for (const { name, key } of tables) {
		const columns = await database.sql.unsafe(
			`SELECT name, LOWER(type) AS type FROM pragma_table_info('${name}') WHERE pk > 0 ORDER BY pk`,
		)
		expect(columns.map((column) => [String(column.name), String(column.type)])).toEqual(Object.entries(key))
	}
	await database.close()
})

test('a copy is identical except for U+0000', async () => {
	const [from, to] = [await openSqlite(await newFile()), await openSqlite(await newFile())]
	await fill(from, 3000)
	const copied = await copyDatabase(from, to)
	expect(copied.filter(({ same }) => !same)).toEqual([])
	expect(copied.find(({ table }) => table === 'messages')?.to.rows).toBe(3000)
	expect(copied.find(({ table }) => table === 'branches')?.from.rows).toBe(ids.length * 2)
	const [row] = await to.sql`SELECT title, created_at_ms FROM conversations WHERE id = 'a'`
	expect(row).toEqual({ title: 'a\n"', created_at_ms: 1_793_491_200_123 })
	await Promise.all([from.close(), to.close()])
})

test('a target that is not empty is rejected and not changed', async () => {
	const [from, to] = [await openSqlite(await newFile()), await openSqlite(await newFile())]
	await fill(from, 1)
	const { key } = createKey({ name: 'first', role: 'admin' }, 1)
	await new SqlKeyStore(to).insert(key)
	expect(await rejection(copyDatabase(from, to))).toEqual(
		new DatabaseError("The target is not empty: it has rows in 'keys'."),
	)
	expect(await new SqlKeyStore(to).list()).toHaveLength(1)
	await Promise.all([from.close(), to.close()])
})

test('a failed copy leaves the target empty', async () => {
	const [from, to] = [await openSqlite(await newFile()), await openSqlite(await newFile())]
	await fill(from, 2000)
	await to.sql.unsafe(
		"CREATE TRIGGER full BEFORE INSERT ON messages WHEN new.depth = 1999 BEGIN SELECT RAISE(ABORT, 'disk full'); END",
	)
	expect((await rejection(copyDatabase(from, to))).message).toContain('disk full')
	for (const { name } of tables) expect(await to.sql`SELECT 1 FROM ${to.sql(name)}`).toHaveLength(0)
	await Promise.all([from.close(), to.close()])
})

test('lost and changed rows are reported', async () => {
	const [from, to] = [await openSqlite(await newFile()), await openSqlite(await newFile())]
	await fill(from, 10)
	await to.sql.unsafe(
		'CREATE TRIGGER loses AFTER INSERT ON messages WHEN new.depth = 7 BEGIN DELETE FROM messages WHERE depth = 7; END',
	)
	await to.sql.unsafe(
		"CREATE TRIGGER changes AFTER INSERT ON texts WHEN new.hash = 'z' BEGIN UPDATE texts SET body = '' WHERE hash = 'z'; END",
	)
	const different = (await copyDatabase(from, to)).filter(({ same }) => !same)
	expect(different.map(({ table, from, to }) => [table, from.rows, to.rows])).toEqual([
		['messages', 10, 9],
		['texts', ids.length, ids.length],
	])
	await Promise.all([from.close(), to.close()])
})

test('a snapshot does not see concurrent writes', async () => {
	const database = await openSqlite(await newFile())
	await fill(database, 1)
	const [messages] = tables.filter(({ name }) => name === 'messages')
	if (messages === undefined) throw new Error('there are messages')
	const seen = await database.snapshot(async (scan) => {
		const first: unknown[] = []
		for await (const batch of scan(messages)) first.push(...batch)
		await database.write((sql) => sql`DELETE FROM messages`)
		const second: unknown[] = []
		for await (const batch of scan(messages)) second.push(...batch)
		return [first.length, second.length]
	})
	expect(seen).toEqual([1, 1])
	await database.close()
})

test('batches shrink if rows are large, and grow if they are small', () => {
	expect(nextBatch(256, [{ body: 'x'.repeat(5_000_000) }])).toBe(128)
	expect(nextBatch(1, [{ body: 'x'.repeat(5_000_000) }])).toBe(1)
	expect(nextBatch(256, [{ body: 'x'.repeat(2_000_000) }])).toBe(256)
	expect(nextBatch(1024, [{ body: 'x' }])).toBe(1024)
})

if (postgresServer !== undefined)
	test('SQLite to PostgreSQL and back, with any collation of the server', async () => {
		const fresh = await freshDatabase(
			postgresServer as string,
			"TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
		)
		const [from, between, to] = [
			await openSqlite(await newFile()),
			await openPostgres(fresh.url),
			await openSqlite(await newFile()),
		]
		try {
			await fill(from, 3000)
			const there = await copyDatabase(from, between)
			expect(there.filter(({ same }) => !same)).toEqual([])
			const back = await copyDatabase(between, to)
			expect(back.map(({ to }) => to)).toEqual(there.map(({ from }) => from))
			const types: readonly unknown[] = await to.sql`
				SELECT DISTINCT typeof(prompt_tokens) AS tokens, typeof(settled_at_ms) AS ms FROM ledger`
			expect(Array.from(types)).toEqual([{ tokens: 'integer', ms: 'integer' }])
			const other = new SQL(fresh.url)
			const seen = await between.snapshot(async (scan) => {
				const counted: number[] = []
				for (const table of tables.filter(({ name }) => name === 'messages' || name === 'texts')) {
					let rows = 0
					for await (const batch of scan(table)) rows += batch.length
					counted.push(rows)
					await other`DELETE FROM texts`
				}
				return counted
			})
			expect(seen).toEqual([3000, ids.length])
			await other.close()
		} finally {
			await Promise.all([from.close(), between.close(), to.close()])
			await fresh.drop()
		}
	}, 60_000)
