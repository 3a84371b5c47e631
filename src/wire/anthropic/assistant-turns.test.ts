// Random assistant turns with every type of block in random order, with unknown fields and signatures. They leave as
// they arrived: from the history of a client to an upstream, and from the answer of an upstream to a client, unary,
// streamed, and streamed with all blocks open together. Anthropic's SDK reads the written streams.

import { describe, expect, test } from 'bun:test'
import { BetaMessageStream } from '@anthropic-ai/sdk/lib/BetaMessageStream'
import { CompletionFold } from '../../chat/completion-fold.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { randomOf } from '../../system/random.testing.ts'
import { readMessage } from './message-answer-reader.ts'
import { writeMessage } from './message-answer-writer.ts'
import { MessageEventReader } from './message-event-reader.ts'
import { MessageEventWriter } from './message-event-writer.ts'
import { readMessageRequest } from './message-request-reader.ts'
import { writeMessageRequest } from './message-request-writer.ts'

type Random = () => number

function oneOf<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
	return items[Math.floor(random() * items.length)] ?? items[0]
}

const texts = ['Grüß dich 🌍', 'a "quoted"\n line ', '{"not":"json"', '…', 'x'] as const
const inputs = [{}, { place: 'Zürich' }, { list: [1, { deep: null }], '': 'empty name' }] as const
const citation = { type: 'web_search_result_location', cited_text: 'x', url: 'https://x.example', title: null }

function blockOf(random: Random, index: number): JsonObject {
	const text = oneOf(random, texts)
	const more: JsonObject = random() < 0.3 ? { new_field: { of: ['this', 'wire'] } } : {}
	const input = oneOf(random, inputs)
	return oneOf<() => JsonObject>(random, [
		() => ({ type: 'text', text, ...more }),
		() => ({ type: 'text', text, citations: [citation, { ...citation, cited_text: text }], ...more }),
		() => ({ type: 'thinking', thinking: oneOf(random, [text, '']), signature: `c2ln${index}`, ...more }),
		() => ({ type: 'redacted_thinking', data: `ZGF0YQ${index}`, ...more }),
		() => ({ type: 'tool_use', id: `toolu_${index}`, name: 'look', input, caller, ...more }),
		() => ({ type: 'server_tool_use', id: `srvtoolu_${index}`, name: 'web_search', input, ...more }),
		() => ({ type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ type: 'web_search_result' }] }),
		() => ({ type: 'mcp_tool_use', id: `mcptoolu_${index}`, name: 'x', server_name: 's', input }),
		() => ({ type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: false, content: [{ type: 'text', text }] }),
		() => ({ type: 'compaction', content: text }),
		() => ({ type: 'container_upload', file_id: 'file_1' }),
		() => ({ type: 'something_new', payload: { of: [text] } }),
	])()
}

const caller = { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' }

function turnOf(random: Random): readonly JsonObject[] {
	return Array.from({ length: 1 + Math.floor(random() * 8) }, (_, index) => blockOf(random, index))
}

const turns = Array.from({ length: 100 }, (_, seed) => [seed, turnOf(randomOf(seed + 1))] as const)

/** A client's turn with white space between signed blocks, and cache marks. */
function withHistoryFields(blocks: readonly JsonObject[]): readonly JsonObject[] {
	const isSigned = blocks.some(({ type }) => type === 'thinking' || type === 'redacted_thinking')
	return blocks.flatMap((block, index) => {
		const marked = block.type === 'text' || block.type === 'tool_use'
		const control = index % 2 === 0 ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral', new_field: 1 }
		const blank = isSigned ? [{ type: 'text', text: '\n\n' }] : []
		return [...blank, marked ? { ...block, cache_control: control } : block]
	})
}

/** What the upstream receives of a turn, and what was dropped. */
function relay(content: readonly JsonObject[]) {
	const calls = content.flatMap(({ type, id }) => (type === 'tool_use' ? [id] : []))
	const answers = calls.map((tool_use_id) => ({ type: 'tool_result', tool_use_id, content: 'seen' }))
	const { messages, dropped } = send([
		{ role: 'user', content: 'hi' },
		{ role: 'assistant', content },
		{ role: 'user', content: [...answers, { type: 'text', text: 'and?' }] },
	])
	return { content: plain(messages.find(({ role }) => role === 'assistant')), dropped }
}

function send(given: readonly JsonObject[]) {
	const dropped: string[] = []
	const { request } = readMessageRequest({ model: 'm', max_tokens: 100, messages: given }, null)
	const { body } = writeMessageRequest(request, {
		model: 'claude',
		form: { maxTokens: 500, thinking: 'effort', cache: 'client', systemMessages: 'user', schemaBounds: 'send' },
		stream: false,
		drop: (part) => dropped.push(part),
	})
	const text = stringifyJson(body.messages)
	const messages: readonly JsonObject[] = JSON.parse(text)
	return { messages, text, dropped }
}

function plain(value: unknown): unknown {
	return JSON.parse(JSON.stringify(isObject(value) && 'content' in value ? value.content : value))
}

const identity = { id: 'msg_1', model: 'claude' }
const shape = { hidesThinking: false, tagsSignatures: false }
const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_reason: null }
const usage = { input_tokens: 3, output_tokens: 9 }

