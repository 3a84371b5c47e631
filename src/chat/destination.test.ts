import { describe, expect, test } from 'bun:test'
import { requestFor } from './destination.ts'
import { ChatError } from './error.ts'
import type { AssistantPart, Message } from './message.ts'
import { plainRequest } from './request.testing.ts'
import type { ChatRequest } from './request.ts'

const plain: ChatRequest = {
	...plainRequest,
	messages: [],
}

function send(messages: readonly Message[], wire: string | undefined = 'w', origin?: string) {
	const dropped: string[] = []
	const request = { ...plain, messages }
	const sent = requestFor({ wire, origin }, request, (part) => dropped.push(part))
	return { request, sent, dropped }
}

const rest = { wire: 'w', fields: { extra: 1 } }
const everyRole: readonly Message[] = [
	{ role: 'system', content: [{ type: 'text', text: 's', rest }], rest },
	{ role: 'user', content: [{ type: 'image', url: 'https://x.test/a.png', rest }], rest },
	{
		role: 'assistant',
		content: [
			{ type: 'text', text: 'a' },
			{ type: 'reasoning', text: 'r', rest },
		],
		rest,
	},
	{ role: 'tool', callId: 'c', content: [{ type: 'text', text: 't', rest }], rest },
]

describe('a request for its own wire', () => {
	test('is the same object', () => {
		const { request, sent, dropped } = send(everyRole)
		expect(sent).toBe(request)
		expect(dropped).toEqual([])
	})
})

describe('a request for another wire', () => {
	test('loses the unknown fields, each of which is reported by its path', () => {
		const { sent, dropped } = send(everyRole, 'v')
		expect(JSON.stringify(sent)).not.toContain('extra')
		expect(dropped).toEqual([
			'messages[0].extra',
			'messages[0].content[0].extra',
			'messages[1].extra',
			'messages[1].content[0].extra',
			'messages[2].extra',
			'messages[2].content[1].extra',
			'messages[3].extra',
			'messages[3].content[0].extra',
		])
	})

	test('loses the unknown fields of its tools', () => {
		const dropped: string[] = []
		const tools = [{ type: 'function', name: 'f', strict: false, rest }] as const
		const sent = requestFor({ wire: undefined }, { ...plain, tools }, (part) => dropped.push(part))
		expect(sent.tools[0]?.rest).toBeUndefined()
		expect(dropped).toEqual(['tools[0].extra'])
	})

	test('loses provider items of the assistant, and is refused with those of the user', () => {
		const item = { type: 'provider-item', wire: 'w', item: { type: 'video_url' } } as const
		const { sent, dropped } = send([{ role: 'assistant', content: [item, { type: 'text', text: 'a' }] }], 'v')
		expect(sent.messages[0]?.content).toEqual([{ type: 'text', text: 'a' }])
		expect(dropped).toEqual(['messages[0].content[0]'])
		expect(() => send([{ role: 'user', content: [item] }], 'v')).toThrow(ChatError)
		expect(() => send([{ role: 'tool', callId: 'c', content: [item] }], 'v')).toThrow('video_url')
		expect(send([{ role: 'user', content: [item] }]).dropped).toEqual([])
	})

	test('has the substitutes of provider items, and what they lose is reported', () => {
		const text = (text: string) => ({ type: 'text', text, rest }) as const
		const substitute = { parts: [text('a'), text('b')], lost: ['citations'] }
		const item = { type: 'provider-item', wire: 'w', item: { type: 'x' }, substitute } as const
		const content = [text('first'), item, text('last')]
		for (const message of [
			{ role: 'user', content },
			{ role: 'assistant', content },
			{ role: 'tool', callId: 'c', content },
		] satisfies Message[]) {
			const { sent, dropped } = send([message], 'v')
			expect(sent.messages[0]?.content).toEqual(['first', 'a', 'b', 'last'].map((text) => ({ type: 'text', text })))
			expect(dropped).toContain('messages[0].content[1].citations')
			expect(send([message]).sent.messages[0]).toBe(message)
		}
	})
})

test('an answer of which nothing is left is no message, an empty one remains', () => {
	const item = { type: 'provider-item', wire: 'w', item: { type: 'x' } } as const
	const text = { type: 'text', text: 'a' } as const
	const messages: readonly Message[] = [
		{ role: 'user', content: [text] },
		{ role: 'assistant', content: [item, { type: 'reasoning', text: '', signature: { wire: 'w', value: 's' } }] },
		{ role: 'assistant', content: [] },
		{ role: 'assistant', content: [item, text] },
	]
	const { sent, dropped } = send(messages, 'v')
	expect(sent.messages.map(({ content }) => content.length)).toEqual([1, 0, 1])
	expect(dropped).toEqual(['messages[1].content[0]', 'messages[3].content[0]'])
})

describe('signatures', () => {
	const parts = (origin?: string): readonly AssistantPart[] => [
		{ type: 'reasoning', text: 'r', signature: { wire: 'w', value: 's', origin } },
		{ type: 'reasoning', text: '', signature: { wire: 'w', value: 's', origin }, encrypted: true },
		{
			type: 'tool-call',
			kind: 'function',
			id: 'c',
			name: 'f',
			arguments: '{}',
			signature: { wire: 'w', value: 's', origin },
		},
	]
	const sentParts = (wire: string, from: string | undefined, to: string | undefined) =>
		send([{ role: 'assistant', content: parts(from) }], wire, to).sent.messages[0]?.content ?? []

	test('are required by some upstreams: readable reasoning without its own is left out and reported', () => {
		const dropped: string[] = []
		const content: readonly AssistantPart[] = [...parts('a'), ...parts('b'), { type: 'reasoning', text: 'r' }]
		const { messages } = requestFor(
			{ wire: 'w', origin: 'a', requiresSignatures: true },
			{ ...plain, messages: [{ role: 'assistant', content }] },
			(part) => dropped.push(part),
		)
		expect(messages[0]?.content.map(({ type }) => type)).toEqual(['reasoning', 'reasoning', 'tool-call', 'tool-call'])
		expect(dropped).toEqual(['messages[0].content[3]', 'messages[0].content[6]'])
	})

	test('go back to their origin, in their order', () => {
		expect(sentParts('w', 'a', 'a')).toEqual(parts('a'))
	})

	test('of an unknown origin go to every upstream of their wire', () => {
		expect(sentParts('w', undefined, 'a')).toEqual(parts())
	})

	for (const [name, wire, to] of [
		['another origin', 'w', 'b'],
		['another wire', 'v', 'a'],
	] as const)
		test(`are not sent to ${name}; reasoning that only they contain is left out`, () => {
			expect(sentParts(wire, 'a', to)).toEqual([
				{ type: 'reasoning', text: 'r' },
				{ type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' },
			])
		})

	test('that are not sent take the unknown fields of their reasoning with them, without a report', () => {
		const signature = { wire: 'w', value: 's', origin: 'a' }
		const content: readonly AssistantPart[] = [{ type: 'reasoning', text: '', signature, encrypted: true, rest }]
		const { sent, dropped } = send([{ role: 'assistant', content }], 'v', 'a')
		expect(sent.messages).toEqual([])
		expect(dropped).toEqual([])
	})
})
