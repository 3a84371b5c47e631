// Two gateways on one database: their turns in a conversation do not conflict.

import { expect, test } from 'bun:test'
import { SQL } from 'bun'
import { collect, conversation, ended, turn } from '../../src/conversations/conversation-store.testing.ts'
import { answerId } from '../../src/conversations/message-id.ts'
import { ownerId, tenantId } from '../../src/keys/scope.ts'
import { openStores, type Stores } from '../../src/stores/open-stores.ts'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { temporaryFolder } from '../server.ts'

const scope = { tenant: tenantId('default'), owner: ownerId('alice') }

async function openTwo(url: string): Promise<readonly [Stores, Stores]> {
	const folder = await temporaryFolder()
	const location = { database: url, keyChangesFile: `${folder}/changes` }
	return Promise.all([openStores(location, 'create'), openStores(location, 'create')])
}

if (postgresServer !== undefined)
	test('concurrent turns become branches; of those that must not branch, one is stored', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const stores = await openTwo(fresh.url)
		const [one, other] = [stores[0].conversations.in(scope), stores[1].conversations.in(scope)]
		try {
			for (let round = 0; round < 20; round++) {
				const made = conversation()
				const first = turn({ conversation: made.id, create: made })
				await one.turns.begin(first)
				await one.turns.end(first.id, ended('a'))
				const parent = answerId(first.id, 0)
				const begin = (store: typeof one, onConflict: 'branch' | 'refuse') =>
					store.turns.begin(turn({ conversation: made.id, parent, onConflict }))
				const results = await Promise.all([begin(one, 'refuse'), begin(other, 'refuse')])
				expect(results.toSorted()).toEqual(['begun', 'conflict'])
				const branches = await Promise.all([one, other, one, other].map((store) => begin(store, 'branch')))
				expect(branches).toEqual(['begun', 'begun', 'begun', 'begun'])
				expect((await collect(await other.history.export(made.id))).messages).toHaveLength(7)
			}
		} finally {
			await Promise.all(stores.map((store) => store.close()))
			await fresh.drop()
		}
	}, 60_000)

if (postgresServer !== undefined)
	test('nothing remains of a conversation that one gateway removes while the other continues it', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const stores = await openTwo(fresh.url)
		const [one, other] = [stores[0].conversations.in(scope), stores[1].conversations.in(scope)]
		const sql = new SQL(fresh.url)
		const found: string[] = []
		try {
			for (let round = 0; round < 40; round++) {
				const made = conversation()
				const first = turn({ conversation: made.id, create: made })
				await one.turns.begin(first)
				await one.turns.end(first.id, ended('a'))
				const second = turn({ conversation: made.id, parent: answerId(first.id, 0) })
				const continueTurn = async () => {
					found.push(await one.turns.begin(second))
					await one.turns.end(second.id, ended('b'))
				}
				const remove = async () => {
					for (let wait = 0; wait < round % 5; wait++) await sql`SELECT 1`
					return other.index.remove(made.id)
				}
				expect((await Promise.all([continueTurn(), remove()]))[1]).toBe(true)
				for (const table of ['messages', 'turns', 'branches'])
					expect(await sql`SELECT 1 FROM ${sql(table)} WHERE conversation = ${made.id}`).toHaveLength(0)
			}
			// Some of them were continued.
			expect(found).toContain('begun')
		} finally {
			await sql.close()
			await Promise.all(stores.map((store) => store.close()))
			await fresh.drop()
		}
	}, 60_000)
