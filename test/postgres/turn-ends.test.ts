// PostgreSQL that is stopped, frozen, read-only or locked: see ../faults/turn-ends.ts.

import { afterAll, beforeAll, test } from 'bun:test'
import { SQL } from 'bun'
import { expectEnds, type HeldGateway, type Query, startHeldGateway } from '../faults/turn-ends.ts'
import { Cluster, clusterPrograms } from './cluster.testing.ts'

if (clusterPrograms !== undefined) {
	let cluster: Cluster
	let gateway: HeldGateway
	beforeAll(async () => {
		cluster = await Cluster.start(clusterPrograms as string)
		gateway = await startHeldGateway(cluster.url)
	}, 60_000)
	afterAll(async () => {
		await gateway?.close()
		await cluster?.remove()
	})

	const query: Query = async (text) => {
		const sql = new SQL(cluster.url, { max: 1 })
		try {
			return Array.from((await sql.unsafe(text)) as readonly Record<string, unknown>[])
		} finally {
			await sql.close()
		}
	}

	test('no turn is running after the database was stopped and restarted', async () => {
		await expectEnds(gateway, { begin: () => cluster.stop(), end: () => cluster.restart() }, query)
	}, 60_000)

	test('no turn is running after the database was frozen', async () => {
		await expectEnds(gateway, { begin: () => cluster.freeze(), end: () => cluster.thaw() }, query)
	}, 60_000)

	test('no turn is running after the database was read-only', async () => {
		const set = (on: boolean) => cluster.setReadOnly(on)
		await expectEnds(gateway, { begin: () => set(true), end: () => set(false) }, query)
	}, 60_000)

	test('no turn is running after a table was missing, as during a restore', async () => {
		const rename = async (from: string, to: string) => void (await query(`ALTER TABLE ${from} RENAME TO ${to}`))
		await expectEnds(
			gateway,
			{ begin: () => rename('turns', 'turns_away'), end: () => rename('turns_away', 'turns') },
			query,
		)
	}, 60_000)

	test('no turn is running after another session locked the table of turns', async () => {
		const foreign = new SQL(cluster.url, { max: 1 })
		await expectEnds(
			gateway,
			{
				async begin() {
					await foreign.unsafe('BEGIN')
					await foreign.unsafe('LOCK TABLE turns IN ACCESS EXCLUSIVE MODE')
				},
				end: async () => void (await foreign.unsafe('ROLLBACK')),
			},
			query,
		)
		await foreign.close()
	}, 60_000)
}
