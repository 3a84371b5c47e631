import { expect, test } from 'bun:test'
import type { AssistantPart, Message } from '../chat/message.ts'
import { assistant, user } from './conversation-store.testing.ts'
import { estimateTokens, fit } from './fit.ts'

const system = (text: string): Message => ({ role: 'system', content: [{ type: 'text', text }] })
const sizeOf = (...messages: readonly Message[]) => messages.reduce((sum, one) => sum + estimateTokens(one), 0)

const instructions = [system('Be brief.')]
const incoming = [user('And now?')]
const [first, second] = [
	[user('One?'), assistant('One.')],
	[user('Two?'), assistant('Two.')],
]

/** The history that fits if there is room for `tokens` beside the answer. */
function fitInto(tokens: number, history: readonly Message[]) {
	return fit({ instructions, history, incoming, contextTokens: tokens + 10, answerTokens: 10 })
}

test('a history that fits is complete', () => {
	const history = [...first, ...second]
	const size = sizeOf(...instructions, ...history, ...incoming)
	expect(fitInto(size, history)).toEqual({ history, omitted: 0 })
})

test('the oldest exchanges are omitted as a whole', () => {
	const size = sizeOf(...instructions, ...first, ...second, ...incoming)
	expect(fitInto(size - 1, [...first, ...second])).toEqual({ history: second, omitted: 2 })
	expect(fitInto(sizeOf(...instructions, ...incoming), [...first, ...second])).toEqual({ history: [], omitted: 4 })
})

test('system messages of the history are never omitted', () => {
	const inside = system('From now on, in French.')
	const history = [...first, inside, ...second]
	expect(fitInto(0, history)).toEqual({ history: [inside], omitted: 4 })
})

test('the answer is reserved a quarter of the context if its length is unknown, and at most half', () => {
	const history = [...first]
	const size = sizeOf(...instructions, ...first, ...incoming)
	const omitted = (contextTokens: number, answerTokens: number | undefined) =>
		fit({ instructions, history, incoming, contextTokens, answerTokens }).omitted
	expect([omitted(Math.ceil((size * 4) / 3), undefined), omitted(Math.ceil((size * 4) / 3) - 2, undefined)]).toEqual([
		0, 2,
	])
	expect([omitted(size * 2, 1_000_000), omitted(size * 2 - 2, 1_000_000)]).toEqual([0, 2])
})

test.each<[string, AssistantPart]>([
	['reasoning', { type: 'reasoning', text: 'x'.repeat(300) }],
	[
		'encrypted reasoning',
		{ type: 'reasoning', text: '', signature: { wire: 'w', value: 'x'.repeat(300) }, encrypted: true },
	],
	['a call', { type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: 'x'.repeat(300) }],
	['a refusal', { type: 'refusal', text: 'x'.repeat(300) }],
	['audio', { type: 'audio', data: 'x'.repeat(300), format: 'wav' }],
	['an item of a provider', { type: 'provider-item', wire: 'w', item: { text: 'x'.repeat(300) } }],
	['an image', { type: 'image', url: 'https://example.com/a.png' }],
])('%s takes up room', (_, part) => {
	expect(sizeOf({ role: 'assistant', content: [part] }) - sizeOf({ role: 'assistant', content: [] })).toBeGreaterThan(
		99,
	)
})
