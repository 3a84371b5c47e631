import { afterEach, beforeEach, expect, test } from 'bun:test'
import { alice, conversation, ended, everything, turn, user } from '../../conversations/conversation-store.testing.ts'
import { inputId } from '../../conversations/message-id.ts'
import { newShareId } from '../../conversations/share-id.ts'
import { sharePathOf } from '../../keys/scope.ts'
import { openMemory } from '../sqlite/memory.testing.ts'
import { SqlConversationStore } from './sql-conversation-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import type { WriteShare } from './write-share.ts'

let database: SqlDatabase

beforeEach(async () => {
	database = await openMemory()
})
afterEach(() => database.close())

test('every write of a scope has its turn', async () => {
	const shares: (WriteShare | undefined)[] = []
	const recording: SqlDatabase = new Proxy(database, {
		get(target, name) {
			if (name === 'write')
				return (...[work, key, share]: Parameters<SqlDatabase['write']>) => {
					shares.push(share)
					return target.write(work, key, share)
				}
			return Reflect.get(target, name, target)
		},
	})
	const own = new SqlConversationStore(recording).in(alice)
	const [made, begun] = [conversation(), conversation()]
	await own.index.create(made)
	await own.index.update(made.id, { title: 'a title', updatedAtMs: 2 })
	const { id } = turn({ conversation: begun.id })
	await own.turns.begin(turn({ id, conversation: begun.id, create: begun, inputs: [user('hi')] }))
	await own.turns.end(id, ended('hello'))
	await own.turns.update(id, { a: 'b' })
	const share = { id: newShareId(), conversation: begun.id, tip: inputId(id, 0), files: false, createdAtMs: 5 }
	expect(await own.shares.create(share)).toBe(true)
	expect(await own.shares.remove(begun.id, share.id)).toBe(true)
	expect(await own.history.replace(begun.id, inputId(id, 0), user('other'))).toBe(true)
	expect((await own.history.read(begun.id, everything))?.messages).toHaveLength(2)
	expect(await own.turns.remove(id)).toBe(true)
	await own.turns.drop(id)
	expect(await own.index.removeAll()).toBe(2)
	expect(shares.length).toBeGreaterThan(10)
	expect(shares.filter((one) => !Bun.deepEquals(one?.caller, sharePathOf(alice)))).toEqual([])
})
