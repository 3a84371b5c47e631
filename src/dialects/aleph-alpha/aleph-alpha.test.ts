// Aleph Alpha's dialect: the exact format of its answers, which its clients read without validation, and its token
// counts.

import { describe, expect, test } from 'bun:test'
import type { Completion } from '../../chat/completion.ts'
import { eventsOfCompletion, eventsOfPart } from '../../chat/completion-events.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { AssistantPart } from '../../chat/message.ts'
import { turnId } from '../../conversations/turn-id.ts'
import type { ChatCall } from '../call.ts'
import type { Call } from '../dialect.ts'
import type { ResponseContext } from '../writer.ts'
import { alephAlpha } from './aleph-alpha.ts'
import { writeUsage } from './chat-writer.ts'

const identity: ResponseContext = {
	token: turnId('0123456789abcdef0123456789abcdef'),
	created: 7,
	now: () => 7000,
	model: 'm',
}
const id = '01234567-89ab-cdef-0123-456789abcdef'
const usage = {
	promptTokens: 16,
	completionTokens: 49,
	cachedTokens: 0,
	reasoningTokens: 0,
	source: 'counted',
} as const

function read(path: string, body: object, query = ''): Call {
	const route = alephAlpha.routes.find((one) => one.path === path && one.method === 'POST')
	const call = route?.read({ body, parameters: [], query: () => new URLSearchParams(query), headers: new Headers() })
	if (call === undefined || call instanceof Promise) throw new Error(`no route ${path}`)
	return call
}

