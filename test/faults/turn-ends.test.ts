// SQLite that another process locks: see turn-ends.ts.

import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { eventually } from './gateway.ts'
import { expectEnds, type HeldGateway, type Query, startHeldGateway } from './turn-ends.ts'

let gateway: HeldGateway
let file: string
beforeAll(async () => {
	gateway = await startHeldGateway('sqlite')
	file = join(gateway.server.data, 'dragoman.sqlite')
})
afterAll(() => gateway.close())

const query: Query = async (text) => {
	const database = new Database(file, { readonly: true })
	database.run('PRAGMA busy_timeout = 5000')
	const rows = database.query(text).all() as readonly Record<string, unknown>[]
	database.close()
	return rows
}

for (const mode of ['IMMEDIATE', 'EXCLUSIVE'])
	test(`no turn is running after another process held a lock (${mode})`, async () => {
		const foreign = new Database(file)
		foreign.run('PRAGMA busy_timeout = 5000')
		await expectEnds(
			gateway,
			{
				begin: async () => void foreign.run(`BEGIN ${mode}`),
				end: async () => void foreign.run('ROLLBACK'),
			},
			query,
		)
		foreign.close()
		expect(await Array.fromAsync(new Bun.Glob('*').scan(join(gateway.server.data, 'turns')))).toEqual([])
	}, 60_000)

test('a response is cancelled by any worker', async () => {
	const workers = await startHeldGateway('sqlite', { args: ['--workers', '2'] })
	const { server, upstream } = workers
	const names = ['one', 'two', 'three', 'four']
	const begin = async (input: string) => {
		const response = await server.call('/v1/responses', { model: 'held', input, background: true })
		await upstream.begun(input)
		return ((await response.json()) as { readonly id: string }).id
	}
	// Each connection is accepted by one of the workers.
	const headers = { connection: 'close' }
	for (const name of names) {
		const id = await begin(name)
		const cancelled = await server.call(`/v1/responses/${id}/cancel`, {}, headers)
		expect(await cancelled.json()).toMatchObject({ status: 'cancelled' })
	}
	await eventually('abort of every answer', () => names.every((name) => upstream.aborted(name)))
	await workers.close()
}, 60_000)
