import { expect, test } from 'bun:test'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { readUserIdHistory } from './user-id-history.ts'

const text = (text: string) => [{ type: 'text', text }] as const
const system: Message = { role: 'system', content: text('Be brief.') }
const user: Message = { role: 'user', content: text('Hi') }
const answer: Message = { role: 'assistant', content: text('Hello') }
const result: Message = { role: 'tool', callId: 'c', content: text('4') }

function partsOf(messages: readonly Message[]) {
	const request: ChatRequest = {
		model: 'm',
		messages,
		sampling: {},
		stop: [],
		choices: 1,
		tools: [],
		toolChoice: { type: 'auto' },
		parallelToolCalls: true,
		responseFormat: { type: 'text' },
		user: 'u',
		passthrough: {},
	}
	const { instructions, transient, incoming } = readUserIdHistory(request)?.thread ?? {}
	return { instructions, transient, incoming }
}

test('leading system messages are instructions, and only the last message is stored', () => {
	expect(partsOf([system, user, answer, user])).toEqual({
		instructions: [system],
		transient: [user, answer],
		incoming: [user],
	})
	expect(partsOf([user])).toEqual({ instructions: [], transient: [], incoming: [user] })
})

test('tool results before the last message are stored with it', () => {
	expect(partsOf([system, answer, result, result])).toEqual({
		instructions: [system],
		transient: [answer],
		incoming: [result, result],
	})
	expect(partsOf([result, user])).toEqual({ instructions: [], transient: [], incoming: [result, user] })
})

test('a request of instructions alone stores its last message', () => {
	expect(partsOf([system, system])).toEqual({ instructions: [], transient: [system], incoming: [system] })
	expect(partsOf([])).toEqual({ instructions: [], transient: [], incoming: [] })
})
