// A database that moves to another host while requests are in flight: the old connections deliver nothing and are never
// closed. Reads and writes work again without a restart, and without waiting for the timeout of a transaction.

import { expect, test } from 'bun:test'
import { conversation, ended, turn } from '../../src/conversations/conversation-store.testing.ts'
import { ownerId, tenantId } from '../../src/keys/scope.ts'
import { openStores } from '../../src/stores/open-stores.ts'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { temporaryFolder } from '../server.ts'
import { Relay } from './relay.testing.ts'

const scope = { tenant: tenantId('default'), owner: ownerId('alice') }

if (postgresServer !== undefined)
	test('reads and writes recover from a failover in the middle of their work', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const relay = new Relay(fresh.url)
		await relay.restore()
		const folder = await temporaryFolder()
		const stores = await openStores({ database: relay.url, keyChangesFile: `${folder}/changes` }, 'create')
		const store = stores.conversations.in(scope)
		const write = async () => {
			const create = conversation()
			const first = turn({ conversation: create.id, create })
			await store.turns.begin(first)
			await store.turns.end(first.id, ended('a'))
			return (await store.turns.find(first.id))?.state
		}
		const operations = [write, () => stores.keys.list(), () => stores.ledger.newestMs(), () => stores.check()]
		const outcomes = () =>
			Promise.all(
				operations.map((one) =>
					one().then(
						() => 'done',
						(thrown) => thrown.code ?? String(thrown),
					),
				),
			)
		try {
			for (let round = 0; round < 2; round++) {
				expect(await outcomes()).toEqual(['done', 'done', 'done', 'done'])
				const inFlight = [outcomes(), outcomes()]
				relay.failOver()
				const begunMs = performance.now()
				for (const ends of await Promise.all(inFlight))
					for (const end of ends) expect(['done', 'store_unavailable']).toContain(end)
				let attempts = 0
				for (; attempts < 20; attempts++) if ((await outcomes()).every((end) => end === 'done')) break
				expect(attempts).toBeLessThan(20)
				// A transaction that is considered dead only after its own timeout would take 30 s.
				expect(performance.now() - begunMs).toBeLessThan(25_000)
			}
			expect(await write()).toBe('completed')
		} finally {
			await stores.close()
			await relay.cut()
			await fresh.drop()
		}
	}, 120_000)
