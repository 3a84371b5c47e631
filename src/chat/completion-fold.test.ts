import { expect, test } from 'bun:test'
import { CompletionFold } from './completion-fold.ts'
import { ChatError } from './error.ts'
import type { ChatEvent } from './event.ts'

const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'counted' } as const

test('characters that arrive in halves are joined, and half of one at the end is left out', () => {
	for (const type of ['text', 'reasoning', 'refusal'] as const) {
		const fold = new CompletionFold()
		fold.add({ type: 'start' })
		fold.add({ type: 'part-start', choice: 0, part: { type } })
		for (const text of ['a\ud83c', '\udf89', 'b\ud83c']) fold.add({ type: 'part-delta', choice: 0, part: type, text })
		expect(fold.soFar()).toMatchObject([{ parts: [{ type, text: 'a🎉b' }] }])
		fold.add({ type: 'part-end', choice: 0 })
		fold.add({ type: 'choice-finish', choice: 0, reason: 'length' })
		fold.add({ type: 'finish', usage })
		expect(fold.completion().choices).toMatchObject([{ parts: [{ type, text: 'a🎉b' }] }])
	}
})

test('parts without content are left out', () => {
	const fold = new CompletionFold()
	fold.add({ type: 'start' })
	for (const type of ['text', 'reasoning', 'refusal'] as const) {
		fold.add({ type: 'part-start', choice: 0, part: { type } })
		fold.add({ type: 'part-delta', choice: 0, part: type, text: '' })
		fold.add({ type: 'part-end', choice: 0 })
	}
	expect(fold.soFar()[0]?.parts).toEqual([])
})

test('the signature and unknown fields of a call may follow its start', () => {
	const fold = new CompletionFold()
	const signature = { wire: 'w', value: 'signed' }
	const rest = (field: string) => ({ wire: 'w', fields: { [field]: 1 } })
	const call = { type: 'tool-call', kind: 'function', id: 'c', name: 'f' } as const
	fold.add({ type: 'part-start', choice: 0, part: { ...call, rest: rest('a') } })
	fold.add({ type: 'part-delta', choice: 0, part: 'tool-call', text: '{}' })
	fold.add({ type: 'part-end', choice: 0, signature, rest: rest('b') })
	expect(fold.soFar()[0]?.parts).toEqual([
		{ ...call, arguments: '{}', signature, rest: { wire: 'w', fields: { a: 1, b: 1 } } },
	])
})

test('unknown fields that arrive in pieces are merged', () => {
	const fold = new CompletionFold()
	fold.add({ type: 'rest', choice: 0, rest: { wire: 'w', fields: { details: [1], id: 'a' } } })
	fold.add({ type: 'rest', choice: 0, rest: { wire: 'w', fields: { details: [2], id: 'b' } } })
	expect(fold.soFar()[0]?.rest).toEqual({ wire: 'w', fields: { details: [1, 2], id: 'b' } })
})

test('unknown fields before and after the content of a part are merged', () => {
	for (const type of ['text', 'reasoning', 'refusal'] as const) {
		const fold = new CompletionFold()
		fold.add({ type: 'part-start', choice: 0, part: { type, rest: { wire: 'w', fields: { first: 1 } } } })
		fold.add({ type: 'part-delta', choice: 0, part: type, text: 'a' })
		fold.add({ type: 'part-end', choice: 0, rest: { wire: 'w', fields: { last: 2 } } })
		expect(fold.soFar()[0]?.parts).toMatchObject([{ type, rest: { wire: 'w', fields: { first: 1, last: 2 } } }])
	}
})

const open: ChatEvent = { type: 'part-start', choice: 0, part: { type: 'text' } }

for (const [name, events] of [
	['a part inside a part', [open, { type: 'part-start', choice: 0, part: { type: 'reasoning' } }]],
	['a piece of another part', [open, { type: 'part-delta', choice: 0, part: 'reasoning', text: 'a' }]],
	['a piece of no part', [{ type: 'part-delta', choice: 0, part: 'text', text: 'a' }]],
	['the end of no part', [{ type: 'part-end', choice: 0 }]],
] satisfies [string, ChatEvent[]][])
	test(`${name} is an error of the upstream`, () => {
		const fold = new CompletionFold()
		const last = events.pop()
		for (const event of events) fold.add(event)
		expect(() => last !== undefined && fold.add(last)).toThrow(ChatError)
	})

