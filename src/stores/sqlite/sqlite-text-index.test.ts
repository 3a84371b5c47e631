import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alice } from '../../conversations/conversation-store.testing.ts'
import { BodyWriter } from '../sql/body-writer.ts'
import { searchConversations } from '../sql/conversation-search.ts'
import { SqlConversationStore } from '../sql/sql-conversation-store.ts'
import { foundBy, storeTexts } from '../sql/text-index.testing.ts'
import { openSqlite, type SqliteDatabase } from './sqlite.ts'

const newFile = async () => join(await mkdtemp(join(tmpdir(), 'dragoman-text-index-')), 'dragoman.sqlite')

async function waiting({ sql }: SqliteDatabase): Promise<number> {
	const [row] = await sql`SELECT COUNT(*) AS messages FROM message_search WHERE indexed = 0`
	return Number(row?.messages)
}

async function indexedTrigrams(database: SqliteDatabase): Promise<readonly string[]> {
	return database.write(async (sql) => {
		await sql.unsafe('CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, message_search_trigrams, row)')
		const rows = await sql`SELECT term FROM temp.terms`
		await sql.unsafe('DROP TABLE temp.terms')
		return Array.from(rows, ({ term }) => String(term))
	})
}

test('messages enter the index in the background, also those that another process has left', async () => {
	const file = await newFile()
	const first = await openSqlite(file)
	const made = await storeTexts(first, 'a needle')
	await first.close()
	// Of a process that ends before it has indexed them.
	const other = new Database(file)
	other.run(`
		INSERT INTO messages SELECT conversation, id || '0', id, turn, 99, depth, path_bytes, body, 'a left text', 0, 1
		FROM messages`)
	expect(other.query('SELECT COUNT(*) AS n FROM message_search WHERE indexed = 0').get()).not.toEqual({ n: 0 })
	other.close()
	const second = await openSqlite(file)
	for (const text of ['needle', 'left text']) expect(await foundBy(second, text)).toEqual([made.id])
	while ((await waiting(second)) > 0) await Bun.sleep(10)
	expect(await indexedTrigrams(second)).toEqual(expect.arrayContaining(['nee', 'lef']))
	for (const text of ['needle', 'left text']) expect(await foundBy(second, text)).toEqual([made.id])
	await second.close()
})

test('processes that are killed while they index leave a complete index to the next one', async () => {
	const file = await newFile()
	const database = await openSqlite(file)
	const texts = Array.from({ length: 3000 }, (_, index) => `message ${index} ${'lorem ipsum '.repeat(50)}`)
	const made = await storeTexts(database, ...texts)
	await database.close()
	const script = `
		import { openSqlite } from '${import.meta.dir}/sqlite.ts'
		const database = await openSqlite('${file}')
		void database.indexTexts()
		setInterval(async () => console.log(await database.sql\`SELECT COUNT(*) AS n FROM message_search WHERE indexed = 1\`), 1)`
	const children = [1, 2].map(() => Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe', stderr: 'pipe' }))
	for (const child of children) {
		for await (const output of child.stdout) if (/n: [1-9]/.test(Buffer.from(output).toString())) break
		child.kill('SIGKILL')
		await child.exited
	}
	const reopened = await openSqlite(file)
	await reopened.indexTexts()
	expect(await waiting(reopened)).toBe(0)
	const [row] = await reopened.sql`
		SELECT COUNT(*) AS messages FROM message_search_trigrams WHERE message_search_trigrams MATCH '"lor"'`
	expect(Number(row?.messages)).toBe(3000)
	expect(await foundBy(reopened, 'message 2999')).toEqual([made.id])
	await reopened.close()
})

test('removed messages leave nothing in the index', async () => {
	const database = await openSqlite(await newFile())
	const made = await storeTexts(database, 'qqq zzz')
	await storeTexts(database, 'another')
	await database.indexTexts()
	expect(await indexedTrigrams(database)).toContain('qqq')
	await new SqlConversationStore(database).in(alice).index.remove(made.id)
	await database.mergeIndex()
	const left = await indexedTrigrams(database)
	expect([left.includes('qqq'), left.includes('ano')]).toEqual([false, true])
	const rows = await database.sql`SELECT * FROM message_search_trigrams_docsize`
	expect(rows).toHaveLength(1)
	await database.close()
})

test('a text that is too long for the index is found by its content', async () => {
	const database = await openSqlite(await newFile())
	const made = await storeTexts(database, `${'abc '.repeat(300_000)}needle`)
	await database.indexTexts()
	expect(await waiting(database)).toBe(0)
	expect(await indexedTrigrams(database)).not.toContain('nee')
	expect([await foundBy(database, 'needle'), await foundBy(database, 'needles')]).toEqual([[made.id], []])
	await database.close()
})

/** The duration of a search in milliseconds. */
async function duration(database: SqliteDatabase, text: string): Promise<number> {
	const durations: number[] = []
	for (let time = 0; time < 5; time++) {
		const startMs = performance.now()
		await foundBy(database, text)
		durations.push(performance.now() - startMs)
	}
	return Math.min(...durations)
}

test('a text of repeated characters, and a search for nearly the same, take little time', async () => {
	const database = await openSqlite(await newFile())
	const pattern = `${'a'.repeat(199)}b`
	await storeTexts(database, 'a'.repeat(1_000_000))
	await database.indexTexts()
	const once = await duration(database, pattern)
	// A quadratic search took more than 300 ms.
	expect(once).toBeLessThan(300)
	await storeTexts(database, ...Array.from({ length: 3 }, () => 'a'.repeat(1_000_000)))
	await database.indexTexts()
	const four = await duration(database, pattern)
	expect(four / Math.max(once, 5)).toBeLessThan(12)
	await database.close()
})

test('a search does not read the messages of others', async () => {
	const database = await openSqlite(await newFile())
	await storeTexts(database, 'a needle in the hay')
	await database.indexTexts()
	const plans: string[] = []
	const traced: SqliteDatabase = {
		...database,
		readsOf: () => traced,
		search: (_, work) =>
			work(
				Object.assign(async (first: TemplateStringsArray, ...values: readonly unknown[]) => {
					const strings = Object.assign([`EXPLAIN QUERY PLAN ${first[0]}`, ...first.slice(1)], { raw: first.raw })
					const plan = await database.sql(strings, ...values)
					if (first[0]?.includes('SELECT') === true) plans.push(plan.map(({ detail }) => String(detail)).join('\n'))
					return database.sql(first, ...values)
				}, database.sql) as typeof database.sql,
			),
	}
	for (let index = 0; index < 64; index++) await storeTexts(database, 'hay')
	await database.indexTexts()
	const page = await searchConversations(traced, new BodyWriter(), {
		...{
			scope: alice,
			order: 'desc',
			user: undefined,
			orderBy: 'created_at',
			metadata: {},
			after: undefined,
			text: 'needle',
			limit: 9,
		},
	})
	expect(page.items).toHaveLength(1)
	expect(plans.length).toBeGreaterThanOrEqual(4)
	// The index selects the messages; it is not only counted whether that is worth it.
	const indexed = plans.filter((plan) => plan.includes('SCAN message_search_trigrams VIRTUAL TABLE'))
	expect(indexed.some((plan) => plan.includes('SEARCH found'))).toBe(true)
	for (const plan of plans) expect(plan).not.toMatch(/SCAN (m|messages|conversations|found)\b/)
	await database.close()
})
