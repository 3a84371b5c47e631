// Streams of the Messages API and the deviations of compatible servers. Every stream is split at every byte, its events
// are checked against the rules of chat/event.ts, and the result equals that of the unary response.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import type { Completion } from '../../chat/completion.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import { EventStreamReader } from '../../engines/upstream/http/event-stream-reader.ts'
import { readMessage } from './message-answer-reader.ts'
import { MessageEventReader } from './message-event-reader.ts'

const usage = { input_tokens: 11, cache_read_input_tokens: 20, cache_creation_input_tokens: 4, output_tokens: 1 }
const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null, usage }
const start = { type: 'message_start', message: head }
const stop = { type: 'message_stop' }

function ending(stop_reason: string, stop_sequence: string | null = null) {
	return {
		type: 'message_delta',
		delta: { stop_reason, stop_sequence },
		usage: { output_tokens: 9, output_tokens_details: { thinking_tokens: 3 }, speed: 'fast' },
	}
}

function block(index: number, content_block: object, ...deltas: readonly object[]): readonly object[] {
	return [
		{ type: 'content_block_start', index, content_block },
		...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
		{ type: 'content_block_stop', index },
	]
}

function text(index: number, ...pieces: readonly string[]): readonly object[] {
	return block(index, { type: 'text', text: '' }, ...pieces.map((piece) => ({ type: 'text_delta', text: piece })))
}

function open(): MessageEventReader {
	return new MessageEventReader({
		model: 'claude',
		customTools: new Set(['free']),
		errors: { title: 'The upstream', trusted: false },
	})
}

function read(events: readonly object[]): readonly ChatEvent[] {
	const reader = open()
	return [...events.flatMap((event) => reader.read(event)), ...reader.end()]
}

