import { expect, test } from 'bun:test'
import { eventsOfPart } from '../../chat/completion-events.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { ChatChunkWriter, type ChunkShape } from './chat-chunk-writer.ts'

const identity = { id: 'chatcmpl-1', created: 1700000000, model: 'm' }
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, reasoningTokens: 0, source: 'counted' } as const

const text = (text: string, choice = 0) => eventsOfPart({ type: 'text', text }, choice)

function written(events: readonly ChatEvent[], shape: Partial<ChunkShape> = {}): readonly unknown[] {
	const writer = new ChatChunkWriter(identity, { includeUsage: false, legacyFunctions: false, ...shape })
	const text = events.map((event) => writer.write(event)).join('')
	expect(text.endsWith('\n\n')).toBe(true)
	return text
		.slice(0, -2)
		.split('\n\n')
		.map((event) => {
			expect(event.startsWith('data: ')).toBe(true)
			const data = event.slice('data: '.length)
			return data === '[DONE]' ? data : JSON.parse(data)
		})
}

const chunk = (delta: object, finish_reason: string | null = null, index = 0) => ({
	id: 'chatcmpl-1',
	object: 'chat.completion.chunk',
	created: 1700000000,
	model: 'm',
	service_tier: 'default',
	system_fingerprint: null,
	choices: [{ index, delta, logprobs: null, finish_reason }],
})
const role = { role: 'assistant', content: '', refusal: null }

test('text: role and empty content first, one last chunk with the reason, then [DONE]', () => {
	expect(
		written([
			{ type: 'start' },
			...text('Hé\n'),
			{ type: 'choice-finish', choice: 0, reason: 'stop' },
			{ type: 'finish', usage },
		]),
	).toEqual([chunk(role), chunk({ content: 'Hé\n' }), chunk({}, 'stop'), '[DONE]'])
})

test('requested usage: null in every chunk, and one more chunk without choices', () => {
	const chunks = written(
		[
			{ type: 'start' },
			...text('a'),
			{ type: 'choice-finish', choice: 0, reason: 'length' },
			{ type: 'finish', usage },
		],
		{ includeUsage: true },
	)
	expect(chunks.slice(0, 3)).toEqual(
		[chunk(role), chunk({ content: 'a' }), chunk({}, 'length')].map((one) => ({ ...one, usage: null })),
	)
	expect(chunks[3]).toEqual({
		...chunk({}),
		choices: [],
		usage: {
			prompt_tokens: 3,
			completion_tokens: 2,
			total_tokens: 5,
			prompt_tokens_details: { cached_tokens: 1, audio_tokens: 0 },
			completion_tokens_details: {
				reasoning_tokens: 0,
				audio_tokens: 0,
				accepted_prediction_tokens: 0,
				rejected_prediction_tokens: 0,
			},
		},
	})
	expect(chunks[4]).toBe('[DONE]')
})

const callEvents: readonly ChatEvent[] = [
	{ type: 'start' },
	{ type: 'part-start', choice: 0, part: { type: 'tool-call', kind: 'function', id: 'call_1', name: 'get_weather' } },
	{ type: 'part-delta', choice: 0, part: 'tool-call', text: '{"city":' },
	{ type: 'part-delta', choice: 0, part: 'tool-call', text: '"Paris"}' },
	{ type: 'part-end', choice: 0 },
	{ type: 'choice-finish', choice: 0, reason: 'tool-calls' },
	{ type: 'finish', usage },
]

test('usage at the start: in the first chunk if it is requested', () => {
	const events: readonly ChatEvent[] = [{ type: 'start', usage }, ...text('a')]
	const [first, second] = written(events, { includeUsage: true, startUsage: true })
	expect(first).toMatchObject({ usage: { prompt_tokens: 3 } })
	expect(second).toMatchObject({ usage: null })
	expect(written(events, { includeUsage: true })[0]).toMatchObject({ usage: null })
	expect(written(events)[0]).not.toHaveProperty('usage')
	const plain = written(events, { startUsage: true })
	expect(plain[0]).toMatchObject({ usage: { prompt_tokens: 3 } })
	expect(plain[1]).not.toHaveProperty('usage')
})

test('tool calls: id, type and name once, then fragments with nothing but the index', () => {
	expect(written(callEvents).slice(1)).toEqual([
		chunk({
			tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '' } }],
		}),
		chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
		chunk({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }),
		chunk({}, 'tool_calls'),
		'[DONE]',
	])
})

test('calls of the deprecated functions', () => {
	expect(written(callEvents, { legacyFunctions: true }).slice(1)).toEqual([
		chunk({ function_call: { name: 'get_weather', arguments: '' } }),
		chunk({ function_call: { arguments: '{"city":' } }),
		chunk({ function_call: { arguments: '"Paris"}' } }),
		chunk({}, 'function_call'),
		'[DONE]',
	])
})

test('several choices: each starts with its role', () => {
	expect(
		written([
			{ type: 'start' },
			...text('a'),
			...text('b', 1),
			{ type: 'choice-finish', choice: 1, reason: 'stop' },
			{ type: 'choice-finish', choice: 0, reason: 'stop' },
			{ type: 'finish', usage },
		]),
	).toEqual([
		chunk(role),
		chunk({ content: 'a' }),
		chunk(role, null, 1),
		chunk({ content: 'b' }, null, 1),
		chunk({}, 'stop', 1),
		chunk({}, 'stop'),
		'[DONE]',
	])
})

test('an error is the last event, without [DONE]', () => {
	const error = new ChatError('upstream-failed', 'The embedded engine ended its answer before it was complete.')
	expect(written([{ type: 'start' }, { type: 'error', error }])).toEqual([
		chunk(role),
		{
			error: {
				message: 'The embedded engine ended its answer before it was complete.',
				type: 'server_error',
				param: null,
				code: 'upstream_error',
			},
		},
	])
})

test("the upstream's model name and fingerprint are written if it reports them", () => {
	expect(written([{ type: 'start', model: 'm-2026', fingerprint: 'fp_1' }])).toEqual([
		{ ...chunk(role), model: 'm-2026', system_fingerprint: 'fp_1' },
	])
})
