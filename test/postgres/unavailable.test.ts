// A gateway whose database is unavailable for a while: chat continues, stored data is reported as unavailable, and
// usage records arrive.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { createKey } from '../../src/keys/key.ts'
import { type FreshDatabase, freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { startServer, type TestServer } from '../server.ts'
import { Relay } from './relay.testing.ts'

if (postgresServer !== undefined) {
	let fresh: FreshDatabase
	let relay: Relay
	let server: TestServer
	beforeAll(async () => {
		fresh = await freshDatabase(postgresServer as string)
		relay = new Relay(fresh.url)
		await relay.restore()
		server = await startServer({
			config: `database: ${relay.url}\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`,
		})
	})
	afterAll(async () => {
		await server?.stop()
		await relay?.cut()
		await fresh?.drop()
	})

	const chat = (headers: Record<string, string> = {}) =>
		server.call('/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'hi' }] }, headers)

	test('chat continues without its database, and everything recovers when it returns', async () => {
		const started = await chat({ 'x-dragoman-conversation': 'new' })
		const conversation = started.headers.get('x-dragoman-conversation') ?? ''
		expect(started.status).toBe(200)

		await relay.cut()
		for (let call = 0; call < 20; call++) expect((await chat()).status).toBe(200)
		const continued = await chat({ 'x-dragoman-conversation': conversation })
		expect(continued.status).toBe(503)
		expect(continued.headers.get('retry-after')).toBe('1')
		expect(JSON.parse(await continued.text()).error).toMatchObject({
			message: 'The database is temporarily unavailable.',
			code: 'store_unavailable',
		})
		// Has the form of a key, so that it is looked up.
		const { secret } = createKey({ name: 'unknown', role: 'user' }, 0)
		const unknownKey = await server.call('/v1/models', undefined, { authorization: `Bearer ${secret}` })
		expect(unknownKey.status).toBe(503)

		await relay.restore()
		let again = await chat({ 'x-dragoman-conversation': conversation })
		for (let tries = 0; tries < 50 && again.status !== 200; tries++) {
			await Bun.sleep(100)
			again = await chat({ 'x-dragoman-conversation': conversation })
		}
		expect(again.status).toBe(200)
		const sql = new SQL(fresh.url)
		const count = async () =>
			Number((await sql`SELECT COUNT(*) AS count FROM ledger WHERE outcome = 'completed'`)[0]?.count)
		for (let tries = 0; tries < 100 && (await count()) < 22; tries++) await Bun.sleep(100)
		expect(await count()).toBe(22)
		await sql.close()
	}, 60_000)
}
