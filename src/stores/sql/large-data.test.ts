// Large conversations and many texts, on every database: statements and transactions have bounds of their own.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alice, collect, conversation, ended, turn, user } from '../../conversations/conversation-store.testing.ts'
import { inputId } from '../../conversations/message-id.ts'
import { openPostgres } from '../postgres/postgres.ts'
import { freshDatabase, postgresServer } from '../postgres/server.testing.ts'
import { openSqlite } from '../sqlite/sqlite.ts'
import type { Sql } from './sql.ts'
import { SqlConversationStore } from './sql-conversation-store.ts'
import type { SqlDatabase } from './sql-database.ts'

type Open = () => Promise<{ readonly database: SqlDatabase; close(): Promise<void> }>

async function openNewSqlite() {
	const database = await openSqlite(join(await mkdtemp(join(tmpdir(), 'dragoman-large-')), 'dragoman.sqlite'))
	return { database, close: () => database.close() }
}

async function openNewPostgres(server: string) {
	const fresh = await freshDatabase(server)
	const database = await openPostgres(fresh.url)
	return {
		database,
		async close() {
			await database.close()
			await fresh.drop()
		},
	}
}

const databases: readonly (readonly [string, Open])[] = [
	['sqlite', openNewSqlite],
	...(postgresServer === undefined ? [] : ([['postgres', () => openNewPostgres(postgresServer ?? '')]] as const)),
]

