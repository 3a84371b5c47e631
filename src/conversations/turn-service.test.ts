// The operations on stored turns, on an in-memory database.

import { describe, expect, test } from 'bun:test'
import { SqlConversationStore } from '../stores/sql/sql-conversation-store.ts'
import { openMemory } from '../stores/sqlite/memory.testing.ts'
import { alice, ended, turn as newTurn, user } from './conversation-store.testing.ts'
import { messageId } from './message-id.ts'
import { absentIn, page, texts } from './service.testing.ts'
import { ConversationService } from './service.ts'
import { newTurnId } from './turn-id.ts'
import { TurnService } from './turn-service.ts'

const store = new SqlConversationStore(await openMemory())
const own = store.in(alice)
const conversations = new ConversationService(own, { nowMs: 1_800_000_000_000, process: 'p' })
const service = new TurnService(own)

describe('a turn', () => {
	/** A turn with two inputs and an answer. */
	async function answered(change: Partial<Parameters<typeof newTurn>[0]> = {}) {
		const { id: conversation } = await conversations.create({ metadata: {} }, [user('earlier')])
		const { head } = await conversations.find(conversation)
		const turn = newTurn({
			conversation,
			parent: head,
			stored: true,
			surface: 'response',
			inputs: [user('a'), user('b')],
			...change,
		})
		await own.turns.begin(turn)
		await own.turns.end(turn.id, ended('answer'))
		return { id: turn.id, surface: turn.surface, conversation }
	}

	test('is found with its answers, listed, updated and removed', async () => {
		const turn = await answered()
		expect(texts((await service.find(turn)).answers)).toEqual(['answer'])
		const listed = await service.list({ ...page, limit: 100, surface: 'response' })
		expect(listed.items.map((one) => one.turn.id)).toContain(turn.id)
		expect((await service.update(turn, { a: 'b' })).turn.metadata).toEqual({ a: 'b' })
		await service.remove(turn)
		for (const operation of [
			() => service.find(turn),
			() => service.update(turn, {}),
			() => service.remove(turn),
			() => service.inputs(turn, page),
			() => service.history(turn, page),
		])
			expect(await absentIn(operation())).toBe('turn')
		expect(await service.isRunning(turn.id)).toBeUndefined()
		expect(await absentIn(service.list({ ...page, surface: 'chat', after: newTurnId() }))).toBe('cursor')
	})
	test('of another surface, or that is not stored, or running, is not found', async () => {
		const turn = await answered()
		expect(await absentIn(service.find({ id: turn.id, surface: 'chat' }))).toBe('turn')
		expect(await absentIn(service.find(await answered({ stored: false })))).toBe('turn')
		const { id: conversation } = await conversations.create({ metadata: {} }, [])
		const running = newTurn({ conversation, stored: true, surface: 'response' })
		await own.turns.begin(running)
		expect(await service.isRunning(running.id)).toBe(true)
		expect((await service.find({ id: running.id, surface: 'response' })).turn.state).toBe('running')
		expect(await absentIn(service.find({ id: running.id, surface: 'response', ended: true }))).toBe('turn')
	})
	test('has inputs, and a history that includes earlier turns', async () => {
		const turn = await answered()
		const inputs = await service.inputs(turn, { ...page, limit: 1 })
		expect([texts(inputs.items), inputs.more]).toEqual([['a'], true])
		const next = await service.inputs(turn, { ...page, after: inputs.items[0]?.id })
		expect([texts(next.items), next.more]).toEqual([['b'], false])
		expect(texts((await service.inputs(turn, { limit: 10, order: 'desc' })).items)).toEqual(['b', 'a'])
		expect(await absentIn(service.inputs(turn, { ...page, after: messageId('none') }))).toBe('cursor')
		expect(texts((await service.history(turn, page)).page.items)).toEqual(['earlier', 'a', 'b'])
	})
})
