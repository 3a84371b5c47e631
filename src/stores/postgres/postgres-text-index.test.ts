import { expect, test } from 'bun:test'
import { SQL } from 'bun'
import type { ChatError } from '../../chat/error.ts'
import { alice } from '../../conversations/conversation-store.testing.ts'
import { BodyWriter } from '../sql/body-writer.ts'
import { searchConversations } from '../sql/conversation-search.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { foundBy, storeTexts } from '../sql/text-index.testing.ts'
import { openPostgres } from './postgres.ts'
import { freshDatabase, postgresServer } from './server.testing.ts'

async function hasIndex({ sql }: SqlDatabase): Promise<boolean> {
	return (await sql`SELECT 1 FROM pg_indexes WHERE indexname = 'messages_by_search_text'`).length > 0
}

/** A new database, and a URL of a user who may create tables in it, but no extension. */
async function withLimitedUser(test: (url: string, admin: SQL) => Promise<void>): Promise<void> {
	const fresh = await freshDatabase(postgresServer as string)
	const admin = new SQL(fresh.url, { max: 1 })
	const name = `limited_${crypto.randomUUID().replaceAll('-', '')}`
	try {
		await admin.unsafe(`CREATE ROLE ${name} LOGIN; GRANT USAGE, CREATE ON SCHEMA public TO ${name}`)
		const url = new URL(fresh.url)
		url.username = name
		await test(url.href, admin)
	} finally {
		await admin.unsafe(`DROP OWNED BY ${name}; DROP ROLE ${name}`)
		await admin.close()
		await fresh.drop()
	}
}

async function withDatabase(test: (database: SqlDatabase, url: string) => Promise<void>): Promise<void> {
	const fresh = await freshDatabase(postgresServer as string)
	const database = await openPostgres(fresh.url)
	try {
		await test(database, fresh.url)
	} finally {
		await database.close()
		await fresh.drop()
	}
}

if (postgresServer !== undefined) {
	test('without the right to create the extension, searches scan; a later start creates the index', () =>
		withLimitedUser(async (url, admin) => {
			const limited = await openPostgres(url)
			for (let index = 0; index < 70; index++) await storeTexts(limited, 'hay')
			const made = await storeTexts(limited, 'a needle')
			expect([await hasIndex(limited), await foundBy(limited, 'needle'), await foundBy(limited, 'absent')]).toEqual([
				false,
				[made.id],
				[],
			])
			await limited.close()
			// Into another schema, as some administrators do.
			await admin.unsafe('CREATE SCHEMA extensions; CREATE EXTENSION pg_trgm SCHEMA extensions')
			await admin.unsafe(`GRANT USAGE ON SCHEMA extensions TO ${new URL(url).username}`)
			const again = await openPostgres(url)
			await again.indexTexts()
			expect([await hasIndex(again), await foundBy(again, 'needle')]).toEqual([true, [made.id]])
			await again.close()
		}))

	test('several processes build one index, also after an interrupted build', () =>
		withDatabase(async (database, url) => {
			const made = await storeTexts(database, ...Array.from({ length: 3000 }, (_, index) => `message ${index}`))
			const rebuild = async () => {
				const opened = await Promise.all(Array.from({ length: 3 }, () => openPostgres(url)))
				await Promise.all(opened.map((one) => one.indexTexts()))
				await Promise.all(opened.map((one) => one.close()))
				const valid = await database.sql`
					SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('messages_by_search_text')`
				expect(Array.from(valid)).toEqual([{ valid: true }])
				expect(await foundBy(database, 'message 2999')).toEqual([made.id])
			}
			await database.sql.unsafe('DROP INDEX messages_by_search_text')
			await rebuild()
			await database.sql.unsafe(
				"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'messages_by_search_text'::regclass",
			)
			await rebuild()
		}))

	test('a rare text is found by the index', () =>
		withDatabase(async (database) => {
			await storeTexts(
				database,
				...Array.from({ length: 3000 }, (_, index) => `message ${index} ${'lorem ipsum '.repeat(100)}`),
			)
			const made = await storeTexts(database, 'a needle')
			await database.sql.unsafe('VACUUM ANALYZE messages')
			const plan = await database.search(4000, async (sql) => {
				const candidates = await database.textIndex.candidates(sql, 'needle')
				return sql`EXPLAIN SELECT id FROM messages m WHERE ${candidates?.condition}`
			})
			expect(JSON.stringify(plan)).toContain('messages_by_search_text')
			expect(await foundBy(database, 'needle')).toEqual([made.id])
		}))

	test('a search that takes too long ends with an error, and frees its connection', () =>
		withDatabase(async (database, url) => {
			await storeTexts(database, 'a needle')
			const blocker = new SQL(url, { max: 1 })
			const { promise: blocked, resolve: unblock } = Promise.withResolvers<void>()
			const { promise: locked, resolve: lock } = Promise.withResolvers<void>()
			const blocking = blocker.begin(async (sql) => {
				await sql`LOCK TABLE messages IN ACCESS EXCLUSIVE MODE`
				lock()
				await blocked
			})
			await locked
			const search = {
				scope: alice,
				order: 'asc',
				user: undefined,
				orderBy: 'created_at',
				metadata: {},
				after: undefined,
				text: 'needle',
				limit: 9,
			} as const
			const bodies = new BodyWriter()
			const ends = await Promise.all(
				Array.from({ length: 6 }, () =>
					searchConversations(database, bodies, search, 300).catch(({ kind, code }: ChatError) => [kind, code]),
				),
			)
			expect(ends).toEqual(Array.from({ length: 6 }, () => ['unavailable', 'search_timeout']))
			// The server cancels what a search runs, before the search gives up on a lock.
			const { search: searchOf } = database.readsOf([alice.tenant, alice.owner])
			const cancelled = await searchOf(300, (sql) => sql`SELECT pg_sleep(600)`).catch((thrown: unknown) => thrown)
			expect(String(cancelled)).toContain('statement timeout')
			// Other reads have connections of their own.
			expect((await database.sql`SELECT id FROM conversations`).length).toBe(1)
			const count = async () =>
				Number(
					(
						await database.sql`
						SELECT COUNT(*) AS n FROM pg_stat_activity
						WHERE datname = current_database() AND state = 'active' AND query LIKE '%search_title%' AND pid <> pg_backend_pid()`
					)[0]?.n,
				)
			while ((await count()) > 0) await Bun.sleep(10)
			unblock()
			await blocking
			expect((await searchConversations(database, bodies, search)).items).toHaveLength(1)
			await blocker.close()
		}))

	test('a text of repeated characters, and a search for nearly the same, take little time', () =>
		withDatabase(async (database) => {
			const pattern = `${'a'.repeat(199)}b`
			const duration = async () => {
				const durations: number[] = []
				for (let time = 0; time < 3; time++) {
					const startMs = performance.now()
					expect(await foundBy(database, pattern)).toEqual([])
					durations.push(performance.now() - startMs)
				}
				return Math.min(...durations)
			}
			await storeTexts(database, 'a'.repeat(1_000_000))
			const once = await duration()
			expect(once).toBeLessThan(300)
			await storeTexts(database, ...Array.from({ length: 3 }, () => 'a'.repeat(1_000_000)))
			expect((await duration()) / Math.max(once, 5)).toBeLessThan(12)
		}))
}
