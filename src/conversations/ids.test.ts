import { expect, test } from 'bun:test'
import { newConversationId, readConversationId, writeConversationId } from './conversation-id.ts'
import { answerId, inputId } from './message-id.ts'
import { newTurnId, readTurnId } from './turn-id.ts'

test('a conversation id is read in both of its forms, in either case', () => {
	const id = newConversationId()
	expect(readConversationId(id)).toBe(id)
	expect(readConversationId(id.toUpperCase())).toBe(id)
	expect(readConversationId(writeConversationId(id))).toBe(id)
	for (const text of ['', 'conv_', `${id}0`, writeConversationId(id).slice(0, -1), `conv_${id}`])
		expect(readConversationId(text)).toBeUndefined()
})

test('a turn id is read after its prefix only', () => {
	const id = newTurnId()
	expect(readTurnId(id)).toBe(id)
	expect(readTurnId(`resp_${id}`, 'resp_')).toBe(id)
	for (const text of ['', id, `resp_${id}0`, `resp_${id.slice(1)}G`, `chatcmpl-${id}`])
		expect(readTurnId(text, 'resp_')).toBeUndefined()
})

test('ids that are created later sort later', async () => {
	const [turn, conversation] = [newTurnId(), newConversationId()]
	for (const nowMs = Date.now(); Date.now() === nowMs; ) await Bun.sleep(1)
	expect(newTurnId() > turn).toBe(true)
	expect(newConversationId() > conversation).toBe(true)
})

test('ids of messages derive from their turn', () => {
	const turn = newTurnId()
	expect([inputId(turn, 2), answerId(turn, 0)].map(String)).toEqual([`${turn}-2`, `${turn}-a0`])
})