function readBytes(pieces: readonly Uint8Array[]): readonly ChatEvent[] {
	const reader = open()
	const events = new EventStreamReader({ maxEventLength: 100_000 })
	const parsed = [...pieces.flatMap((piece) => [...events.read(piece)]), ...events.end()]
	return [
		...parsed.filter(({ data }) => data !== '').flatMap(({ data }) => reader.read(JSON.parse(data))),
		...reader.end(),
	]
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

async function completionOf(events: readonly ChatEvent[]): Promise<Completion> {
	expect(brokenRule(events)).toBeUndefined()
	return collect(replay(events))
}

interface Recording {
	readonly events: readonly object[]
	/** Content of the equivalent unary response. */
	readonly content: readonly object[]
	readonly stop_reason: string
	readonly stop_sequence?: string
}

const searchResult = {
	type: 'web_search_tool_result',
	tool_use_id: 'srv_1',
	content: [{ type: 'web_search_result', url: 'https://x.example', encrypted_content: 'ZQ==' }],
}
const look = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }
const recordings: Readonly<Record<string, Recording>> = {
	text: {
		events: [start, { type: 'ping' }, ...text(0, 'Gr', 'üß ', 'dich 🌍'), ending('end_turn'), stop],
		content: [{ type: 'text', text: 'Grüß dich 🌍' }],
		stop_reason: 'end_turn',
	},
	'thinking with its signature, then text': {
		events: [
			start,
			...block(
				0,
				{ type: 'thinking', thinking: '', signature: '' },
				{ type: 'thinking_delta', thinking: 'Hm, ' },
				{ type: 'thinking_delta', thinking: 'yes.' },
				{ type: 'signature_delta', signature: 'c2ln' },
			),
			...block(1, { type: 'redacted_thinking', data: 'c2VhbGVk' }),
			...text(2, 'Yes.'),
			ending('stop_sequence', 'END'),
			stop,
		],
		content: [
			{ type: 'thinking', thinking: 'Hm, yes.', signature: 'c2ln' },
			{ type: 'redacted_thinking', data: 'c2VhbGVk' },
			{ type: 'text', text: 'Yes.' },
		],
		stop_reason: 'stop_sequence',
		stop_sequence: 'END',
	},
	'calls with, without and with free arguments': {
		events: [
			start,
			...text(0, 'Let me see.'),
			...block(
				1,
				look,
				{ type: 'input_json_delta', partial_json: '' },
				{ type: 'input_json_delta', partial_json: '{"place":' },
				{ type: 'input_json_delta', partial_json: '"Zürich"}' },
			),
			...block(2, { ...look, id: 'toolu_2' }),
			...block(
				3,
				{ ...look, id: 'toolu_3', name: 'free' },
				{ type: 'input_json_delta', partial_json: '{"input":"a\\nb"}' },
			),
			...block(4, { type: 'server_tool_use', id: 'srv', name: 'web_search' }),
			ending('tool_use'),
			stop,
		],
		content: [
			{ type: 'text', text: 'Let me see.' },
			{ ...look, input: { place: 'Zürich' } },
			{ ...look, id: 'toolu_2' },
			{ ...look, id: 'toolu_3', name: 'free', input: { input: 'a\nb' } },
			{ type: 'server_tool_use', id: 'srv', name: 'web_search' },
		],
		stop_reason: 'tool_use',
	},
	'server tools, their results and citations': {
		events: [
			start,
			...block(
				0,
				{ type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} },
				{ type: 'input_json_delta', partial_json: '{"query":' },
				{ type: 'input_json_delta', partial_json: '"Zürich"}' },
			),
			...block(1, searchResult),
			...block(
				2,
				{ type: 'text', text: '', citations: [] },
				{ type: 'text_delta', text: 'It ' },
				{ type: 'citations_delta', citation: { type: 'char_location', cited_text: 'ü' } },
				{ type: 'text_delta', text: 'rains.' },
				{ type: 'citations_delta', citation: { type: 'char_location', cited_text: 'r' } },
			),
			...block(3, { type: 'compaction', content: null }, { type: 'compaction_delta', content: 'So far.' }),
			...block(4, { type: 'new_block', log: 'a', list: [1] }, { type: 'new_delta', log: 'b', list: [2], done: true }),
			ending('end_turn'),
			stop,
		],
		content: [
			{ type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'Zürich' } },
			searchResult,
			{
				type: 'text',
				text: 'It rains.',
				citations: [
					{ type: 'char_location', cited_text: 'ü' },
					{ type: 'char_location', cited_text: 'r' },
				],
			},
			{ type: 'compaction', content: 'So far.' },
			{ type: 'new_block', log: 'ab', list: [1, 2], done: true },
		],
		stop_reason: 'end_turn',
	},
	'blocks that are open together': {
		events: [
			start,
			{ type: 'content_block_start', index: 0, content_block: look },
			{ type: 'content_block_start', index: 1, content_block: { ...look, id: 'toolu_2' } },
			{ type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
			...[
				{ index: 0, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
				{ index: 2, delta: { type: 'text_delta', text: 'On ' } },
				{ index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":"R"}' } },
				{ index: 0, delta: { type: 'input_json_delta', partial_json: '"P"}' } },
				{ index: 2, delta: { type: 'text_delta', text: 'it.' } },
			].map((fields) => ({ type: 'content_block_delta', ...fields })),
			...[2, 1, 0].map((index) => ({ type: 'content_block_stop', index })),
			ending('tool_use'),
			stop,
		],
		content: [
			{ ...look, input: { city: 'P' } },
			{ ...look, id: 'toolu_2', input: { city: 'R' } },
			{ type: 'text', text: 'On it.' },
		],
		stop_reason: 'tool_use',
	},
	'nothing at all': { events: [start, ending('end_turn'), stop], content: [], stop_reason: 'end_turn' },
}

const item = (item: object) => ({ type: 'provider-item', wire: 'anthropic', item })

const expected: Readonly<Record<string, object>> = {
	text: { parts: [{ type: 'text', text: 'Grüß dich 🌍' }], finishReason: 'stop' },
	'thinking with its signature, then text': {
		parts: [
			{ type: 'reasoning', text: 'Hm, yes.', signature: { wire: 'anthropic', value: 'c2ln' } },
			{ type: 'reasoning', text: '', signature: { wire: 'anthropic', value: 'c2VhbGVk' }, encrypted: true },
			{ type: 'text', text: 'Yes.' },
		],
		finishReason: 'stop',
		stopText: 'END',
	},
	'calls with, without and with free arguments': {
		parts: [
			{ type: 'text', text: 'Let me see.' },
			{ type: 'tool-call', kind: 'function', id: 'toolu_1', name: 'look', arguments: '{"place":"Zürich"}' },
			{ type: 'tool-call', kind: 'function', id: 'toolu_2', name: 'look', arguments: '{}' },
			{ type: 'tool-call', kind: 'custom', id: 'toolu_3', name: 'free', arguments: 'a\nb' },
			item({ type: 'server_tool_use', id: 'srv', name: 'web_search' }),
		],
		finishReason: 'tool-calls',
	},
	'server tools, their results and citations': {
		parts: [
			item({ type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'Zürich' } }),
			item(searchResult),
			{
				type: 'text',
				text: 'It rains.',
				rest: {
					wire: 'anthropic',
					fields: {
						citations: [
							{ type: 'char_location', cited_text: 'ü' },
							{ type: 'char_location', cited_text: 'r' },
						],
					},
				},
			},
			item({ type: 'compaction', content: 'So far.' }),
			item({ type: 'new_block', log: 'ab', list: [1, 2], done: true }),
		],
		finishReason: 'stop',
	},
	'blocks that are open together': {
		parts: [
			{ type: 'tool-call', id: 'toolu_1', arguments: '{"city":"P"}' },
			{ type: 'tool-call', id: 'toolu_2', arguments: '{"city":"R"}' },
			{ type: 'text', text: 'On it.' },
		],
		finishReason: 'tool-calls',
	},
	'nothing at all': { parts: [], finishReason: 'stop' },
}

for (const [name, { events, content, ...end }] of Object.entries(recordings))
	describe(name, () => {
		const bytes = new TextEncoder().encode(
			events.map((event) => `event: ${Reflect.get(event, 'type')}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
		)
		test('is read into a completion', async () => {
			const { choices, usage: counted } = await completionOf(read(events))
			expect(choices).toMatchObject([expected[name] ?? {}])
			expect(counted).toEqual({
				...{ promptTokens: 35, completionTokens: 9, cachedTokens: 20, cacheWriteTokens: 4, reasoningTokens: 3 },
				...{ rest: { wire: 'anthropic', fields: { speed: 'fast' } }, source: 'upstream' },
			})
		})
		test('is the same for every split of its bytes', async () => {
			const whole = await completionOf(readBytes([bytes]))
			for (let cut = 1; cut < bytes.length; cut++)
				expect(await completionOf(readBytes([bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(whole)
		})
		test('equals the unary response', async () => {
			const body = {
				...head,
				content,
				...end,
				usage: { ...usage, output_tokens: 9, output_tokens_details: { thinking_tokens: 3 }, speed: 'fast' },
			}
			expect(await completionOf(readMessage(body, open()))).toEqual(await completionOf(read(events)))
		})
	})

describe('deviations', () => {
	test('a stream with a stop reason but without message_stop is complete', async () => {
		const { choices } = await completionOf(read([start, ...text(0, 'a'), ending('max_tokens')]))
		expect(choices).toMatchObject([{ parts: [{ type: 'text', text: 'a' }], finishReason: 'length' }])
	})
	test('message_start and content_block_stop may be missing', async () => {
		const [begun, ...deltas] = block(0, look, { type: 'input_json_delta', partial_json: '{"a":1}' }).slice(0, -1)
		const { choices } = await completionOf(read([begun ?? {}, ...deltas, ending('tool_use'), stop]))
		expect(choices[0]?.parts).toMatchObject([{ arguments: '{"a":1}' }])
	})
	test.each([
		['in the start only', { a: 1 }, []],
		['in the start and in the deltas', { a: 1 }, ['{"a"', ':1}']],
		['in the start and in one delta', { a: 1 }, ['', '{"a":1}']],
		['in deltas after an empty object', {}, ['{}', '{"a":1}']],
		['in deltas, without an input in the start', undefined, ['{"a":1}']],
	])('the input of a call may be %s', async (_, input, pieces) => {
		for (const name of ['look', 'free']) {
			const sent = name === 'free' ? pieces.map((piece) => piece.replace('"a"', '"input"').replace('1', '"x"')) : pieces
			const given = name === 'free' && JSON.stringify(input) === '{"a":1}' ? { input: 'x' } : input
			const deltas = sent.map((partial_json) => ({ type: 'input_json_delta', partial_json }))
			const events = read([start, ...block(0, { ...look, name, input: given }, ...deltas), ending('tool_use'), stop])
			const { choices } = await completionOf(events)
			expect(toolCallsOf(choices[0]?.parts ?? []).map((call) => call.arguments)).toEqual([
				name === 'free' ? 'x' : '{"a":1}',
			])
		}
	})
	test('unknown events are ignored', async () => {
		const { choices } = await completionOf(
			read([start, { type: 'new_thing' }, ...text(0, 'a'), ending('end_turn'), stop]),
		)
		expect(choices).toMatchObject([{ parts: [{ type: 'text', text: 'a' }], finishReason: 'stop' }])
	})
	test('a later 0 does not undo a count', async () => {
		const counts = {
			input_tokens: 1025,
			cache_read_input_tokens: 500,
			cache_creation_input_tokens: 4,
			output_tokens: 1,
		}
		const zero = { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
		const events = [
			{ ...start, message: { ...head, usage: counts } },
			...text(0, 'a'),
			{ ...ending('end_turn'), usage: { ...zero, output_tokens: 9, output_tokens_details: { thinking_tokens: 3 } } },
			{ type: 'message_delta', delta: {}, usage: { output_tokens: 0, output_tokens_details: { thinking_tokens: 0 } } },
			stop,
		]
		expect((await completionOf(read(events))).usage).toMatchObject({
			promptTokens: 1529,
			completionTokens: 9,
			cachedTokens: 500,
			cacheWriteTokens: 4,
			reasoningTokens: 3,
			source: 'upstream',
		})
	})
	test('a later count replaces an earlier one', async () => {
		const { usage: counted } = await completionOf(
			read([start, ...text(0, 'a'), { ...ending('end_turn'), usage: { input_tokens: 12, output_tokens: 9 } }, stop]),
		)
		expect(counted).toMatchObject({ promptTokens: 36, completionTokens: 9 })
	})
	test('a refusal is a content filter', async () => {
		const { choices } = await completionOf(read([start, ending('refusal'), stop]))
		expect(choices[0]?.finishReason).toBe('content-filter')
	})
})

describe('blocks', () => {
	test('that began first stream, and later ones follow when it stops', () => {
		const reader = open()
		const typesOf = (event: object) => reader.read(event).map(({ type }) => type)
		reader.read(start)
		expect(typesOf({ type: 'content_block_start', index: 0, content_block: look })).toEqual(['part-start'])
		expect(typesOf({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'a' } })).toEqual([])
		const delta = { type: 'input_json_delta', partial_json: '{"a":1}' }
		expect(typesOf({ type: 'content_block_delta', index: 0, delta })).toEqual(['part-delta'])
		expect(typesOf({ type: 'content_block_stop', index: 0 })).toEqual(['part-end', 'part-start', 'part-delta'])
	})
	test.each([
		['that reuse an index without a stop', [0, 0], ['a', 'b']],
		['that have no index', [undefined, undefined], ['a', 'b']],
		['without stops', [0, 1], ['a', 'b']],
	])('%s are parts of their own', async (_, indexes, pieces) => {
		const blocks = indexes.flatMap((index, at) => [
			{ type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
			{ type: 'content_block_delta', index, delta: { type: 'text_delta', text: pieces[at] } },
		])
		const { choices } = await completionOf(read([start, ...blocks, ending('end_turn'), stop]))
		expect(choices[0]?.parts).toEqual(pieces.map((text) => ({ type: 'text', text })))
	})
	test('without a start, and of another type than their delta', async () => {
		const deltas = [
			{ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
			{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'so' } },
			{ type: 'content_block_delta', index: 7, delta: { type: 'input_json_delta', partial_json: '{}' } },
		]
		const { choices } = await completionOf(read([start, ...deltas, ending('end_turn'), stop]))
		expect(choices[0]?.parts).toEqual([
			{ type: 'reasoning', text: 'hm' },
			{ type: 'text', text: 'so' },
		])
	})
	test('name the origin of their signatures', async () => {
		const reader = new MessageEventReader({
			model: 'claude',
			customTools: new Set(),
			origin: 'a.example claude',
			errors: { title: 'The upstream', trusted: false },
		})
		const content = [
			{ type: 'thinking', thinking: 'hm', signature: 'c2ln' },
			{ type: 'redacted_thinking', data: 'ZGF0YQ==' },
		]
		const { choices } = await completionOf(readMessage({ ...head, content, stop_reason: 'end_turn' }, reader))
		expect(choices[0]?.parts).toMatchObject([
			{ signature: { value: 'c2ln', origin: 'a.example claude' } },
			{ signature: { value: 'ZGF0YQ==', origin: 'a.example claude' }, encrypted: true },
		])
	})
})

describe('unknown fields', () => {
	const container = { id: 'container_1', expires_at: 'later' }
	const context_management = { applied_edits: [{ type: 'clear_tool_uses_20250919' }] }
	test('of a message are its rest, in a stream and in a unary response', async () => {
		const events = [
			{ ...start, message: { ...head, container: null, new_field: 1 } },
			...text(0, 'a'),
			{ ...ending('end_turn'), context_management, delta: { stop_reason: 'end_turn', container } },
			stop,
		]
		const whole = { ...head, content: [], stop_reason: 'end_turn', container, context_management, new_field: 1 }
		const rest = { wire: 'anthropic', fields: { new_field: 1, container, context_management } }
		expect((await completionOf(read(events))).choices[0]?.rest).toEqual(rest)
		expect((await completionOf(readMessage(whole, open()))).choices[0]?.rest).toEqual(rest)
	})
	test('include a stop reason that only this wire has, unless the client has calls to answer', async () => {
		const restOf = async (content: readonly object[], reason: string) =>
			(await completionOf(read([start, ...content, ending(reason), stop]))).choices[0]
		for (const reason of ['pause_turn', 'model_context_window_exceeded'])
			expect(await restOf(text(0, 'a'), reason)).toMatchObject({
				finishReason: 'length',
				rest: { wire: 'anthropic', fields: { stop_reason: reason } },
			})
		const calling = await restOf(block(0, look), 'pause_turn')
		expect([calling?.finishReason, calling?.rest]).toEqual(['tool-calls', undefined])
		expect((await restOf(text(0, 'a'), 'eos'))?.rest).toBeUndefined()
	})
	test('of usage are its rest, the latest value of each', async () => {
		const usageOf = async (first: object, last: object) =>
			(
				await completionOf(
					read([{ ...start, message: { ...head, usage: first } }, { ...ending('end_turn'), usage: last }, stop]),
				)
			).usage
		const creation = { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 5 }
		expect(
			await usageOf(
				{
					input_tokens: 1,
					cache_creation_input_tokens: 8,
					cache_creation: creation,
					iterations: [1],
					service_tier: 'batch',
				},
				{ output_tokens: 9, iterations: [1, 2], server_tool_use: { web_search_requests: 1 } },
			),
		).toMatchObject({
			promptTokens: 9,
			cacheWriteTokens: 8,
			cacheWrite1hTokens: 5,
			rest: {
				wire: 'anthropic',
				fields: { iterations: [1, 2], service_tier: 'batch', server_tool_use: { web_search_requests: 1 } },
			},
		})
		expect((await usageOf({ input_tokens: 1, cache_creation: creation }, {})).rest).toBeUndefined()
		expect(await usageOf({ input_tokens: 1, cache_creation: creation }, {})).toMatchObject({
			promptTokens: 9,
			cacheWriteTokens: 8,
		})
		expect((await usageOf({ cache_creation: { ...creation, of_24h: 1 } }, {})).rest?.fields).toEqual({
			cache_creation: { ...creation, of_24h: 1 },
		})
	})
	test('of the usage before the answer are in the first event', () => {
		expect(read([start])[0]).toMatchObject({ type: 'start', usage: { promptTokens: 35, cachedTokens: 20 } })
		expect(read([{ ...start, message: { model: 'claude' } }])[0]).toEqual({ type: 'start' })
	})
})

describe('errors', () => {
	test('a truncated stream', () => {
		const events = read([start, ...text(0, 'a')])
		expect(events.at(-1)).toMatchObject({
			type: 'error',
			error: { kind: 'upstream-failed', sent: 'yes' },
			usage: { promptTokens: 35 },
		})
		expect(brokenRule(events)).toBeUndefined()
	})
	for (const [type, kind] of [
		['overloaded_error', 'overloaded'],
		['rate_limit_error', 'rate-limited'],
		['api_error', 'upstream-failed'],
		['invalid_request_error', 'invalid-request'],
		['something_new', 'upstream-failed'],
	] as const)
		test(`an ${type}`, () => {
			const events = read([start, ...text(0, 'a'), { type: 'error', error: { type, message: 'So.' } }, ...text(1, 'b')])
			expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind, sent: 'yes' } })
			expect(brokenRule(events)).toBeUndefined()
		})
	test('an invalid unary response', () => {
		for (const body of [null, 'x', {}, { content: 'x' }])
			expect(readMessage(body, open())).toMatchObject([{ type: 'error', error: { kind: 'upstream-failed' } }])
	})
})
