import { afterEach, beforeEach, expect, test } from 'bun:test'
import { alice, conversation, ended, everything, turn, user } from '../../conversations/conversation-store.testing.ts'
import { inputId } from '../../conversations/message-id.ts'
import { newShareId } from '../../conversations/share-id.ts'
import { sharePathOf } from '../../keys/scope.ts'
import { anonymous, type SharePath } from '../../system/fair-queue.ts'
import { openMemory } from '../sqlite/memory.testing.ts'
import { SqlConversationStore } from './sql-conversation-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import type { WriteShare } from './write-share.ts'

let database: SqlDatabase

beforeEach(async () => {
	database = await openMemory()
})
afterEach(() => database.close())

test('every write and every read of a scope has its turn', async () => {
	const shares: (WriteShare | undefined)[] = []
	const readers: (readonly string[])[] = []
	const recording: SqlDatabase = new Proxy(database, {
		get(target, name) {
			if (name === 'write')
				return (...[work, key, share]: Parameters<SqlDatabase['write']>) => {
					shares.push(share)
					return target.write(work, key, share)
				}
			if (name === 'readsOf')
				return (caller: SharePath) => {
					readers.push(caller)
					return target.readsOf(caller)
				}
			// Reads of no caller.
			if (name === 'sql' || name === 'slowSql' || name === 'search') readers.push(anonymous)
			return Reflect.get(target, name, target)
		},
	})
	const own = new SqlConversationStore(recording).in(alice)
	const [made, begun] = [conversation(), conversation()]
	await own.index.create(made)
	await own.index.update(made.id, { title: 'a title', updatedAtMs: 2 })
	const { id } = turn({ conversation: begun.id })
	await own.turns.begin(turn({ id, conversation: begun.id, create: begun, inputs: [user('hi')], stored: true }))
	await own.turns.end(id, ended('hello'))
	await own.turns.update(id, { a: 'b' })
	const share = { id: newShareId(), conversation: begun.id, tip: inputId(id, 0), files: false, createdAtMs: 5 }
	expect(await own.shares.create(share)).toBe('created')
	expect(await own.shares.remove(begun.id, share.id)).toBe(true)
	expect(await own.history.replace(begun.id, inputId(id, 0), user('other'))).toBe(true)
	expect((await own.history.read(begun.id, everything))?.messages).toHaveLength(2)
	expect(await own.history.message(begun.id, inputId(id, 0))).toBeDefined()
	const page = { limit: 9, order: 'asc' } as const
	expect((await own.history.page(begun.id, page))?.items).toHaveLength(2)
	const exported = await own.history.export(begun.id)
	for await (const messages of exported?.messages ?? []) expect(messages).toHaveLength(2)
	for await (const turns of exported?.turns ?? []) expect(turns).toHaveLength(1)
	expect((await own.index.list({ ...page, text: 'title' }))?.items).toHaveLength(1)
	expect((await own.index.list(page))?.items).toHaveLength(2)
	expect((await own.turns.list({ ...page, surface: 'chat' }))?.items).toHaveLength(1)
	expect(await own.shares.list(begun.id)).toEqual([])
	expect(await own.turns.remove(id)).toBe(true)
	await own.turns.drop(id)
	expect(await own.index.removeAll()).toBe(2)
	expect(shares.length).toBeGreaterThan(10)
	expect(readers.length).toBeGreaterThan(3)
	expect(readers.filter((caller) => !Bun.deepEquals(caller, sharePathOf(alice)))).toEqual([])
	expect(shares.filter((one) => !Bun.deepEquals(one?.caller, sharePathOf(alice)))).toEqual([])
})
