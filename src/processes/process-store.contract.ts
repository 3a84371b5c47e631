// Contract tests for every store of processes.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { alice, conversation, ended, turn } from '../conversations/conversation-store.testing.ts'
import type { ConversationStore } from '../conversations/conversation-store.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import type { ProcessStore } from './process-store.ts'

interface OpenedStores {
	readonly processes: ProcessStore
	/** On the same database. */
	readonly conversations: ConversationStore
	close(): Promise<void>
}

export function processStoreContract(name: string, open: () => Promise<OpenedStores>): void {
	describe(`process store: ${name}`, () => {
		let stores: OpenedStores
		beforeEach(async () => {
			stores = await open()
		})
		afterEach(() => stores.close())

		const own = (id: string, generation = 1) => ({ id, host: `host of ${id}`, generation })
		const seen = async (id: string) => (await stores.processes.list()).find((known) => known.id === id)
		const begin = async (process: string) => {
			const made = conversation()
			const begun = turn({ conversation: made.id, create: made, process })
			await stores.conversations.in(alice).turns.begin(begun)
			return begun.id
		}
		const stateOf = async (id: TurnId) => (await stores.conversations.in(alice).turns.find(id))?.state

		test('each beat changes the count, and the generation remains', async () => {
			expect(await stores.processes.beat(own('p1'))).toBe(1)
			const first = await seen('p1')
			expect(first).toMatchObject({ host: 'host of p1' })
			expect(await stores.processes.beat(own('p1', 2))).toBe(1)
			expect((await seen('p1'))?.beats).not.toBe(first?.beats)
		})

		test('a process that beats after it was read is not ended', async () => {
			const id = await begin('p1')
			await stores.processes.beat(own('p1'))
			const before = await seen('p1')
			await stores.processes.beat(own('p1'))
			expect(before && (await stores.processes.end(before, 5000))).toBeUndefined()
			expect(await stateOf(id)).toBe('running')
		})

		test('of concurrent ends of a dead process one ends its turns, with the reason, and no others', async () => {
			const [id, other] = [await begin('p1'), await begin('p2')]
			for (const process of ['p1', 'p2']) await stores.processes.beat(own(process))
			const dead = await seen('p1')
			if (dead === undefined) throw new Error('p1 is not listed')
			const results = await Promise.all([1, 2, 3].map(() => stores.processes.end(dead, 5000)))
			expect(results.filter((count) => count === 1)).toHaveLength(1)
			expect(results.filter((count) => count === undefined)).toHaveLength(2)
			expect([await stateOf(id), await stateOf(other)]).toEqual(['interrupted', 'running'])
			expect(await stores.conversations.in(alice).turns.find(id)).toMatchObject({
				endedAtMs: 5000,
				error: { code: 'unavailable', message: expect.stringContaining('stopped responding') },
			})
		})

		test('a process that others ended registers again with the next generation', async () => {
			await stores.processes.beat(own('p1'))
			const dead = await seen('p1')
			expect(dead && (await stores.processes.end(dead, 5000))).toBe(0)
			expect(await seen('p1')).toBeUndefined()
			expect(await stores.processes.beat(own('p1', 2))).toBe(2)
		})

		test('a process without a row is listed while it has running turns, and is ended', async () => {
			const id = await begin('former')
			const process = await seen('former')
			expect(process).toEqual({ id: 'former', host: '', beats: 0 })
			expect(process && (await stores.processes.end(process, 5000))).toBe(1)
			expect([await stateOf(id), await seen('former')]).toEqual(['interrupted', undefined])
		})

		test('a process without a row that registers in the meantime is not ended', async () => {
			const id = await begin('former')
			const process = await seen('former')
			await stores.processes.beat(own('former'))
			expect(process && (await stores.processes.end(process, 5000))).toBeUndefined()
			expect(await stateOf(id)).toBe('running')
		})

		test('a process leaves once it has no running turns', async () => {
			await stores.processes.beat(own('p1'))
			const id = await begin('p1')
			await stores.processes.leave('p1')
			expect(await seen('p1')).toBeDefined()
			await stores.conversations.in(alice).turns.end(id, ended('x'))
			await stores.processes.leave('p1')
			expect(await seen('p1')).toBeUndefined()
		})
	})
}