function chat(fields: object = {}, query = ''): ChatCall {
	const call = read('/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields }, query)
	if (call.type !== 'chat') throw new Error(call.type)
	return call
}

const hello = { type: 'text', text: 'Hello.' } as const
const thought = { type: 'reasoning', text: 'Hm.' } as const

function whole(choice: Partial<Completion['choices'][number]> = {}): Completion {
	const answered = {
		parts: [hello],
		finishReason: 'stop' as const,
		...choice,
	}
	return { choices: [answered], usage }
}

/** What is sent for `events`, parsed. */
function stream(events: readonly ChatEvent[], fields: object = {}): readonly unknown[] {
	const writer = chat({ stream: true, ...fields }).writer.stream(identity)
	const text = events.map((event) => writer.write(event)).join('')
	return text
		.split('\n\n')
		.filter((line) => line !== '')
		.map((line) => (line === 'data: [DONE]' ? '[DONE]' : JSON.parse(line.replace(/^data: /, ''))))
}

describe('tokens', () => {
	test('include the end of a turn if they were counted here', () => {
		expect(writeUsage(usage, 1)).toEqual({ prompt_tokens: 16, completion_tokens: 50, total_tokens: 66 })
		expect(writeUsage({ ...usage, promptTokens: 27, completionTokens: 38 }, 1)).toEqual({
			prompt_tokens: 27,
			completion_tokens: 39,
			total_tokens: 66,
		})
	})
	test('are those that an upstream reports', () =>
		expect(writeUsage({ ...usage, completionTokens: 50, source: 'upstream' }, 1).completion_tokens).toBe(50))
	test('include no end if the answer was truncated', () => expect(writeUsage(usage, 0).completion_tokens).toBe(49))
})

describe('a unary answer', () => {
	test('has these fields and no others', () =>
		expect(chat().writer.completion(whole(), identity)).toEqual({
			id,
			object: 'chat.completion',
			created: 7,
			model: 'm',
			system_fingerprint: '.unknown.',
			choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello.' }, logprobs: null }],
			usage: { prompt_tokens: 16, completion_tokens: 50, total_tokens: 66 },
		}))
	test('reports calls if the request has tools, and reasoning within the text', () => {
		const tools = [{ type: 'function', function: { name: 'look' } }]
		expect(chat({ tools }).writer.completion(whole({ parts: [thought, hello] }), identity)).toMatchObject({
			choices: [{ message: { content: '<think>Hm.</think>\n\nHello.', tool_calls: [] } }],
		})
	})
})

describe('a stream', () => {
	const events: readonly ChatEvent[] = [
		{ type: 'start' },
		...eventsOfPart(thought, 0),
		...eventsOfPart(hello, 0),
		{ type: 'choice-finish', choice: 0, reason: 'stop' },
		{ type: 'finish', usage },
	]
	const chunk = (delta: object, finish_reason: string | null = null) => ({
		id,
		object: 'chat.completion.chunk',
		created: 7,
		model: 'm',
		system_fingerprint: finish_reason === null ? null : '.unknown.',
		choices: [{ index: 0, delta, finish_reason, logprobs: null }],
		usage: null,
	})
	const answered = [
		chunk({ role: 'assistant', content: '' }),
		chunk({ content: '<think>Hm.' }),
		chunk({ content: '</think>\n\n' }),
		chunk({ content: 'Hello.' }),
		chunk({}, 'stop'),
	]
	test('has an opening chunk, text, a final chunk without text, and the end mark', () =>
		expect(stream(events)).toEqual([...answered, '[DONE]']))
	test('reports usage if requested', () => {
		const [last, done] = stream(events, { stream_options: { include_usage: true } }).slice(-2)
		expect([last, done]).toEqual([
			{
				...chunk({}, 'stop'),
				choices: [],
				usage: { prompt_tokens: 16, completion_tokens: 50, total_tokens: 66 },
			},
			'[DONE]',
		])
	})
	test('reports calls in chunks that each have a content', () =>
		expect(
			stream([
				{ type: 'start' },
				...eventsOfPart({ type: 'tool-call', kind: 'function', id: 'c', name: 'look', arguments: '{}' }, 0),
			]).slice(1),
		).toEqual([
			chunk({ content: '', tool_calls: [{ id: 'c', index: 0, type: 'function', function: { name: 'look' } }] }),
			chunk({ content: '', tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
		]))
})

test('text and reasoning have one order, unary and streamed', () => {
	const refusal = { type: 'refusal', text: 'No.' } as const
	const call = { type: 'tool-call', kind: 'function', id: 'c', name: 'look', arguments: '{}' } as const
	const orders: readonly (readonly AssistantPart[])[] = [
		[thought, hello, thought, thought, refusal, hello],
		[hello, thought, call, thought, call, hello],
		[thought, { type: 'reasoning', text: '' }, { type: 'text', text: '' }, call, hello, thought],
	]
	for (const parts of orders) {
		const completion = whole({ parts })
		const { choices } = Object(chat().writer.completion(completion, identity))
		const chunks = stream(eventsOfCompletion(completion)).slice(0, -1)
		const streamed = chunks.map((one) => Object(one).choices[0]?.delta.content ?? '').join('')
		expect(streamed).toBe(choices[0].message.content)
		expect(Array.from(streamed.matchAll(/Hm|Hello|No/g), ([word]) => word)).toEqual(
			parts.flatMap((part) => ('text' in part && part.text !== '' ? [part.text.replace('.', '')] : [])),
		)
	}
})

describe('a request', () => {
	test('limits its answer with either parameter', () => {
		expect(chat({ maximum_tokens: 7 }).request.maxTokens).toBe(7)
		expect(chat({ max_tokens: 8, maximum_tokens: 7 }).request.maxTokens).toBe(8)
	})
	test('has low priority only if it sets `nice`', () => {
		expect(chat({}, 'nice=true').priority).toBe('low')
		expect(chat({}, 'nice=false').priority).toBeUndefined()
		expect(() => chat({}, 'nice=perhaps')).toThrow("'nice' must be true or false")
	})
	test('passes steering through, and reports unsupported fields', () => {
		const { request, dropped, labels } = chat({
			steering_concepts: ['_worker/kind'],
			hosting: 'aleph-alpha',
			tags: ['a'],
		})
		expect(request.passthrough).toEqual({ steering_concepts: ['_worker/kind'] })
		expect([dropped, labels]).toEqual([['hosting'], { tags: 'a' }])
	})
	test('may request a penalty above the maximum', () =>
		expect(chat({ frequency_penalty: -10 }).request.sampling.frequencyPenalty).toBe(-2))
	test('of a completion: zeros mean unset', () => {
		const call = read('/complete', {
			...{
				model: 'm',
				prompt: [
					{ type: 'text', data: 'a' },
					{ type: 'text', data: 'b' },
				],
				maximum_tokens: 3,
			},
			...{ top_k: 0, top_p: 0, temperature: 0, minimum_tokens: 0, penalty_bias: null, raw_completion: false },
			...{ sequence_penalty: 0.5, repetition_penalties_include_completion: true },
		})
		expect(call).toMatchObject({
			type: 'complete',
			request: { prompts: ['ab'], maxTokens: 3, sampling: { temperature: 0 } },
			dropped: ['sequence_penalty'],
		})
	})

	describe('of a prompt with attention control names the controls, unless they are unset', () => {
		const controlled = [
			{ type: 'text', data: 'a', controls: [] },
			{ type: 'text', data: 'b', controls: [{ start: 0, length: 1, factor: 2 }], note: null },
		]
		test.each([
			['/complete', { prompt: controlled }, 'prompt[1].controls'],
			['/semantic_embed', { prompt: controlled, representation: 'symmetric' }, 'prompt[1].controls'],
			['/batch_semantic_embed', { prompts: ['a', controlled], representation: 'symmetric' }, 'prompts[1][1].controls'],
			['/instructable_embed', { input: controlled, instruction: 'x' }, 'input[1].controls'],
		])('%s', (path, fields, dropped) => {
			expect(read(path, { model: 'm', ...fields })).toMatchObject({ dropped: [dropped] })
		})
	})
})

describe('errors', () => {
	for (const [kind, status, code] of [
		['model-not-found', 404, 'UNKNOWN_MODEL'],
		['wrong-operation', 400, 'MISSING_CAPABILITY'],
		['overloaded', 503, 'QUEUE_FULL'],
		['invalid-key', 401, 'UNAUTHENTICATED'],
	] as const)
		test(kind, () => {
			const written = alephAlpha.writeError(new ChatError(kind, 'So it is.'))
			expect([written.status, written.body]).toEqual([status, { error: 'So it is.', code }])
		})
	test('report the time to wait', () =>
		expect(alephAlpha.writeError(new ChatError('overloaded', 'x', { retryAfterMs: 1500 })).headers['retry-after']).toBe(
			'2',
		))
})

test('a strict schema may be any schema', () => {
	const schema = { type: 'object', properties: { a: { type: 'string' } } }
	const asked = (given: object) =>
		chat({ response_format: { type: 'json_schema', json_schema: { name: 's', schema: given, strict: true } } }).request
			.responseFormat
	expect(asked(schema)).toMatchObject({ type: 'json-schema', schema, strict: false })
	const closed = { ...schema, required: ['a'], additionalProperties: false }
	expect(asked(closed)).toMatchObject({ schema: closed, strict: true })
})