function open(): MessageEventReader {
	return new MessageEventReader({
		model: 'claude',
		customTools: new Set(),
		errors: { title: 'The upstream', trusted: false },
	})
}

function fold(events: readonly ChatEvent[]) {
	expect(brokenRule(events)).toBeUndefined()
	const folded = new CompletionFold()
	for (const event of events) folded.add(event)
	return folded.completion()
}

/** The block as its stream starts, and the deltas that follow. */
function streamOf(random: Random, block: JsonObject): { readonly start: JsonObject; readonly deltas: JsonObject[] } {
	const { type, text, thinking, signature, input, citations, content } = block
	if (type === 'text') {
		const pieces = cut(random, String(text)).map((piece) => ({ type: 'text_delta', text: piece }))
		const cited = Array.isArray(citations) ? citations : []
		const { citations: _, ...start } = block
		return {
			start: { ...start, text: '' },
			deltas: [...pieces, ...cited.map((one) => ({ type: 'citations_delta', citation: one }))],
		}
	}
	if (type === 'thinking') {
		const pieces = cut(random, String(thinking)).map((piece) => ({ type: 'thinking_delta', thinking: piece }))
		const end = { type: 'signature_delta', signature: String(signature) }
		return { start: { ...block, thinking: '', signature: '' }, deltas: [...pieces, end] }
	}
	if (input !== undefined) {
		const pieces = cut(random, JSON.stringify(input))
		return {
			start: { ...block, input: {} },
			deltas: pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
		}
	}
	if (type !== 'compaction') return { start: block, deltas: [] }
	return { start: { ...block, content: null }, deltas: [{ type: 'compaction_delta', content: content ?? null }] }
}

function cut(random: Random, text: string): readonly string[] {
	const at = Math.floor(random() * text.length)
	return [text.slice(0, at), text.slice(at)].filter((piece) => piece !== '')
}

