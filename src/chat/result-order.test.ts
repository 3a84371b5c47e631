import { describe, expect, test } from 'bun:test'
import { requestFor } from './destination.ts'
import type { Message } from './message.ts'
import { resultsAfterCalls } from './result-order.ts'

const call = (...ids: readonly string[]): Message => ({
	role: 'assistant',
	content: ids.map((id) => ({ type: 'tool-call', kind: 'function', id, name: 'f', arguments: '{}' })),
})
const result = (callId: string): Message => ({ role: 'tool', callId, content: [{ type: 'text', text: callId }] })
const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })
const note: Message = { role: 'developer', content: [{ type: 'text', text: 'note' }] }

describe('results follow their calls', () => {
	const orders: Readonly<Record<string, readonly [readonly Message[], readonly Message[]]>> = {
		'a message before the result': [
			[user('q'), call('a'), note, result('a')],
			[user('q'), call('a'), result('a'), note],
		],
		'messages between the results of two calls': [
			[call('a', 'b'), user('1'), result('a'), note, result('b'), user('2')],
			[call('a', 'b'), result('a'), result('b'), user('1'), note, user('2')],
		],
		'two answers whose results come last': [
			[call('a'), user('1'), call('b'), result('a'), result('b')],
			[call('a'), result('a'), user('1'), call('b'), result('b')],
		],
		'results in another order than the calls': [
			[call('a', 'b'), note, result('b'), result('a')],
			[call('a', 'b'), result('b'), result('a'), note],
		],
		'a result without a call': [
			[user('q'), result('x'), call('a'), note, result('a')],
			[user('q'), result('x'), call('a'), result('a'), note],
		],
		'an id that is used again': [
			[call('a'), result('a'), call('a'), note, result('a')],
			[call('a'), result('a'), call('a'), result('a'), note],
		],
	}
	for (const [name, [given, ordered]] of Object.entries(orders))
		test(name, () => expect(resultsAfterCalls(given)).toEqual(ordered))

	test('nothing is copied if they already do', () => {
		const messages = [user('q'), call('a', 'b'), result('b'), result('a'), user('next'), call('c'), result('c')]
		expect(resultsAfterCalls(messages)).toBe(messages)
	})

	test('for every destination', () => {
		const messages = [call('a'), note, result('a')]
		const request = {
			model: 'm',
			messages,
			sampling: {},
			stop: [],
			choices: 1,
			tools: [],
			toolChoice: { type: 'none' as const },
			parallelToolCalls: true,
			responseFormat: { type: 'text' as const },
			passthrough: {},
		}
		expect(requestFor({ wire: undefined }, request, () => {}).messages).toEqual([call('a'), result('a'), note])
	})
})
