// The file of a SQLite database that is moved, replaced or removed while a server uses it: no answer is acknowledged that
// the next process would not find.

import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../server.ts'
import { expectEnds, type HeldGateway, type Query, startHeldGateway } from './turn-ends.ts'

let gateway: HeldGateway
let file: string
beforeEach(async () => {
	gateway = await startHeldGateway('sqlite')
	gateway.upstream.release('answered')
	file = join(gateway.server.data, 'dragoman.sqlite')
}, 30_000)
afterEach(() => gateway.close(), 30_000)

const query: Query = async (text) => {
	const database = new Database(file, { readonly: true })
	database.run('PRAGMA busy_timeout = 5000')
	const rows = database.query(text).all() as readonly Record<string, unknown>[]
	database.close()
	return rows
}

const respond = () => gateway.server.call('/v1/responses', { model: 'held', input: 'answered' })

async function expectRefused(): Promise<void> {
	const requests = gateway.upstream.requests()
	for (let attempt = 0; attempt < 3; attempt++) {
		const response = await respond()
		expect(response.status).toBe(503)
		expect(await response.json()).toMatchObject({ error: { code: 'store_unavailable' } })
	}
	// The first of them found out that the database cannot be written, perhaps after its upstream was called.
	expect(gateway.upstream.requests() - requests).toBeLessThanOrEqual(1)
	expect((await fetch(`${gateway.server.url}/ready`)).status).toBe(503)
	await gateway.server.logged('the database file was replaced or removed while it was open')
}

test('no turn is running after the file was moved away and back', async () => {
	const away = `${file}.away`
	await expectEnds(gateway, { begin: () => rename(file, away), end: () => rename(away, file) }, query)
}, 60_000)

test('stored calls are refused if the file was replaced', async () => {
	expect((await respond()).status).toBe(200)
	const backup = join(gateway.server.data, 'backup')
	expect((await runCommand(['backup', backup, '--data', gateway.server.data])).status).toBe(0)
	await rename(backup, file)
	await expectRefused()
}, 60_000)

test('stored calls are refused if the data folder was removed', async () => {
	expect((await respond()).status).toBe(200)
	await rm(gateway.server.data, { recursive: true })
	await expectRefused()
}, 60_000)