const textStart: ChatEvent = { type: 'part-start', choice: 0, part: { type: 'text' } }
const delta = (text: string): ChatEvent => ({ type: 'part-delta', choice: 0, part: 'text', text })

test('a sample has the first characters, and the ratio of the whole text to them', () => {
	const fold = new CompletionFold({ sampleCharacters: 10 })
	for (const event of [textStart, delta('123456'), delta('7890ab')]) fold.add(event)
	fold.add({ type: 'part-end', choice: 0 })
	fold.add({ type: 'part-start', choice: 1, part: { type: 'reasoning' } })
	fold.add({ type: 'part-delta', choice: 1, part: 'reasoning', text: 'x'.repeat(18) })
	expect(fold.soFar().map(({ parts }) => parts)).toEqual([[{ type: 'text', text: '1234567890' }], []])
	expect([fold.sampleRatio, fold.omitted]).toEqual([3, 20])
	expect(new CompletionFold().sampleRatio).toBe(1)
})

test('a sample has the texts of an answer that is not longer, and nothing that is not counted', () => {
	const fold = new CompletionFold({ sampleCharacters: 1000 })
	const token = { token: 'Hi', logprob: -1, bytes: null, top: [] }
	const rest = { wire: 'w', fields: { large: 'x'.repeat(500) } }
	const call = { type: 'tool-call', kind: 'function', id: 'c', name: 'f' } as const
	const events: readonly ChatEvent[] = [
		textStart,
		{ type: 'part-delta', choice: 0, part: 'text', text: 'Hi', logprobs: [token] },
		{ type: 'part-end', choice: 0, rest },
		{ type: 'part-start', choice: 0, part: { ...call, rest } },
		{ type: 'part-delta', choice: 0, part: 'tool-call', text: '{}' },
		{ type: 'part-end', choice: 0 },
		{ type: 'part-start', choice: 0, part: { type: 'image', url: `data:image/png;base64,${'A'.repeat(5000)}` } },
		{ type: 'part-end', choice: 0 },
		{ type: 'rest', choice: 0, rest },
	]
	for (const event of events) fold.add(event)
	const [choice] = fold.soFar()
	expect(choice?.parts).toEqual([
		{ type: 'text', text: 'Hi' },
		{ ...call, arguments: '{}' },
	])
	expect([choice?.logprobs, choice?.rest, fold.sampleRatio]).toEqual([undefined, undefined, 1])
	expect(fold.omitted).toBeGreaterThan(5000)
})

test('the number of parts of a sample is bounded', () => {
	const fold = new CompletionFold({ sampleCharacters: 1_000_000 })
	for (let part = 0; part < 10_000; part++)
		for (const event of [textStart, delta('ab')]) {
			fold.add(event)
			if (event.type === 'part-delta') fold.add({ type: 'part-end', choice: 0 })
		}
	expect(fold.soFar()[0]?.parts.length).toBe(4096)
	expect(fold.sampleRatio).toBeCloseTo(10_000 / 4096, 5)
})

test.each<[string, readonly ChatEvent[]]>([
	['text', [textStart, delta('x'.repeat(60)), delta('é'.repeat(21))]],
	[
		'arguments',
		[
			{ type: 'part-start', choice: 0, part: { type: 'tool-call', kind: 'function', id: 'c', name: 'f' } },
			{ type: 'part-delta', choice: 0, part: 'tool-call', text: 'x'.repeat(101) },
		],
	],
	[
		'log-probabilities',
		[
			textStart,
			{
				type: 'part-delta',
				choice: 0,
				part: 'text',
				text: 'a',
				logprobs: [{ token: 'a', logprob: -1, bytes: null, top: [{ token: 'b', logprob: -2, bytes: null }] }],
			},
		],
	],
	['an image', [{ type: 'part-start', choice: 0, part: { type: 'image', url: 'x'.repeat(101) } }]],
])('an answer whose %s exceed the maximum size is an error', (_, events) => {
	const fold = new CompletionFold({ maxBytes: 100 })
	expect(() => {
		for (const event of events) fold.add(event)
	}).toThrow('exceeds the maximum size of 100 bytes')
})
