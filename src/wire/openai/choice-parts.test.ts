// Parts of one choice that an upstream sends inside each other. The events of every stream are checked against the rules
// of chat/event.ts.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import type { AssistantPart } from '../../chat/message.ts'
import { CustomCallsReader } from '../json/custom-calls-reader.ts'
import { ChatChunkReader } from './chat-chunk-reader.ts'
import { readCompletion } from './completion-reader.ts'

function open(): ChatChunkReader {
	let made = 0
	return new ChatChunkReader({
		model: 'm',
		choices: 1,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		newCallId: () => `new_${made++}`,
	})
}

const chunk = (delta: object, finish_reason: string | null = null) => ({
	choices: [{ index: 0, delta, finish_reason }],
})
const first = (text: string, id = 'a', name = 'f') => ({ index: 0, id, function: { name, arguments: text } })
const more = (text: string, index = 0) => ({ index, function: { arguments: text } })
const calls = (...fragments: readonly object[]) => ({ tool_calls: fragments })

function eventsOf(chunks: readonly unknown[], reader: Pick<ChatChunkReader, 'read' | 'end'> = open()) {
	const events = [...chunks.flatMap((one) => reader.read(one)), ...reader.end(true)]
	expect(brokenRule(events)).toBeUndefined()
	return events
}

async function partsOf(events: readonly ChatEvent[]): Promise<readonly AssistantPart[]> {
	const [choice] = (await collect(replay(events))).choices
	return choice?.parts ?? []
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

/** A part in short: `a({"x":1})` for a call, `text:x` for others. */
function short(part: AssistantPart): string {
	switch (part.type) {
		case 'tool-call':
			return `${part.id}(${part.arguments})`
		case 'text':
		case 'reasoning':
		case 'refusal':
			return `${part.type}:${part.text}`
		default:
			return part.type
	}
}

async function shortPartsOf(chunks: readonly unknown[]): Promise<readonly string[]> {
	return (await partsOf(eventsOf(chunks))).map(short)
}

const json = '{"city": "Paris {}"}'
const end = chunk({}, 'tool_calls')

describe('content inside the arguments of a call follows the call', () => {
	const inserted: readonly (readonly [name: string, delta: object, parts: readonly string[]])[] = [
		['a line feed', { content: '\n' }, ['text:\n']],
		['reasoning', { reasoning_content: 'hm' }, ['reasoning:hm']],
		["another server's reasoning", { reasoning: 'hm' }, ['reasoning:hm']],
		['a refusal', { refusal: 'no' }, ['refusal:no']],
		['reasoning and text', { reasoning_content: 'hm', content: 'x' }, ['reasoning:hm', 'text:x']],
		[
			'thinking and text in a list',
			{
				content: [
					{ type: 'thinking', thinking: 'hm' },
					{ type: 'text', text: 'x' },
				],
			},
			['reasoning:hm', 'text:x'],
		],
		['an image', { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] }, ['image']],
		['a second call', calls({ index: 1, id: 'b', function: { name: 'g', arguments: '{"y":2}' } }), ['b({"y":2})']],
		['a second call without arguments', calls({ index: 1, id: 'b', function: { name: 'g' } }), ['b({})']],
	]
	for (const [name, delta, parts] of inserted) {
		test(`${name} in its own chunk, at every position`, async () => {
			for (let at = 1; at < json.length; at++) {
				const chunks = [chunk(calls(first(json.slice(0, at)))), chunk(delta), chunk(calls(more(json.slice(at)))), end]
				expect(await shortPartsOf(chunks)).toEqual([`a(${json})`, ...parts])
			}
		})

		if ('tool_calls' in delta) continue
		test(`${name} in the chunk of arguments, at every position`, async () => {
			for (let at = 1; at < json.length; at++) {
				const both = { ...delta, ...calls(more(json.slice(at))) }
				expect(await shortPartsOf([chunk(calls(first(json.slice(0, at)))), chunk(both), end])).toEqual([
					`a(${json})`,
					...parts,
				])
			}
		})

		test(`${name} before the arguments begin`, async () => {
			const chunks = [chunk(calls(first(''))), chunk(delta), chunk(calls(more(json))), end]
			expect(await shortPartsOf(chunks)).toEqual([`a(${json})`, ...parts])
		})

		test(`${name} after an empty object that the arguments replace`, async () => {
			const chunks = [chunk(calls(first('{}'))), chunk(delta), chunk(calls(more(json))), end]
			expect(await shortPartsOf(chunks)).toEqual([`a(${json})`, ...parts])
		})
	}

	test('two calls with text inside both', async () => {
		const chunks = [
			chunk(calls(first('{"x"'), { index: 1, id: 'b', function: { name: 'g', arguments: '{"y"' } })),
			chunk({ content: 'one ' }),
			chunk(calls(more(':2}', 1))),
			chunk({ content: 'two' }),
			chunk(calls(more(':1}'))),
			end,
		]
		expect(await shortPartsOf(chunks)).toEqual(['a({"x":1})', 'b({"y":2})', 'text:one two'])
	})

	test('text before, inside and after a call', async () => {
		const chunks = [
			chunk({ content: 'before' }),
			chunk(calls(first('{"x"'))),
			chunk({ content: 'in' }),
			chunk(calls(more(':1}'))),
			chunk({ content: ' after' }),
			end,
		]
		expect(await shortPartsOf(chunks)).toEqual(['text:before', 'a({"x":1})', 'text:in after'])
	})

	test('free text of a custom tool does not show its end', async () => {
		const custom = (fields: object) => calls({ index: 0, ...fields })
		const chunks = [
			chunk(custom({ id: 'a', type: 'custom', custom: { name: 'shell', input: '{"x":1}' } })),
			chunk({ content: '\n' }),
			chunk(calls({ index: 1, id: 'b', function: { name: 'g', arguments: '{}' } })),
			chunk(custom({ custom: { input: '\n{"x":2}' } })),
			end,
		]
		expect(await shortPartsOf(chunks)).toEqual(['a({"x":1}\n{"x":2})', 'text:\n', 'b({})'])
	})

	test('arguments that are never whole hold the text to the end', async () => {
		const chunks = [chunk(calls(first('{"x"'))), chunk({ content: 'cut' }), chunk({}, 'length')]
		expect(await shortPartsOf(chunks)).toEqual(['a({"x")', 'text:cut'])
	})

	test('functions that stand for custom tools', async () => {
		const chunks = [
			chunk(calls(first('{"input":"l', 'a', 'shell'))),
			chunk({ content: '\n' }),
			chunk(calls(more('s"}'))),
			end,
		]
		const parts = await partsOf(eventsOf(chunks, new CustomCallsReader(open(), new Set(['shell']))))
		expect(parts.map(short)).toEqual(['a(ls)', 'text:\n'])
		expect(parts[0]).toMatchObject({ kind: 'custom' })
	})
})

