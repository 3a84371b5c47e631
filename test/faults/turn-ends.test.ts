// SQLite that another process locks: see turn-ends.ts.

import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
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
