// A PostgreSQL server that is available but refuses work: every dialect answers 503, the cause is in the log only, and
// the gateway works again without a restart.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { createKey } from '../../src/keys/key.ts'
import { type FreshDatabase, freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { dialectClients } from '../dialect-clients/list.ts'
import { startServer, type TestServer } from '../server.ts'

interface Failure {
	readonly name: string
	/** Statements on another database of the server. */
	readonly begin: (database: string, user: string) => readonly string[]
	readonly end: (database: string, user: string) => readonly string[]
	/** Part of the cause. */
	readonly cause: string
	/** Reads fail, too. */
	readonly reads: boolean
}

const failures: readonly Failure[] = [
	{
		name: 'a server that is read-only',
		begin: (database) => [`ALTER DATABASE ${database} SET default_transaction_read_only = on`],
		end: (database) => [`ALTER DATABASE ${database} RESET default_transaction_read_only`],
		cause: 'read-only transaction',
		reads: false,
	},
	{
		name: 'a user that is no longer accepted',
		begin: (_, user) => [`ALTER ROLE ${user} NOLOGIN`],
		end: (_, user) => [`ALTER ROLE ${user} LOGIN`],
		cause: 'is not permitted to log in',
		reads: true,
	},
	{
		name: 'a database that does not accept connections',
		begin: (database) => [`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`],
		end: (database) => [`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`],
		cause: 'not currently accepting connections',
		reads: true,
	},
	{
		name: 'a database with too many connections',
		begin: (database) => [`ALTER DATABASE ${database} CONNECTION LIMIT 0`],
		end: (database) => [`ALTER DATABASE ${database} CONNECTION LIMIT -1`],
		cause: 'too many connections',
		reads: true,
	},
	{
		name: 'a database that was renamed',
		begin: (database) => [`ALTER DATABASE ${database} RENAME TO ${database}_away`],
		end: (database) => [`ALTER DATABASE ${database}_away RENAME TO ${database}`],
		cause: 'does not exist',
		reads: true,
	},
	{
		name: 'statements that the server cancels',
		begin: (database) => [`ALTER DATABASE ${database} SET statement_timeout = 1`],
		end: (database) => [`ALTER DATABASE ${database} RESET statement_timeout`],
		cause: 'statement timeout',
		reads: false,
	},
]

if (postgresServer !== undefined) {
	const user = `test_failures_${process.pid}`
	let fresh: FreshDatabase
	let admin: SQL
	let server: TestServer
	let database: string

	beforeAll(async () => {
		admin = new SQL(postgresServer as string, { max: 1 })
		await admin.unsafe(`CREATE ROLE ${user} LOGIN`)
		fresh = await freshDatabase(postgresServer as string, `OWNER ${user}`)
		const url = new URL(fresh.url)
		url.username = user
		database = url.pathname.slice(1)
		server = await startServer({
			config: `database: ${url.href}\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`,
		})
	})
	afterAll(async () => {
		await server?.stop()
		await fresh?.drop()
		await admin?.unsafe(`DROP ROLE ${user}`)
		await admin?.close()
	})

	const store = (content: string) => server.call('/v1/responses', { model: 'echo', input: content })
	const run = async (statements: readonly string[]) => {
		for (const statement of statements) await admin.unsafe(statement)
	}
	const disconnectAll = () =>
		admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${user} AND datname LIKE ${`${database}%`}`

	/** Repeats until a call is accepted by `wanted`: dead connections are noticed when used. */
	async function until(wanted: (response: Response) => boolean): Promise<Response> {
		for (let attempt = 0; ; attempt++) {
			const response = await store(`${attempt} `.repeat(2000))
			if (wanted(response) || attempt === 100) return response
			await response.text()
			await Bun.sleep(50)
		}
	}

	for (const { name, begin, end, cause, reads } of failures)
		describe(name, () => {
			test('is unavailable until it has recovered', async () => {
				expect((await store('before')).status).toBe(200)
				const printed = server.log().length
				await disconnectAll()
				await run(begin(database, user))
				await disconnectAll()
				try {
					// A connection that was ended is another reason, which comes first.
					const failed = () => server.log().slice(printed).includes(cause)
					const response = await until(({ status }) => status !== 200 && failed())
					const body = await response.text()
					expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
					expect(JSON.parse(body).error).toMatchObject({
						message: 'The database is temporarily unavailable.',
						code: 'store_unavailable',
					})
					if (reads)
						for (const client of dialectClients) {
							const { path, headers, body } = client.write({ model: 'echo', turns: [{ role: 'user', text: 'hi' }] })
							const answer = await fetch(server.url + path, {
								method: 'POST',
								headers: { 'content-type': 'application/json', ...headers(unknownKey()) },
								body: JSON.stringify(body),
							})
							const text = await answer.text()
							expect([client.name, answer.status]).toEqual([client.name, client.statuses.unavailable])
							// One dialect has a sentence of its own for this status.
							expect(client.readError(JSON.parse(text))).toMatch(
								/^(The database is temporarily unavailable|Model is too busy)/,
							)
							expect(answer.headers.get('retry-after')).toBe('1')
							for (const secret of [cause, user, database]) expect(text).not.toContain(secret)
						}
					for (const secret of [cause, user, database]) expect(body).not.toContain(secret)
					expect((await server.call('/v1/chat/completions', plain)).status).toBe(200)
				} finally {
					await run(end(database, user))
					await disconnectAll()
				}
				expect((await until(({ status }) => status === 200)).status).toBe(200)
				expect(server.log().slice(printed)).toContain(cause)
				expect(server.log().slice(printed)).not.toContain('internal error')
			}, 60_000)
		})

	/** Has the form of a key, so that it is looked up. */
	const unknownKey = () => createKey({ name: 'unknown', role: 'user' }, 0).secret
	const plain = { model: 'echo', messages: [{ role: 'user', content: 'hi' }] }
}
