// A table that another session has locked, as VACUUM FULL does: calls that do not need it are not affected.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { createKey } from '../../src/keys/key.ts'
import { type FreshDatabase, freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { startServer, type TestServer } from '../server.ts'

/** Longer than any timeout of the gateway for one statement or call. */
const lockedMs = 12_000
/** A call that waits for the lock takes longer, even if it succeeds: 4.5 s. In milliseconds. */
const undelayedMs = 3000

if (postgresServer !== undefined) {
	let fresh: FreshDatabase
	let server: TestServer
	beforeAll(async () => {
		fresh = await freshDatabase(postgresServer as string)
		server = await startServer({
			config: `database: ${fresh.url}\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\nkeys: { wrongPerMinute: 1000000 }\n`,
		})
	})
	afterAll(async () => {
		await server?.stop()
		await fresh?.drop()
	})

	const store = () => server.call('/v1/responses', { model: 'echo', input: 'hi' })
	const plain = () =>
		server.call('/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'hi' }] })
	/** A key that is looked up in the database. */
	const unknownKey = () => {
		const { secret } = createKey({ name: 'unknown', role: 'user' }, 0)
		return server.call('/v1/models', undefined, { authorization: `Bearer ${secret}` })
	}
	const billed = async () => {
		const sql = new SQL(fresh.url, { max: 1 })
		const [row] = await sql`SELECT COUNT(*) AS count FROM ledger`
		await sql.close()
		return Number(row.count)
	}

	/** Statuses of concurrent calls, none of which may wait for the lock. */
	async function undelayed(...calls: readonly Promise<Response>[]): Promise<readonly number[]> {
		const begunMs = performance.now()
		const statuses = await Promise.all(calls.map(async (call) => (await call).status))
		expect(performance.now() - begunMs).toBeLessThan(undelayedMs)
		return statuses
	}

	async function locking(tables: string, work: (untilMs: number) => Promise<void>): Promise<void> {
		const sql = new SQL(fresh.url, { max: 1 })
		const untilMs = performance.now() + lockedMs
		await sql.begin(async (transaction) => {
			await transaction.unsafe(`LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`)
			await work(untilMs)
		})
		await sql.close()
	}

	/** Number of the server's sessions for the gateway. */
	async function sessions(): Promise<number> {
		const sql = new SQL(fresh.url, { max: 1 })
		const [row] = await sql`
			SELECT COUNT(*) AS count FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'dragoman %'`
		await sql.close()
		return Number(row.count)
	}

	test('a lock on the ledger delays neither stored turns nor keys, and no usage record is lost', async () => {
		expect((await store()).status).toBe(200)
		let calls = 1
		await locking('ledger, usage_days', async (untilMs) => {
			while (performance.now() < untilMs) {
				calls++
				expect(await undelayed(store(), unknownKey())).toEqual([200, 401])
				expect(await sessions()).toBeLessThan(20)
				await Bun.sleep(200)
			}
		})
		for (let tries = 0; tries < 200 && (await billed()) < calls; tries++) await Bun.sleep(100)
		expect(await billed()).toBe(calls)
	}, 60_000)

	test('a lock on conversations delays neither usage records nor keys nor plain calls', async () => {
		let calls = 0
		const before = await billed()
		const stuck: Promise<Response>[] = []
		await locking('messages, conversations, turns', async (untilMs) => {
			for (let round = 0; performance.now() < untilMs; round++) {
				// More than there are connections.
				if (round % 10 === 0) for (let call = 0; call < 10; call++) stuck.push(store())
				calls++
				expect(await undelayed(plain(), unknownKey())).toEqual([200, 401])
				expect(await sessions()).toBeLessThan(25)
				await Bun.sleep(200)
			}
			for (let tries = 0; tries < 100 && (await billed()) < before + calls; tries++) await Bun.sleep(100)
			expect(await billed()).toBeGreaterThanOrEqual(before + calls)
		})
		const statuses = new Set(await Promise.all(stuck.map(async (one) => (await one).status)))
		expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([])
		expect((await store()).status).toBe(200)
	}, 60_000)

	test('a lock on keys delays neither stored turns of cached keys nor usage records', async () => {
		const before = await billed()
		let calls = 0
		await locking('keys', async (untilMs) => {
			while (performance.now() < untilMs) {
				calls++
				expect(await undelayed(store())).toEqual([200])
				await Bun.sleep(200)
			}
			for (let tries = 0; tries < 100 && (await billed()) < before + calls; tries++) await Bun.sleep(100)
			expect(await billed()).toBeGreaterThanOrEqual(before + calls)
			expect((await unknownKey()).status).toBe(503)
		})
		for (let tries = 0; tries < 50 && (await unknownKey()).status !== 401; tries++) await Bun.sleep(100)
		expect((await unknownKey()).status).toBe(401)
	}, 60_000)
}
