// Gateways whose connections to PostgreSQL go through PgBouncer.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { conversation, ended, turn } from '../../src/conversations/conversation-store.testing.ts'
import { answerId } from '../../src/conversations/message-id.ts'
import { newTurnId } from '../../src/conversations/turn-id.ts'
import { ownerId, tenantId } from '../../src/keys/scope.ts'
import { databaseContract } from '../../src/stores/database.contract.ts'
import { openStores } from '../../src/stores/open-stores.ts'
import { detectPooling } from '../../src/stores/postgres/pooling.ts'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { type FreshDatabase, freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { explainingConversations, SqlConversationStore } from '../../src/stores/sql/sql-conversation-store.ts'
import { runCommand, startServer, temporaryFolder } from '../server.ts'
import { type Pooler, type PoolerOptions, pgbouncer, startPooler } from './pgbouncer.testing.ts'

const scope = { tenant: tenantId('default'), owner: ownerId('alice') }

if (postgresServer !== undefined && pgbouncer !== undefined) {
	let fresh: FreshDatabase
	const poolers: Pooler[] = []
	beforeAll(async () => {
		fresh = await freshDatabase(postgresServer as string)
	})
	afterAll(async () => {
		for (const pooler of poolers) await pooler.stop()
		await fresh.drop()
	})

	async function through(options: PoolerOptions, database = fresh.url): Promise<string> {
		const pooler = await startPooler(database, options)
		poolers.push(pooler)
		return pooler.url
	}

	describe('the kind of pooling is detected', () => {
		test('none', async () => expect(await detectPooling(fresh.url)).toBe('none'))
		test.each([
			['one connection', { mode: 'transaction', size: 1 }],
			['several connections', { mode: 'transaction', size: 4 }],
			['connections in turn', { mode: 'transaction', size: 2, settings: ['server_round_robin = 1'] }],
			[
				'ignored start-up parameters',
				{ mode: 'transaction', size: 4, settings: ['ignore_startup_parameters = idle_in_transaction_session_timeout'] },
			],
		] as const)('of transactions, with %s', async (_, options) => {
			const url = await through(options)
			for (let round = 0; round < 5; round++) expect(await detectPooling(url)).toBe('transaction')
			// Other clients make it assign connections in another order.
			const busy = await openPostgres(url)
			const load = Array.from({ length: 30 }, () => busy.sql`SELECT pg_sleep(0.01)`)
			expect(await detectPooling(url)).toBe('transaction')
			await Promise.all(load)
			await busy.close()
		})
		test.each([
			['refused', []],
			['ignored', ['ignore_startup_parameters = idle_in_transaction_session_timeout']],
		])('of sessions, with %s start-up parameters', async (_, settings) => {
			expect(await detectPooling(await through({ mode: 'session', size: 4, settings }))).toBe('session')
		})
	})

	test('gateways share a pooler in transaction mode, at the first start and at the second', async () => {
		const own = await freshDatabase(postgresServer as string)
		const url = await through({ mode: 'transaction', size: 3 }, own.url)
		const config = `database: ${url}\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`
		let key: string | undefined
		try {
			for (let start = 0; start < 2; start++) {
				const first = await startServer({ config })
				key ??= first.key
				const headers = { authorization: `Bearer ${key}` }
				const servers = [first, await startServer({ config })]
				const statuses = await Promise.all(
					Array.from({ length: 120 }, async (_, call) => {
						const server = servers[call % 2] ?? first
						const content = `${start} ${call}`
						const body = { model: 'echo', input: content, stream: call % 3 === 0 }
						const asked = await server.call('/v1/responses', body, headers)
						const text = await asked.text()
						if (asked.status === 200 && !text.includes(content)) return 'wrong answer'
						if (call % 3 === 0) return asked.status
						const read = await server.call(`/v1/responses/${JSON.parse(text).id}/input_items`, undefined, headers)
						if (!(await read.text()).includes(content)) return 'wrong input'
						return read.status
					}),
				)
				expect(new Set(statuses)).toEqual(new Set([200]))
				await Promise.all(servers.map((server) => server.stop()))
			}
		} finally {
			await own.drop()
		}
	}, 60_000)

	test('statements are no longer prepared if a pooler was not detected', async () => {
		const url = `${await through({ mode: 'transaction', size: 3 })}?prepare=true`
		const database = await openPostgres(url)
		const store = explainingConversations(new SqlConversationStore(database), database).in(scope)
		const failures: unknown[] = []
		const once = async () => {
			const create = conversation()
			const first = turn({ conversation: create.id, create })
			if ((await store.turns.begin(first)) !== 'begun') throw new Error('not begun')
			await store.turns.end(first.id, ended('a'))
			const second = turn({ conversation: create.id, parent: answerId(first.id, 0) })
			if ((await store.turns.begin(second)) !== 'begun') throw new Error('not begun')
			if ((await store.turns.find(second.id))?.id !== second.id) throw new Error('the wrong row')
		}
		const round = () => Promise.all(Array.from({ length: 20 }, () => once().catch((thrown) => failures.push(thrown))))
		await round()
		expect(failures.length).toBeGreaterThan(0)
		for (let rounds = 0; rounds < 20; rounds++) {
			failures.length = 0
			await round()
			if (failures.length === 0) break
			await Bun.sleep(100)
		}
		failures.length = 0
		for (let rounds = 0; rounds < 5; rounds++) await round()
		expect(failures).toEqual([])
		await database.close()
	}, 60_000)

	test('a pooler in session mode serves a gateway if its pool is large enough, and is refused otherwise', async () => {
		const large = await through({ mode: 'session', size: 30 })
		const folder = await temporaryFolder()
		const stores = await openStores({ database: large, keyChangesFile: `${folder}/changes` }, 'create')
		const store = stores.conversations.in(scope)
		await Promise.all(
			Array.from({ length: 50 }, async () => {
				const create = conversation()
				const first = turn({ conversation: create.id, create })
				expect(await store.turns.begin(first)).toBe('begun')
				expect((await store.turns.find(first.id))?.id).toBe(first.id)
			}),
		)
		await stores.close()
		const small = openPostgres(await through({ mode: 'session', size: 4 }))
		expect(await small.catch(String)).toContain(
			'The connection pooler is in session mode and served only 4 of the 13 connections that a process uses. Use transaction mode',
		)
		const smallest = openPostgres(await through({ mode: 'session', size: 1 }))
		expect(await smallest.catch(String)).toContain('did not serve two connections within 5 s')
	}, 60_000)

	test('a pooler in statement mode is refused at start', async () => {
		const url = await through({ mode: 'statement', size: 4 })
		const folder = await temporaryFolder()
		const config = `${folder}/config.yaml`
		await Bun.write(config, `database: ${url}\nmodels: { e: { route: [e] } }\nupstreams: { e: { engine: echo } }\n`)
		const { status, stderr } = await runCommand([
			'serve',
			'--listen',
			'127.0.0.1:0',
			'--config',
			config,
			'--data',
			folder,
		])
		expect(status).toBe(1)
		expect(stderr).toContain('a connection pooler must be in transaction or session mode')
	}, 60_000)

	test('a locked table occupies the connections of a pooler for a limited time', async () => {
		const own = await freshDatabase(postgresServer as string)
		const size = 14
		const folder = await temporaryFolder()
		const database = await through({ mode: 'transaction', size }, own.url)
		const stores = await openStores({ database, keyChangesFile: `${folder}/changes` }, 'create')
		const store = stores.conversations.in(scope)
		const locking = new SQL(own.url, { max: 1 })
		// Within a transaction, the server shows the same activity again.
		const watching = new SQL(own.url, { max: 1 })
		const waiting = async () => {
			const rows = await watching`
				SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
			return rows.length
		}
		const untilMs = performance.now() + 12_000
		const ends: Promise<unknown>[] = []
		await locking.begin(async (transaction) => {
			await transaction.unsafe('LOCK TABLE turns, conversations IN ACCESS EXCLUSIVE MODE')
			while (performance.now() < untilMs) {
				for (let call = 0; call < 5; call++) ends.push(store.turns.find(newTurnId()).catch((thrown) => thrown.code))
				expect(await stores.keys.findByHash('unknown')).toBeUndefined()
				await stores.ledger.newestMs()
				expect(await waiting()).toBeLessThanOrEqual(size)
				await Bun.sleep(100)
			}
			expect(new Set(await Promise.all(ends))).toEqual(new Set(['store_unavailable']))
			// The table is still locked, but no caller waits.
			let looksWithout = 0
			for (let looks = 0; looks < 250 && looksWithout < 15; looks++) {
				looksWithout = (await waiting()) === 0 ? looksWithout + 1 : 0
				await Bun.sleep(100)
			}
			expect(looksWithout).toBe(15)
		})
		expect(await store.turns.find(newTurnId())).toBeUndefined()
		await Promise.all([locking.close(), watching.close()])
		await stores.close()
		await own.drop()
	}, 60_000)

	databaseContract('postgresql through a pooler', async () => {
		const own = await freshDatabase(postgresServer as string)
		const pooler = await startPooler(own.url, { mode: 'transaction', size: 2 })
		const database = await openPostgres(pooler.url)
		const close = database.close.bind(database)
		database.close = async () => {
			await close()
			await pooler.stop()
			await own.drop()
		}
		return database
	})
}
