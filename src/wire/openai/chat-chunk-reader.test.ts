// Streams as servers send them: each deviation from contracts and field reports once. The events of every stream are
// also checked against the rules of chat/event.ts.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import type { Choice } from '../../chat/completion.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { reasoningOf, refusalOf, textOf, toolCallsOf } from '../../chat/parts.ts'
import { ChatChunkReader, type ChatChunkReading } from './chat-chunk-reader.ts'
import { readCompletion } from './completion-reader.ts'

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

function open(changes: Partial<ChatChunkReading> = {}): ChatChunkReader {
	let made = 0
	return new ChatChunkReader({
		model: 'm',
		choices: 1,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		newCallId: () => `call_made_${made++}`,
		...changes,
	})
}

const chunk = (delta: object, finish_reason: string | null = null, index = 0) => ({
	id: 'x',
	object: 'chat.completion.chunk',
	model: 'm',
	choices: [{ index, delta, finish_reason }],
})
const ended = [{ choices: [], usage }] as const

function read(chunks: readonly unknown[], changes: Partial<ChatChunkReading> = {}, complete = true) {
	const reader = open(changes)
	const events = [...chunks.flatMap((one) => reader.read(one)), ...reader.end(complete)]
	expect(brokenRule(events)).toBeUndefined()
	expect(reader.end(true)).toEqual([])
	return events
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

/** A choice as clients with separate fields see it. */
function fieldsOf({ parts, finishReason }: Choice) {
	return {
		text: textOf(parts),
		reasoning: reasoningOf(parts),
		refusal: refusalOf(parts),
		toolCalls: toolCallsOf(parts),
		finishReason,
	}
}

async function choicesOf(
	chunks: readonly unknown[],
	changes: Partial<ChatChunkReading> = {},
): Promise<readonly Choice[]> {
	return (await collect(replay(read([...chunks, ...ended], changes)))).choices
}

async function fieldsOfChoices(chunks: readonly unknown[], changes: Partial<ChatChunkReading> = {}) {
	return (await choicesOf(chunks, changes)).map(fieldsOf)
}

test('the stop text under the names of vLLM and SGLang, if the request has it', async () => {
	const stopTextOf = async (fields: object) => {
		const last = chunk({ content: 'a' }, 'stop')
		const [choice] = last.choices
		const [read] = await choicesOf([{ ...last, choices: [{ ...choice, ...fields }] }], { stop: ['x', 'END'] })
		return read?.stopText
	}
	expect(await stopTextOf({ stop_reason: 'END' })).toBe('END')
	expect(await stopTextOf({ matched_stop: 'x' })).toBe('x')
	for (const other of [{}, { stop_reason: null }, { matched_stop: 2 }, { stop_reason: 'end_turn' }])
		expect(await stopTextOf(other)).toBeUndefined()
})

describe('texts', () => {
	test('role first, texts in order, the finish reason, usage last', () => {
		expect(
			read([
				chunk({ role: 'assistant', content: '' }),
				chunk({ content: 'He' }),
				chunk({ content: 'llo' }),
				chunk({}, 'stop'),
				...ended,
			]),
		).toEqual([
			{ type: 'start' },
			{ type: 'part-start', choice: 0, part: { type: 'text' } },
			{ type: 'part-delta', choice: 0, part: 'text', text: 'He' },
			{ type: 'part-delta', choice: 0, part: 'text', text: 'llo' },
			{ type: 'part-end', choice: 0 },
			{ type: 'choice-finish', choice: 0, reason: 'stop' },
			{
				type: 'finish',
				usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' },
			},
		])
	})

	test("the upstream's model is reported if it differs from the requested one, its fingerprint always", () => {
		const [start] = read([{ ...chunk({}), model: 'm-2026', system_fingerprint: 'fp_1' }, chunk({}, 'stop')])
		expect(start).toEqual({ type: 'start', model: 'm-2026', fingerprint: 'fp_1' })
	})

	test('usage that the first chunk reports is known at the start', () => {
		const first = {
			...chunk({ role: 'assistant' }),
			usage: { prompt_tokens: 321, completion_tokens: 0, total_tokens: 321 },
		}
		expect(read([first, chunk({ content: 'a' }, 'stop'), ...ended])[0]).toMatchObject({
			type: 'start',
			usage: { promptTokens: 321, completionTokens: 0, source: 'upstream' },
		})
	})

	test('reasoning under either name, refusals, and content as a list of parts', async () => {
		const [choice] = await fieldsOfChoices([
			chunk({ role: 'assistant', reasoning_content: 'hm', reasoning: 'hm', content: null }),
			chunk({ reasoning: ' so' }),
			chunk({ content: [{ type: 'text', text: 'yes' }] }),
			chunk({ refusal: 'no' }, 'stop'),
		])
		expect(choice).toMatchObject({ reasoning: 'hm so', text: 'yes', refusal: 'no' })
	})

	describe("content as Mistral's list of thinking and text", () => {
		const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] })
		const text = (text: string) => ({ type: 'text', text })

		test('streamed: thinking is reasoning, before the text of the same chunk', () => {
			const events = read([
				chunk({ role: 'assistant', content: '' }),
				chunk({ content: [thinking('Let me')] }),
				chunk({ content: [thinking(' think'), { ...thinking('.'), closed: true }, text('Par')] }),
				chunk({ content: 'is' }, 'stop'),
			])
			expect(events.slice(1, -1)).toEqual([
				{ type: 'part-start', choice: 0, part: { type: 'reasoning' } },
				{ type: 'part-delta', choice: 0, part: 'reasoning', text: 'Let me' },
				{ type: 'part-delta', choice: 0, part: 'reasoning', text: ' think' },
				{ type: 'part-delta', choice: 0, part: 'reasoning', text: '.' },
				{ type: 'part-end', choice: 0, rest: { wire: 'openai', fields: { closed: true } } },
				{ type: 'part-start', choice: 0, part: { type: 'text' } },
				{ type: 'part-delta', choice: 0, part: 'text', text: 'Par' },
				{ type: 'part-delta', choice: 0, part: 'text', text: 'is' },
				{ type: 'part-end', choice: 0 },
				{ type: 'choice-finish', choice: 0, reason: 'stop' },
			])
		})

		test('unary, with references in the thinking, and before a call', async () => {
			const reference = { type: 'reference', reference_ids: [1] }
			const content = [{ type: 'thinking', thinking: [text('Let me'), reference, text(' think')] }, text('Paris')]
			const tool_calls = [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }]
			const message = { role: 'assistant', content, tool_calls }
			const events = readCompletion({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage }, open())
			expect(brokenRule(events)).toBeUndefined()
			const [choice] = (await collect(replay(events))).choices.map(fieldsOf)
			expect(choice).toMatchObject({ reasoning: 'Let me think', text: 'Paris', toolCalls: [{ id: 'c1' }] })
		})

		test('thinking as plain text, and nothing in it', async () => {
			const [choice] = await fieldsOfChoices([
				chunk({ content: [{ type: 'thinking', thinking: 'hm' }] }),
				chunk({ content: [{ type: 'thinking', thinking: [] }] }),
				chunk(
					{ content: [{ type: 'thinking' }, null, 'x', { type: 'thinking', thinking: [null, { text: 1 }] }] },
					'stop',
				),
			])
			expect(choice).toMatchObject({ reasoning: 'hm', text: '' })
		})

		test('the same reasoning in a field of its own is read once', async () => {
			const [choice] = await fieldsOfChoices([chunk({ reasoning_content: 'hm', content: [thinking('hm')] }, 'stop')])
			expect(choice).toMatchObject({ reasoning: 'hm' })
		})
	})

	test('log-probabilities, also of a token that ends inside a character', () => {
		const logprobs = {
			content: [{ token: 'é', logprob: -0.5, bytes: [195], top_logprobs: [{ token: 'e', logprob: -1 }] }],
		}
		const events = read([{ model: 'm', choices: [{ index: 0, delta: { content: '' }, logprobs }] }, chunk({}, 'stop')])
		expect(events[2]).toEqual({
			type: 'part-delta',
			choice: 0,
			part: 'text',
			text: '',
			logprobs: [{ token: 'é', logprob: -0.5, bytes: [195], top: [{ token: 'e', logprob: -1, bytes: null }] }],
		})
	})

	test('choice 1 may come first, and unrequested choices are dropped', async () => {
		const events = read(
			[chunk({ content: 'b' }, 'stop', 1), chunk({ content: 'c' }, 'stop', 2), chunk({ content: 'a' }, 'length')],
			{ choices: 2 },
		)
		expect(
			(await collect(replay(events))).choices.map(({ parts, finishReason }) => [textOf(parts), finishReason]),
		).toEqual([
			['a', 'length'],
			['b', 'stop'],
		])
	})

	test('usage on every chunk: the last one counts', () => {
		const counting = (completion_tokens: number) => ({
			...chunk({ content: 'x' }),
			usage: { prompt_tokens: 3, completion_tokens },
		})
		expect(read([counting(1), counting(2), { ...chunk({}, 'stop'), usage: null }]).at(-1)).toMatchObject({
			usage: { completionTokens: 2 },
		})
	})

	test('usage is counted if it is never reported', () => {
		expect(read([chunk({ content: 'a' }), chunk({ content: 'b' }, 'stop')]).at(-1)).toMatchObject({
			usage: { promptTokens: 0, completionTokens: 2, source: 'counted' },
		})
	})

	test('a detail of usage that exceeds its total is ignored', () => {
		const details = { prompt_tokens_details: { cached_tokens: 99 }, completion_tokens_details: { reasoning_tokens: 1 } }
		expect(
			read([chunk({ content: 'a' }, 'stop'), { choices: [], usage: { ...usage, ...details } }]).at(-1),
		).toMatchObject({
			usage: { promptTokens: 3, cachedTokens: 0, reasoningTokens: 1 },
		})
	})

	for (const [sent, reason] of [
		['eos', 'stop'],
		['max_tokens', 'length'],
		['content_filter', 'content-filter'],
		['whatever', 'length'],
		['tool_calls', 'stop'],
	] as const) {
		test(`finish reason ${sent} without calls means ${reason}`, async () => {
			expect((await choicesOf([chunk({ content: 'a' }, sent)]))[0]?.finishReason).toBe(reason)
		})
	}

	describe('the last finish reason counts, and what follows an earlier one is read', () => {
		const opening = chunk({ role: 'assistant', content: '' }, 'stop')
		const call = (index: number) => ({ index, id: `c${index}`, function: { name: 'f', arguments: '' } })
		test.each<[string, readonly object[], object]>([
			[
				'a reason in the first chunk',
				[opening, chunk({ reasoning_content: 'think' }), chunk({ content: 'Hello' }), chunk({}, 'stop')],
				{ text: 'Hello', reasoning: 'think', finishReason: 'stop' },
			],
			[
				'a reason in every chunk',
				[chunk({ content: 'a' }, 'stop'), chunk({ content: 'b' }, 'stop'), chunk({}, 'length')],
				{ text: 'ab', finishReason: 'length' },
			],
			[
				'text after the last reason',
				[chunk({ content: 'a' }, 'length'), chunk({ content: 'b' })],
				{ text: 'ab', finishReason: 'length' },
			],
			[
				'the text null in every chunk',
				[chunk({ content: 'a' }, 'null'), chunk({ content: 'b' }, 'null'), chunk({}, 'null')],
				{ text: 'ab', finishReason: 'stop' },
			],
			[
				'an empty reason after the reason',
				[chunk({ content: 'a' }, 'length'), chunk({}, ''), chunk({})],
				{ text: 'a', finishReason: 'length' },
			],
			[
				'a call after the reason',
				[chunk({ content: 'a' }, 'stop'), chunk({ tool_calls: [call(0)] })],
				{ text: 'a', toolCalls: [{ id: 'c0', arguments: '{}' }], finishReason: 'tool-calls' },
			],
			[
				'a second call after the reason',
				[chunk({ tool_calls: [call(0)] }, 'tool_calls'), chunk({ tool_calls: [call(1)] }), chunk({}, 'tool_calls')],
				{
					toolCalls: [
						{ id: 'c0', arguments: '{}' },
						{ id: 'c1', arguments: '{}' },
					],
					finishReason: 'tool-calls',
				},
			],
			[
				'arguments after the reason',
				[
					chunk({ tool_calls: [call(0)] }, 'tool_calls'),
					chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
				],
				{ toolCalls: [{ id: 'c0', arguments: '{"a":1}' }], finishReason: 'tool-calls' },
			],
		])('%s', async (_, chunks, expected) => {
			expect(await fieldsOfChoices(chunks)).toMatchObject([expected])
		})

		test('each choice has its own', async () => {
			const chunks = [
				chunk({ content: 'a' }, 'stop', 0),
				chunk({ content: 'x' }, 'length', 1),
				chunk({ content: 'b' }, 'length', 0),
				chunk({ content: 'y' }, 'stop', 1),
			]
			expect(await fieldsOfChoices(chunks, { choices: 2 })).toMatchObject([
				{ text: 'ab', finishReason: 'length' },
				{ text: 'xy', finishReason: 'stop' },
			])
		})

		test('a stream that is cut after more output is not complete', () => {
			const chunks = [opening, chunk({ content: 'Hel' })]
			expect(read(chunks, {}, false).at(-1)).toMatchObject({ type: 'error', error: { kind: 'upstream-failed' } })
		})
	})
})

