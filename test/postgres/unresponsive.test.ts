// A database whose host stops responding: connections stay open and deliver nothing. Calls must time out.

import { expect, test } from 'bun:test'
import { conversation, turn } from '../../src/conversations/conversation-store.testing.ts'
import { ownerId, tenantId } from '../../src/keys/scope.ts'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { freshDatabase, postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { explainingFailures } from '../../src/stores/sql/database-failure.ts'
import { explainingConversations, SqlConversationStore } from '../../src/stores/sql/sql-conversation-store.ts'
import { SqlKeyStore } from '../../src/stores/sql/sql-key-store.ts'
import { Relay } from './relay.testing.ts'

const scope = { tenant: tenantId('default'), owner: ownerId('alice') }
const unavailable = { kind: 'unavailable', code: 'store_unavailable' }

if (postgresServer !== undefined)
	test('writes and reads fail while it does not respond, and work again as soon as it does', async () => {
		const fresh = await freshDatabase(postgresServer as string)
		const relay = new Relay(fresh.url)
		await relay.restore()
		const database = await openPostgres(relay.url, 'create', 1000)
		const conversations = explainingConversations(new SqlConversationStore(database), database)
		const keys = explainingFailures(new SqlKeyStore(database), database)
		const write = () => {
			const create = conversation()
			return conversations.in(scope).turns.begin(turn({ conversation: create.id, create }))
		}
		// As many as there are connections, so that each hangs.
		const reads = () => Array.from({ length: 8 }, () => keys.list())
		const outcomes = (work: readonly Promise<unknown>[]) =>
			Promise.all(work.map((one) => one.catch((thrown) => thrown)))
		try {
			await outcomes([write(), ...reads()])
			relay.fallSilent()
			for (const thrown of await outcomes([write(), write(), ...reads()])) expect(thrown).toMatchObject(unavailable)
			const begunMs = performance.now()
			for (const thrown of await outcomes([write(), keys.list()])) expect(thrown).toMatchObject(unavailable)
			expect(performance.now() - begunMs).toBeLessThan(4000)
			await relay.restore()
			expect(await write()).toBe('begun')
			expect(await keys.list()).toEqual([])
		} finally {
			await database.close()
			await relay.cut()
			await fresh.drop()
		}
	}, 60_000)
