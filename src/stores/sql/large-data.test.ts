// Large conversations and many texts, on every database: statements and transactions have bounds of their own.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
	alice,
	answer,
	collect,
	conversation,
	ended,
	turn,
	user,
} from '../../conversations/conversation-store.testing.ts'
import { inputId } from '../../conversations/message-id.ts'
import { openPostgres } from '../postgres/postgres.ts'
import { freshDatabase, postgresServer } from '../postgres/server.testing.ts'
import { openSqlite } from '../sqlite/sqlite.ts'
import type { Row, Sql } from './sql.ts'
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

/** The same database, whose reads of scopes are reported. */
function watched(database: SqlDatabase, read: (rows: readonly Row[]) => void): SqlDatabase {
	const watch = (sql: Sql) =>
		new Proxy(sql, {
			apply(target, self, given) {
				const result: unknown = Reflect.apply(target, self, given)
				if (result instanceof Promise) void result.then((rows) => read(rows))
				return result
			},
		})
	return {
		...database,
		readsOf(caller) {
			const { sql, slowSql, search } = database.readsOf(caller)
			const inSearch: typeof search = (timeout, work) => search(timeout, (own) => work(watch(own)))
			return { sql: watch(sql), slowSql: watch(slowSql), search: inSearch }
		},
	}
}

for (const [name, open] of databases)
	describe(name, () => {
		let opened: Awaited<ReturnType<Open>>
		beforeEach(async () => {
			opened = await open()
		})
		afterEach(() => opened.close())

		test('a turn of 60,000 messages is stored, exported in order, and removed', async () => {
			let mostRows = 0
			const counting = watched(opened.database, ({ length }) => {
				mostRows = Math.max(mostRows, length)
			})
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

		test('a list reads the long texts of those turns only that it returns', async () => {
			let characters = 0
			const counting = watched(opened.database, (rows) => {
				for (const row of rows) characters += JSON.stringify(row).length
			})
			const { turns } = new SqlConversationStore(counting).in(alice)
			for (let at = 0; at < 20; at++) {
				const made = conversation()
				const echo = { tools: [`${at} ${'x'.repeat(100_000)}`] }
				const begun = turn({ conversation: made.id, create: made, stored: true, metadata: { at: `${at}` }, echo })
				await turns.begin(begun)
				await turns.end(begun.id, ended('answer'))
			}
			for (const query of [{ limit: 1 }, { limit: 2, metadata: { at: '7' } }]) {
				characters = 0
				const page = await turns.list({ surface: 'chat', order: 'asc', ...query })
				expect(page?.items).toHaveLength(1)
				expect(page?.items[0]?.echo).toHaveProperty('tools.length', 1)
				expect(characters).toBeWithin(100_000, 150_000)
			}
		}, 60_000)

		test('long texts are parsed in steps, wherever they are read', async () => {
			/** Turns of the event loop since rows arrived. */
			let free = 0
			const counting = watched(opened.database, () => {
				free = 0
			})
			const freeDuring = async (work: () => Promise<unknown>) => {
				let isOver = false
				const running = work().finally(() => {
					isOver = true
				})
				for (; !isOver; free++) await new Promise(setImmediate)
				await running
				return free
			}
			const { history, index, turns } = new SqlConversationStore(counting).in(alice)
			const made = conversation()
			const fields = { many: Array.from({ length: 300_000 }, () => ({})) }
			const begun = turn({
				...{ conversation: made.id, create: made, stored: true, echo: fields },
				inputs: [{ ...user('a needle'), rest: { wire: 'openai', fields } }],
			})
			await turns.begin(begun)
			await turns.end(begun.id, ended('answer'))
			const id = inputId(begun.id, 0)
			const page = { limit: 5, order: 'asc' } as const
			const reads: Readonly<Record<string, () => Promise<unknown>>> = {
				turn: () => turns.find(begun.id),
				list: () => turns.list({ ...page, surface: 'chat' }),
				history: () => history.read(made.id, { maxBytes: 10_000_000 }),
				page: () => history.page(made.id, page),
				message: () => history.message(made.id, id),
				search: () => index.list({ ...page, text: 'needle' }),
			}
			const counts: Record<string, boolean> = {}
			for (const [name, read] of Object.entries(reads)) counts[name] = (await freeDuring(read)) > 30
			expect(counts).toEqual(Object.fromEntries(Object.keys(reads).map((name) => [name, true])))
			expect((await turns.find(begun.id))?.echo.many).toHaveLength(300_000)
			expect((await history.message(made.id, id))?.message.rest?.fields.many).toHaveLength(300_000)
		}, 120_000)

		test('turns are exported in batches of a bounded size', async () => {
			const { history, turns } = new SqlConversationStore(opened.database).in(alice)
			const made = conversation()
			const logprobs = [{ token: 'x'.repeat(400_000), logprob: 0, bytes: [], top: [] }]
			for (let at = 0; at < 5; at++) {
				const begun = turn({ conversation: made.id, create: at === 0 ? made : undefined })
				expect(await turns.begin(begun)).toBe('begun')
				await turns.end(begun.id, ended('answer', { answers: [{ ...answer('a'), logprobs }] }))
			}
			const batches = await Array.fromAsync((await history.export(made.id))?.turns ?? [])
			expect(batches.map(({ length }) => length)).toEqual([2, 2, 1])
		}, 60_000)

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