const call = (fields: object) => chunk({ tool_calls: [fields] })
const weather = { name: 'get_weather', arguments: '' }

describe('tool calls', () => {
	test('are emitted in fragments', () => {
		const events = read([
			call({ index: 0, id: 'c1', type: 'function', function: weather }),
			call({ index: 0, function: { arguments: '{"a"' } }),
			call({ index: 0, function: { arguments: ':1}' } }),
			chunk({}, 'tool_calls'),
		])
		expect(events.slice(1, 6)).toEqual([
			{ type: 'part-start', choice: 0, part: { type: 'tool-call', kind: 'function', id: 'c1', name: 'get_weather' } },
			{ type: 'part-delta', choice: 0, part: 'tool-call', text: '{"a"' },
			{ type: 'part-delta', choice: 0, part: 'tool-call', text: ':1}' },
			{ type: 'part-end', choice: 0 },
			{ type: 'choice-finish', choice: 0, reason: 'tool-calls' },
		])
	})

	const one = { type: 'tool-call', kind: 'function', id: 'c1', name: 'get_weather', arguments: '{"a":1}' }
	const two = { type: 'tool-call', kind: 'function', id: 'c2', name: 'get_time', arguments: '{"b":2}' }
	const streams: readonly (readonly [string, readonly unknown[], readonly object[]])[] = [
		[
			'id and name repeated in each delta',
			[
				call({ index: 0, id: 'c1', type: 'function', function: weather }),
				call({ index: 0, id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"a":' } }),
				call({ index: 0, id: 'c1', type: null, function: { name: 'get_weather', arguments: '1}' } }),
			],
			[one],
		],
		[
			'later names null or empty, and nothing after complete arguments',
			[
				call({ index: 0, id: 'c1', function: weather }),
				call({ index: 0, id: null, function: { name: null, arguments: '{"a":1}' } }),
				call({ index: 0, id: '', function: { name: '', arguments: '' } }),
				call({ index: 0, function: { name: 'get_weather', arguments: null } }),
			],
			[one],
		],
		[
			'no index at all',
			[
				call({ id: 'c1', function: weather }),
				call({ function: { arguments: '{"a":1}' } }),
				call({ id: 'c2', function: { name: 'get_time', arguments: '{"b"' } }),
				call({ function: { arguments: ':2}' } }),
			],
			[one, two],
		],
		[
			'indexes from 1, one omitted',
			[
				call({ index: 1, id: 'c1', function: { ...weather, arguments: '{"a":1}' } }),
				call({ index: 3, id: 'c2', function: { name: 'get_time', arguments: '{"b":2}' } }),
			],
			[one, two],
		],
		[
			'two calls under one index',
			[
				call({ index: 0, id: 'c1', function: { ...weather, arguments: '{"a":1}' } }),
				call({ index: 0, id: 'c2', function: { name: 'get_time', arguments: '{"b":2}' } }),
			],
			[one, two],
		],
		[
			'the same tool twice under one index, without ids',
			[
				call({ index: 0, function: { ...weather, arguments: '{"a":1}' } }),
				call({ index: 0, function: { ...weather, arguments: '{"a":2}' } }),
			],
			[
				{ ...one, id: 'call_made_0' },
				{ ...one, id: 'call_made_1', arguments: '{"a":2}' },
			],
		],
		[
			'names first, then interleaved arguments',
			[
				chunk({
					tool_calls: [
						{ index: 0, id: 'c1', function: weather },
						{ index: 1, id: 'c2', function: { name: 'get_time' } },
					],
				}),
				call({ index: 0, function: { arguments: '{"a"' } }),
				call({ index: 1, function: { arguments: '{"b"' } }),
				call({ index: 0, function: { arguments: ':1}' } }),
				call({ index: 1, function: { arguments: ':2}' } }),
			],
			[one, two],
		],
		[
			'arguments as an object',
			[call({ index: 0, id: 'c1', function: { name: 'get_weather', arguments: { a: 1 } } })],
			[one],
		],
		[
			'no arguments: an empty object',
			[call({ index: 0, id: 'c1', function: weather }), call({ index: 1, id: 'c2', function: { name: 'get_time' } })],
			[
				{ ...one, arguments: '{}' },
				{ ...two, arguments: '{}' },
			],
		],
		[
			'the id before the name',
			[
				call({ index: 0, id: 'c1' }),
				call({ index: 0, function: { arguments: '{"a"' } }),
				call({ index: 0, function: { name: 'get_weather', arguments: ':1}' } }),
			],
			[one],
		],
		[
			'one id for two calls',
			[
				call({ index: 0, id: 'c1', function: { ...weather, arguments: '{"a":1}' } }),
				call({ index: 1, id: 'c1', function: { name: 'get_time', arguments: '{"b":2}' } }),
			],
			[one, { ...two, id: 'call_made_0' }],
		],
		[
			'the deprecated function_call',
			[
				chunk({ function_call: { name: 'get_weather', arguments: '{"a"' } }),
				chunk({ function_call: { arguments: ':1}' } }),
			],
			[{ ...one, id: 'call_made_0' }],
		],
		[
			'custom tools',
			[
				call({ index: 0, id: 'c1', type: 'custom', custom: { name: 'shell', input: 'ls' } }),
				call({ index: 0, custom: { input: ' -l' } }),
			],
			[{ type: 'tool-call', kind: 'custom', id: 'c1', name: 'shell', arguments: 'ls -l' }],
		],
		[
			'an empty object before the arguments',
			[
				call({ index: 0, id: 'c1', function: { ...weather, arguments: '{}' } }),
				call({ index: 0, function: { arguments: '{"a"' } }),
				call({ index: 0, function: { arguments: ':1}' } }),
			],
			[one],
		],
		[
			'an empty object before the arguments of each of two interleaved calls',
			[
				call({ index: 0, id: 'c1', function: { ...weather, arguments: '{}' } }),
				call({ index: 1, id: 'c2', function: { name: 'get_time', arguments: '{}' } }),
				call({ index: 0, function: { arguments: '{"a":1}' } }),
				call({ index: 1, function: { arguments: '{"b":2}' } }),
			],
			[one, two],
		],
		[
			'an empty object and nothing else',
			[
				call({ index: 0, id: 'c1', function: { ...weather, arguments: '{' } }),
				call({ index: 0, function: { arguments: '}' } }),
			],
			[{ ...one, arguments: '{}' }],
		],
		[
			'the same tool twice without arguments under one index',
			[call({ index: 0, id: 'c1', function: weather }), call({ index: 0, id: 'c2', function: weather })],
			[
				{ ...one, arguments: '{}' },
				{ ...one, id: 'c2', arguments: '{}' },
			],
		],
		[
			'the same tool under one index, first without arguments',
			[
				call({ index: 0, id: 'c1', function: weather }),
				call({ index: 0, id: 'c2', function: { ...weather, arguments: '{"a":1}' } }),
			],
			[
				{ ...one, arguments: '{}' },
				{ ...one, id: 'c2' },
			],
		],
		[
			'another id in each delta of one call',
			[
				call({ index: 0, id: 'c1', function: weather }),
				call({ index: 0, id: 'c2', function: { ...weather, arguments: '{"a"' } }),
				call({ index: 0, id: 'c3', function: { ...weather, arguments: ':1}' } }),
			],
			[one],
		],
		[
			'a name in two pieces',
			[
				call({ index: 0, id: 'c1', function: { name: 'get_', arguments: '' } }),
				call({ index: 0, function: { name: 'weather', arguments: '' } }),
				call({ index: 0, function: { arguments: '{"a":1}' } }),
			],
			[one],
		],
		[
			'a name in two pieces with the id in each, and arguments with the second',
			[
				call({ index: 0, id: 'c1', function: { name: 'get_' } }),
				call({ index: 0, id: 'c1', function: { name: 'weather', arguments: '{"a":1}' } }),
			],
			[one],
		],
		[
			'a name that grows',
			[
				call({ index: 0, id: 'c1', function: { name: 'get_' } }),
				call({ index: 0, function: { name: 'get_weather' } }),
				call({ index: 0, function: { name: 'get_weather', arguments: '{"a":1}' } }),
			],
			[one],
		],
		[
			'an empty object and then the arguments as an object',
			[
				call({ index: 0, id: 'c1', function: { name: 'get_weather', arguments: {} } }),
				call({ index: 0, function: { arguments: { a: 1 } } }),
			],
			[one],
		],
		['an empty list of calls', [chunk({ content: 'x', tool_calls: [] })], []],
	]
	for (const [name, chunks, calls] of streams) {
		test(name, async () => {
			const [choice] = await choicesOf([...chunks, chunk({}, 'stop')])
			expect<readonly object[]>(toolCallsOf(choice?.parts ?? [])).toEqual(calls)
			expect(choice?.finishReason).toBe(calls.length > 0 ? 'tool-calls' : 'stop')
		})
	}

	test.each([
		['{}{"city":"P"}', '{"city":"P"}'],
		['{ } {}{"city":{}}', '{"city":{}}'],
		[' { "city": "{}{" } ', ' { "city": "{}{" } '],
		['{}', '{}'],
		['{}{}', '{}'],
	])('arguments %s, cut at every pair of positions', async (sent, expected) => {
		for (let first = 0; first <= sent.length; first++)
			for (let second = first; second <= sent.length; second++) {
				const [begin, middle, end] = [sent.slice(0, first), sent.slice(first, second), sent.slice(second)]
				const [choice] = await choicesOf([
					call({ index: 0, id: 'c1', function: { ...weather, arguments: begin } }),
					call({ index: 0, function: { arguments: middle } }),
					call({ index: 0, function: { arguments: end } }),
					chunk({}, 'tool_calls'),
				])
				expect<readonly object[]>(toolCallsOf(choice?.parts ?? [])).toEqual([{ ...one, arguments: expected }])
			}
	})

	test('a name, cut at every position', async () => {
		for (let at = 1; at < one.name.length; at++) {
			const [choice] = await choicesOf([
				call({ index: 0, id: 'c1', function: { name: one.name.slice(0, at), arguments: '' } }),
				call({ index: 0, function: { name: one.name.slice(at) } }),
				call({ index: 0, function: { arguments: one.arguments } }),
				chunk({}, 'tool_calls'),
			])
			expect<readonly object[]>(toolCallsOf(choice?.parts ?? [])).toEqual([one])
		}
	})

	test('of a unary answer: an empty object before the arguments, arguments as an object, no arguments', async () => {
		const tool_calls = [
			{ id: 'c1', type: 'function', function: { ...weather, arguments: '{}{"a":1}' } },
			{ id: 'c2', type: 'function', function: { ...weather, arguments: { a: 1 } } },
			{ id: 'c3', type: 'function', function: weather },
			{ id: 'c4', type: 'function', function: weather },
		]
		const message = { role: 'assistant', content: null, tool_calls }
		const events = readCompletion({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage }, open())
		expect(brokenRule(events)).toBeUndefined()
		const [choice] = (await collect(replay(events))).choices
		expect<readonly object[]>(toolCallsOf(choice?.parts ?? [])).toEqual([
			one,
			{ ...one, id: 'c2' },
			{ ...one, id: 'c3', arguments: '{}' },
			{ ...one, id: 'c4', arguments: '{}' },
		])
	})

	test('a named tool may end with stop, as it does at OpenAI', async () => {
		const [choice] = await choicesOf([call({ index: 0, id: 'c1', function: weather }), chunk({}, 'stop')], {
			namedTool: true,
		})
		expect(choice?.finishReason).toBe('stop')
	})

	test('a call without a name ends the answer with an error', () => {
		expect(
			read([call({ index: 0, id: 'c1', function: { arguments: '{}' } }), chunk({}, 'tool_calls')]).at(-1),
		).toMatchObject({
			type: 'error',
			error: { kind: 'upstream-failed', sent: 'yes' },
		})
	})

	test('too many calls end the answer with an error', () => {
		const many = Array.from({ length: 2000 }, (_, index) => ({
			index,
			id: `c${index}`,
			function: { name: 'f', arguments: '{}' },
		}))
		expect(read([chunk({ tool_calls: many })]).at(-1)).toMatchObject({
			type: 'error',
			error: { kind: 'upstream-failed' },
		})
		const long = Array.from({ length: 9 }, () =>
			call({ index: 0, id: 'c', function: { name: 'f', arguments: 'x'.repeat(1_000_000) } }),
		)
		expect(read(long).at(-1)).toMatchObject({ type: 'error', error: { kind: 'upstream-failed' } })
	})
})

describe('ends', () => {
	test('[DONE] without any finish reason is an end', async () => {
		expect(await fieldsOfChoices([chunk({ content: 'a' })])).toMatchObject([{ text: 'a', finishReason: 'stop' }])
	})

	test('finished choices without [DONE] are an end', () => {
		expect(read([chunk({ content: 'a' }, 'stop')], {}, false).at(-1)?.type).toBe('finish')
	})

	test('an open choice without [DONE] is an interruption, and its output is retained', () => {
		expect(read([chunk({ content: 'a' }), chunk({ content: 'b' })], {}, false).slice(1)).toMatchObject([
			{ type: 'part-start', part: { type: 'text' } },
			{ type: 'part-delta', text: 'a' },
			{ type: 'part-delta', text: 'b' },
			{
				type: 'error',
				error: {
					kind: 'upstream-failed',
					message: 'The upstream ended its answer before it was complete.',
					sent: 'yes',
				},
				usage: { completionTokens: 2 },
			},
		])
	})

	test('an empty stream is an error, with or without [DONE]', () => {
		for (const chunks of [[], [{}], ['text'], [null], [{ choices: [] }]]) {
			const reader = open()
			expect([...chunks.flatMap((one) => reader.read(one)), ...reader.end(true)].at(-1)).toMatchObject({
				type: 'error',
				error: { kind: 'upstream-failed' },
			})
		}
	})

	test('an error in the stream is the last event, in any of its forms', () => {
		const forms = [
			{ error: { message: 'boom' } },
			{ error: 'boom' },
			{ object: 'error', message: 'boom' },
			{ ...chunk({}), error: { message: 'boom', code: 502 } },
		]
		for (const form of forms) {
			const events = read([chunk({ content: 'a' }), form, chunk({ content: 'b' }, 'stop')])
			expect(events.map(({ type }) => type)).toEqual(['start', 'part-start', 'part-delta', 'error'])
			expect(events[3]).toMatchObject({ error: { kind: 'upstream-failed', sent: 'yes' } })
		}
		expect(read([chunk({ content: 'a' }, 'error')]).at(-1)?.type).toBe('error')
	})

	test('an empty error field is not an error', () => {
		expect(read([{ ...chunk({ content: 'a' }, 'stop'), error: null }]).at(-1)?.type).toBe('finish')
	})
})

describe('a unary answer', () => {
	const message = {
		role: 'assistant',
		content: 'Hi',
		tool_calls: [
			{ id: 'c1', type: 'function', function: weather },
			{ id: 'c2', type: 'function', function: weather },
		],
	}
	test('is read like a stream of one chunk, its calls identified by position', async () => {
		const events = readCompletion({ model: 'm', choices: [{ message, finish_reason: 'tool_calls' }], usage }, open())
		expect(brokenRule(events, 1)).toBeUndefined()
		const choices = (await collect(replay(events))).choices.map(fieldsOf)
		expect(choices).toMatchObject([{ text: 'Hi', toolCalls: [{ id: 'c1' }, { id: 'c2' }], finishReason: 'tool-calls' }])
	})
	test('that is an error or empty is an error', () => {
		for (const body of [{ error: { message: 'boom' } }, {}, 'boom', null, []])
			expect(readCompletion(body, open()).at(-1)?.type).toBe('error')
	})
})