describe('content after a whole call streams', () => {
	const texts = (events: readonly ChatEvent[]) =>
		events.flatMap((event) => (event.type === 'part-delta' && event.part !== 'tool-call' ? [event.text] : []))

	test.each([{ content: 'x' }, { reasoning_content: 'x' }, { refusal: 'x' }])('%j', (delta) => {
		const reader = open()
		reader.read(chunk(calls(first('{"x":1}'))))
		expect(texts(reader.read(chunk(delta)))).toEqual(['x'])
		expect(texts(reader.read(chunk(delta)))).toEqual(['x'])
	})

	test('also text that waited, once the call is whole', () => {
		const reader = open()
		reader.read(chunk(calls(first('{"x"'))))
		expect(reader.read(chunk({ content: 'x' }))).toEqual([])
		expect(texts(reader.read(chunk(calls(more(':1}')))))).toEqual(['x'])
		expect(texts(reader.read(chunk({ content: 'y' })))).toEqual(['y'])
	})

	test('and text between two calls keeps its position', async () => {
		const chunks = [
			chunk(calls(first('{"x":1}'))),
			chunk({ content: 'then' }),
			chunk(calls({ index: 1, id: 'b', function: { name: 'g', arguments: '{"y":2}' } })),
			end,
		]
		expect(await shortPartsOf(chunks)).toEqual(['a({"x":1})', 'text:then', 'b({"y":2})'])
	})
})

test('reasoning, text and calls of a whole answer are in the order of its fields', async () => {
	const message = {
		content: 'x',
		reasoning_content: 'hm',
		tool_calls: [first('{"x":1}'), { id: 'b', function: { name: 'g', arguments: '{}{"y":2}' } }],
	}
	const events = readCompletion({ choices: [{ message, finish_reason: 'tool_calls' }] }, open())
	expect(brokenRule(events)).toBeUndefined()
	expect((await partsOf(events)).map(short)).toEqual(['reasoning:hm', 'text:x', 'a({"x":1})', 'b({"y":2})'])
})

describe('pieces end with whole characters', () => {
	const pieces = (events: readonly ChatEvent[]) =>
		events.flatMap((event) => (event.type === 'part-delta' ? [event.text] : []))

	test.each(['content', 'reasoning_content', 'refusal'])('of %s', (field) => {
		const chunks = [...'a😀b'.split(''), '\ud83d'].map((unit) => chunk({ [field]: unit }))
		expect(pieces(eventsOf([...chunks, chunk({}, 'stop')]))).toEqual(['a', '😀', 'b'])
	})

	test('of arguments', () => {
		const units = '{"x":"😀"}'.split('')
		const chunks = [chunk(calls(first(''))), ...units.map((unit) => chunk(calls(more(unit)))), end]
		const written = pieces(eventsOf(chunks))
		expect(written.join('')).toBe('{"x":"😀"}')
		expect(written.every((piece) => piece.isWellFormed())).toBe(true)
	})

	test('log-probabilities do not wait', () => {
		const logprobs = { content: [{ token: 'x', logprob: -1, bytes: [240, 159], top_logprobs: [] }] }
		const half = { choices: [{ index: 0, delta: { content: '\ud83d' }, logprobs }] }
		const events = eventsOf([half, chunk({ content: '\ude00' }), chunk({}, 'stop')])
		expect(events[2]).toMatchObject({ type: 'part-delta', text: '', logprobs: [{ token: 'x' }] })
		expect(events[3]).toMatchObject({ type: 'part-delta', text: '😀' })
	})
})