/** The stream of an upstream. `isTogether`: the blocks open and close together, and their deltas alternate. */
function recordingOf(random: Random, blocks: readonly JsonObject[], isTogether: boolean): readonly JsonObject[] {
	const streams = blocks.map((block, index) => {
		const { start, deltas } = streamOf(random, block)
		return {
			start: { type: 'content_block_start', index, content_block: start },
			deltas: deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
			stop: { type: 'content_block_stop', index },
		}
	})
	const longest = Math.max(...streams.map(({ deltas }) => deltas.length))
	const content = isTogether
		? [
				...streams.map(({ start }) => start),
				...Array.from({ length: longest }, (_, at) => streams.flatMap(({ deltas }) => deltas.slice(at, at + 1))).flat(),
				...streams.map(({ stop }) => stop),
			]
		: streams.flatMap(({ start, deltas, stop }) => [start, ...deltas, stop])
	return [
		{ type: 'message_start', message: { ...head, content: [], usage } },
		...content,
		{ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
		{ type: 'message_stop' },
	]
}

/** The message that the SDK assembles from the written events. */
async function reread(events: readonly ChatEvent[]): Promise<unknown> {
	const writer = new MessageEventWriter(identity, shape)
	const written = events.map((event) => writer.write(event)).join('')
	const lines = [...written.matchAll(/^data: (.*)$/gm)].map(([, data]) => `${data}\n`)
	return plain(await BetaMessageStream.fromReadableStream(new Blob(lines).stream()).finalMessage())
}

describe('a turn leaves as it arrived', () => {
	test.each(turns)('from a client to an upstream: %i', (_, blocks) => {
		const content = withHistoryFields(blocks)
		expect(relay(content)).toEqual({ content, dropped: [] })
	})
	test.each(turns)('from an upstream to a client: %i', (_, blocks) => {
		const body = { ...head, content: blocks, stop_reason: 'end_turn', usage }
		expect(plain(writeMessage(fold(readMessage(body, open())), identity, shape))).toEqual(blocks)
	})
	test.each(turns)('in a stream: %i', async (seed, blocks) => {
		for (const isTogether of [false, true]) {
			const reader = open()
			const events = recordingOf(randomOf(seed), blocks, isTogether).flatMap((event) => reader.read(event))
			const body = { ...head, content: blocks, stop_reason: 'end_turn', usage }
			expect(fold(events).choices).toEqual(fold(readMessage(body, open())).choices)
			expect(await reread(events)).toEqual(blocks)
		}
	})
})

test('content of the user and of tools leaves as it arrived', () => {
	const citations = { enabled: true }
	const base64 = { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }
	const messages = [
		{
			role: 'user',
			content: [
				{ type: 'document', title: 'T', context: 'C', source: base64, citations },
				{ type: 'document', title: 'T', source: { type: 'text', media_type: 'text/plain', data: 'a' }, citations },
				{ type: 'container_upload', file_id: 'file_1' },
				{ type: 'search_result', title: 'S', source: 's', content: [{ type: 'text', text: 'a' }], citations },
				{ type: 'text', text: 'b', cache_control: { type: 'ephemeral', new_field: 1 }, new_field: 2 },
			],
		},
		{ role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
		{
			role: 'user',
			content: [
				{
					type: 'tool_result',
					tool_use_id: 'toolu_1',
					content: [
						{ type: 'tool_reference', tool_name: 'other' },
						{ type: 'new_block', of: 'a tool' },
					],
					new_field: 3,
				},
				{ type: 'new_block', of: ['the user'] },
			],
		},
	]
	expect(send(messages)).toMatchObject({ messages, dropped: [] })
})

test('inputs and unknown blocks leave with the numbers and the order of keys that they arrived with', async () => {
	const numbers = '{"12":1,"2":2,"id":1234567890123456789,"price":1.0}'
	const blocks = [
		`{"type":"server_tool_use","id":"srv_1","name":"a","input":${numbers}}`,
		`{"type":"new_block","of":1234567890123456789,"list":[${numbers}]}`,
		`{"type":"text","text":"a","new_field":${numbers}}`,
		`{"type":"tool_use","id":"toolu_1","name":"look","input":${numbers}}`,
	]
	const content = listOf(parseJson(`[${blocks.join()}]`))
	const results = [{ type: 'tool_result', tool_use_id: 'toolu_1' }]
	const { text } = send([
		{ role: 'assistant', content },
		{ role: 'user', content: results },
	])
	const events = readMessage({ ...head, content, stop_reason: 'end_turn', usage }, open())
	const whole = stringifyJson(writeMessage(fold(events), identity, shape))
	for (const block of blocks) {
		expect(text).toContain(block)
		expect(whole).toContain(block.slice(0, -1))
	}
	const writer = new MessageEventWriter(identity, shape)
	const written = events.map((event) => writer.write(event)).join('')
	expect(written).toContain(blocks[1] ?? '')
	expect(written.split(JSON.stringify(numbers))).toHaveLength(3)
})

function listOf(value: unknown): readonly JsonObject[] {
	return Array.isArray(value) ? value : []
}