for (const [name, open] of databases)
	describe(name, () => {
		let opened: Awaited<ReturnType<Open>>
		beforeEach(async () => {
			opened = await open()
		})
		afterEach(() => opened.close())

		test('a turn of 60,000 messages is stored, exported in order, and removed', async () => {
			let mostRows = 0
			const counting: SqlDatabase = {
				...opened.database,
				readsOf(caller) {
					const reads = opened.database.readsOf(caller)
					const count = (sql: Sql) =>
						new Proxy(sql, {
							apply(target, self, given) {
								const result: unknown = Reflect.apply(target, self, given)
								if (result instanceof Promise)
									void result.then((rows) => {
										mostRows = Math.max(mostRows, Object(rows).length ?? 0)
									})
								return result
							},
						})
					return { sql: count(reads.sql), slowSql: count(reads.slowSql), search: reads.search }
				},
			}
			const { index, history, turns } = new SqlConversationStore(counting).in(alice)
			const made = conversation()
			const begun = turn({
				conversation: made.id,
				create: made,
				inputs: Array.from({ length: 60_000 }, (_, at) => user(`${at}`)),
			})
			expect(await turns.begin(begun)).toBe('begun')
			const { messages } = await collect(await history.export(made.id))
			expect(messages.map(({ id }) => id)).toEqual(begun.inputs.map((_, at) => inputId(begun.id, at)))
			expect(messages.at(-1)?.json).toContain('59999')
			// With every row in one statement, the removal of a message would occupy the event loop for long.
			expect(await turns.removeFrom(made.id, inputId(begun.id, 59_990), 9000)).toBe(true)
			expect(mostRows).toBeLessThanOrEqual(4096)
			expect((await turns.find(begun.id))?.inputs).toHaveLength(59_990)
			expect(await index.remove(made.id)).toBe(true)
			expect(await history.export(made.id)).toBeUndefined()
		}, 120_000)

		test('an export is read in batches of a bounded size', async () => {
			const { history, turns } = new SqlConversationStore(opened.database).in(alice)
			const made = conversation()
			const sizes = [3_000_000, 10, 10, 400_000, 400_000, 400_000, 3_000_000, ...Array.from({ length: 600 }, () => 10)]
			await turns.begin(
				turn({ conversation: made.id, create: made, inputs: sizes.map((size) => user('x'.repeat(size))) }),
			)
			const batches = await Array.fromAsync((await history.export(made.id))?.messages ?? [])
			const bytes = batches.map((batch) => batch.reduce((sum, { json }) => sum + json.length, 0))
			expect(batches.map(({ length }) => length)).toEqual([1, 4, 1, 1, 256, 256, 88])
			expect(Math.max(...bytes)).toBeLessThan(3_001_000)
			expect(bytes.filter((size) => size > 1_048_576)).toHaveLength(2)
		}, 60_000)

		test('the removal of a message and what follows it takes bounded transactions', async () => {
			const { database } = opened
			const count = async (sql: Sql) => Number((await sql`SELECT COUNT(*) AS count FROM messages`)[0]?.count)
			let mostRemoved = 0
			const counting: SqlDatabase = {
				...database,
				write: (work, key, share) =>
					database.write(
						async (sql) => {
							const before = await count(sql)
							const result = await work(sql)
							mostRemoved = Math.max(mostRemoved, before - (await count(sql)))
							return result
						},
						key,
						share,
					),
			}
			const { history, turns } = new SqlConversationStore(counting).in(alice)
			const made = conversation()
			const begun = turn({
				...{ conversation: made.id, create: made },
				inputs: Array.from({ length: 1000 }, (_, at) => user(`${at}`)),
			})
			expect(await turns.begin(begun)).toBe('begun')
			await turns.end(begun.id, ended('answer'))
			expect(await turns.removeFrom(made.id, inputId(begun.id, 3), 9000)).toBe(true)
			expect(mostRemoved).toBeLessThanOrEqual(256)
			const { messages } = await collect(await history.export(made.id))
			expect(messages.map(({ id }) => id)).toEqual([0, 1, 2].map((at) => inputId(begun.id, at)))
			expect(await turns.find(begun.id)).toMatchObject({ answers: [], inputs: messages.map(({ id }) => id) })
			expect(await turns.removeFrom(made.id, inputId(begun.id, 0), 9000)).toBe(true)
			expect(await turns.find(begun.id)).toBeUndefined()
		}, 60_000)

		test('texts that no turn refers to any more are removed in bounded transactions', async () => {
			const { database } = opened
			let mostRemoved = 0
			const counting: SqlDatabase = {
				...database,
				write: (work, key) =>
					database.write(async (sql) => {
						const before = await countTexts(sql)
						const result = await work(sql)
						mostRemoved = Math.max(mostRemoved, before - (await countTexts(sql)))
						return result
					}, key),
			}
			const { index, turns } = new SqlConversationStore(counting).in(alice)
			const [removed, other] = [conversation(), conversation()]
			const shared = { tools: ['shared'] }
			for (let at = 0; at < 150; at++)
				await turns.begin(
					turn({
						conversation: removed.id,
						create: at === 0 ? removed : undefined,
						echo: at === 149 ? shared : { tools: [at] },
					}),
				)
			await turns.begin(turn({ conversation: other.id, create: other, echo: shared }))
			expect(await countTexts(database.sql)).toBe(150)
			expect(await index.remove(removed.id)).toBe(true)
			expect(await countTexts(database.sql)).toBe(1)
			expect(mostRemoved).toBe(64)
		}, 60_000)

		test('the text of a removed turn is removed, unless another turn refers to it', async () => {
			const { turns } = new SqlConversationStore(opened.database).in(alice)
			const made = conversation()
			const ids = []
			for (const echo of [{ tools: ['a'] }, { tools: ['a'] }, { tools: ['b'] }]) {
				const next = turn({ conversation: made.id, create: ids.length === 0 ? made : undefined, stored: true, echo })
				expect(await turns.begin(next)).toBe('begun')
				ids.push(next.id)
			}
			const counts = [await countTexts(opened.database.sql)]
			for (const id of ids) {
				await turns.remove(id)
				counts.push(await countTexts(opened.database.sql))
			}
			expect(counts).toEqual([2, 2, 1, 0])
		}, 60_000)
	})

async function countTexts(sql: SqlDatabase['sql']): Promise<number> {
	const [row] = await sql`SELECT COUNT(*) AS count FROM texts`
	return Number(row?.count)
}
