import { describe, expect, test } from 'bun:test'
import { collect } from '../../../chat/collect.testing.ts'
import { eventsOfPart } from '../../../chat/completion-events.ts'
import { ChatError } from '../../../chat/error.ts'
import type { ChatEvent, StartedText, StartedToolCall } from '../../../chat/event.ts'
import { answerId } from '../../../conversations/message-id.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { ResponseEventWriter } from './event-writer.ts'
import { writeItemId } from './item-id.ts'
import { type ResponseShape, writeCompletedResponse } from './response-writer.ts'

const token = turnId('0193a0000000700080000000000000ab')
const identity = { token, created: 1700000000, model: 'm', now: () => 1_700_000_002_500 }
const plain: ResponseShape = { echo: {}, metadata: {}, withEncryptedReasoning: false }
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, reasoningTokens: 1, source: 'counted' } as const
const finish = [
	{ type: 'choice-finish', choice: 0, reason: 'stop' },
	{ type: 'finish', usage },
] as const satisfies readonly ChatEvent[]

const pieces = (type: StartedText['type'], ...texts: readonly string[]) => partOf({ type }, texts)
const call = (fields: Partial<StartedToolCall>, ...texts: readonly string[]) =>
	partOf({ type: 'tool-call', kind: 'function', id: 'c', name: 'f', ...fields }, texts)

/** The events of a part that arrives in pieces. */
function partOf(part: StartedText | StartedToolCall, texts: readonly string[]): readonly ChatEvent[] {
	return [
		{ type: 'part-start', choice: 0, part },
		...texts.map((text): ChatEvent => ({ type: 'part-delta', choice: 0, part: part.type, text })),
		{ type: 'part-end', choice: 0 },
	]
}

interface Written {
	readonly type: string
	readonly [field: string]: unknown
}

function write(events: readonly ChatEvent[], shape: Partial<ResponseShape> = {}): readonly Written[] {
	const writer = new ResponseEventWriter(identity, { ...plain, ...shape })
	const text = events.map((event) => writer.write(event)).join('')
	const pieces = text.split('\n\n')
	expect(pieces.slice(-2)).toEqual(['data: [DONE]', ''])
	return pieces.slice(0, -2).map((piece, index) => {
		const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(piece) ?? []
		const event: Written = JSON.parse(data ?? '')
		expect(event.type).toBe(name ?? '')
		expect(event.sequence_number).toBe(index)
		return event
	})
}

const brief = (events: readonly Written[]) =>
	events.map(({ type, output_index, content_index, delta }) =>
		[type.replace('response.', ''), output_index, content_index, delta].filter((one) => one !== undefined).join(' '),
	)

async function whole(events: readonly ChatEvent[], shape: ResponseShape = plain) {
	const completion = await collect(
		(async function* () {
			yield* events
		})(),
	)
	return writeCompletedResponse(completion, identity, shape)
}

describe('an answer is streamed', () => {
	const texts: readonly ChatEvent[] = [{ type: 'start', model: 'm-1' }, ...pieces('text', 'Hé', '!'), ...finish]

	test('text', async () => {
		const events = write(texts)
		expect(brief(events)).toEqual([
			'created',
			'in_progress',
			'output_item.added 0',
			'content_part.added 0 0',
			'output_text.delta 0 0 Hé',
			'output_text.delta 0 0 !',
			'output_text.done 0 0',
			'content_part.done 0 0',
			'output_item.done 0',
			'completed',
		])
		const id = `msg_${token}-a0`
		expect(events[2]?.item).toEqual({ id, type: 'message', role: 'assistant', content: [], status: 'in_progress' })
		expect(events[3]?.part).toEqual({ type: 'output_text', text: '', annotations: [], logprobs: [] })
		expect(events[4]).toMatchObject({ item_id: id, logprobs: [] })
		expect(events[6]).toMatchObject({ text: 'Hé!', item_id: id })
		expect(events[0]?.response).toMatchObject({ id: `resp_${token}`, status: 'in_progress', output: [], usage: null })
		expect(events.at(-1)?.response).toEqual(await whole(texts))
		expect(events.at(-1)?.response).toMatchObject({ created_at: 1700000000, completed_at: 1700000002 })
	})

	test('reasoning, text and calls are consecutive items', async () => {
		const all: readonly ChatEvent[] = [
			{ type: 'start' },
			...pieces('reasoning', 'Hm'),
			...pieces('text', 'A'),
			...call({ id: 'c1', name: 'ns__f' }, '{"a":', '1}'),
			...call({ kind: 'custom', id: 'c2', name: 'g' }, 'free'),
			{ type: 'choice-finish', choice: 0, reason: 'tool-calls' },
			{ type: 'finish', usage },
		]
		const tools = [{ type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'f' }] }]
		const shape = { ...plain, echo: { tools }, withEncryptedReasoning: true }
		const events = write(all, shape)
		expect(brief(events)).toEqual([
			'created',
			'in_progress',
			'output_item.added 0',
			'content_part.added 0 0',
			'reasoning_text.delta 0 0 Hm',
			'reasoning_text.done 0 0',
			'content_part.done 0 0',
			'output_item.done 0',
			'output_item.added 1',
			'content_part.added 1 0',
			'output_text.delta 1 0 A',
			'output_text.done 1 0',
			'content_part.done 1 0',
			'output_item.done 1',
			'output_item.added 2',
			'function_call_arguments.delta 2 {"a":',
			'function_call_arguments.delta 2 1}',
			'function_call_arguments.done 2',
			'output_item.done 2',
			'output_item.added 3',
			'custom_tool_call_input.delta 3 free',
			'custom_tool_call_input.done 3',
			'output_item.done 3',
			'completed',
		])
		const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
		expect(items).toMatchObject([
			{ id: `rs_${token}-a0`, type: 'reasoning', encrypted_content: expect.any(String) },
			{ id: `msg_${token}-a0`, type: 'message', status: 'completed' },
			{
				id: writeItemId('function_call', answerId(token, 0), 'c1'),
				call_id: 'c1',
				name: 'f',
				namespace: 'ns',
				arguments: '{"a":1}',
				status: 'completed',
			},
			{
				id: writeItemId('custom_tool_call', answerId(token, 0), 'c2'),
				type: 'custom_tool_call',
				call_id: 'c2',
				name: 'g',
				input: 'free',
			},
		])
		expect(events[17]).toMatchObject({ name: 'f', arguments: '{"a":1}' })
		expect(events.at(-1)?.response).toEqual(await whole(all, shape))
	})

	test('reasoning as its summary, if the request asks for one', async () => {
		const events = [
			{ type: 'start' } as const,
			...pieces('reasoning', 'Th', 'ought'),
			...pieces('text', 'A'),
			...finish,
		]
		for (const reasoning of [{ summary: 'auto' }, { generate_summary: 'concise' }]) {
			const shape = { ...plain, echo: { reasoning } }
			const written = write(events, shape)
			expect(brief(written).slice(2, 9)).toEqual([
				'output_item.added 0',
				'reasoning_summary_part.added 0',
				'reasoning_summary_text.delta 0 Th',
				'reasoning_summary_text.delta 0 ought',
				'reasoning_summary_text.done 0',
				'reasoning_summary_part.done 0',
				'output_item.done 0',
			])
			const part = { type: 'summary_text', text: 'Thought' }
			expect(written[3]).toMatchObject({ summary_index: 0, part: { type: 'summary_text', text: '' } })
			expect(written[6]).toMatchObject({ summary_index: 0, text: 'Thought' })
			expect(written[7]).toMatchObject({ summary_index: 0, part })
			expect(written[8]?.item).toMatchObject({ type: 'reasoning', summary: [part], content: [] })
			const { output } = await whole(events, shape)
			expect(written.at(-1)?.response).toEqual(expect.objectContaining({ output }))
		}
		expect(brief(write(events, { echo: { reasoning: { effort: 'low' } } }))[3]).toBe('content_part.added 0 0')
	})

	test('in the order of its parts, each an item with all of its content', async () => {
		const image = { type: 'image', url: 'data:image/webp;base64,AA==' } as const
		const item = { type: 'provider-item', wire: 'openai-responses', item: { type: 'x_call', id: 'x', a: 1 } } as const
		const all: readonly ChatEvent[] = [
			{ type: 'start' },
			...pieces('text', 'A'),
			...call({ id: 'c1' }, '{"city"', ': "Paris"}'),
			...pieces('text', '\n'),
			...pieces('text', 'B'),
			...pieces('reasoning', 'R', '1'),
			...pieces('reasoning', 'R2'),
			...eventsOfPart(image, 0),
			...call({ id: 'c2' }),
			...eventsOfPart(item, 0),
			...pieces('reasoning', 'R3'),
			...finish,
		]
		const events = write(all)
		const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
		expect(items).toMatchObject([
			{ id: `msg_${token}-a0`, content: [{ text: 'A' }] },
			{ id: writeItemId('function_call', answerId(token, 0), 'c1'), arguments: '{"city": "Paris"}' },
			{ id: `msg_${token}-a0.1`, content: [{ text: '\n' }, { text: 'B' }] },
			{ id: `rs_${token}-a0`, content: [{ text: 'R1' }] },
			{ id: `rs_${token}-a0.1`, content: [{ text: 'R2' }] },
			{ id: `ig_${token}-a0`, type: 'image_generation_call', result: 'AA==', output_format: 'webp' },
			{ id: writeItemId('function_call', answerId(token, 0), 'c2'), arguments: '' },
			{ id: `itm_${token}-a0`, type: 'x_call', a: 1 },
			{ id: `rs_${token}-a0.2`, content: [{ text: 'R3' }] },
		])
		expect(events.at(-1)?.response).toEqual(await whole(all))
		const indexes = events.flatMap(({ output_index: index }) => (typeof index === 'number' ? [index] : []))
		expect(indexes).toEqual(indexes.toSorted((a, b) => a - b))
		const done = events.filter(({ type }) => type === 'response.function_call_arguments.done')
		expect(done.map((event) => event.arguments)).toEqual(['{"city": "Paris"}', ''])
	})

	test('nothing is written for parts without content, or that no item can contain', async () => {
		const all: readonly ChatEvent[] = [
			{ type: 'start' },
			...pieces('reasoning'),
			...pieces('text', 'A'),
			...eventsOfPart({ type: 'audio', data: 'AA==', format: 'wav' }, 0),
			...eventsOfPart({ type: 'provider-item', wire: 'anthropic', item: { type: 'server_tool_use' } }, 0),
			...eventsOfPart({ type: 'image', url: 'https://x.example/a.png' }, 0),
			{ type: 'rest', choice: 0, rest: { wire: 'openai', fields: { a: 1 } } },
			...pieces('refusal', 'No'),
			...pieces('text'),
			...finish,
		]
		const events = write(all)
		expect(events.filter(({ type }) => type.endsWith('item.done')).map(({ item }) => item)).toMatchObject([
			{ content: [{ text: 'A' }, { refusal: 'No' }] },
		])
		expect(events.at(-1)?.response).toEqual(await whole(all))
	})

	test('a refusal is a separate part', async () => {
		const refused: readonly ChatEvent[] = [
			{ type: 'start' },
			...pieces('text', 'A'),
			...pieces('refusal', 'No'),
			...finish,
		]
		const events = write(refused)
		expect(brief(events).slice(3, 12)).toEqual([
			'content_part.added 0 0',
			'output_text.delta 0 0 A',
			'output_text.done 0 0',
			'content_part.done 0 0',
			'content_part.added 0 1',
			'refusal.delta 0 1 No',
			'refusal.done 0 1',
			'content_part.done 0 1',
			'output_item.done 0',
		])
		expect(events.at(-1)?.response).toEqual(await whole(refused))
	})

	test('an empty answer is a message without parts', async () => {
		const empty: readonly ChatEvent[] = [{ type: 'start' }, ...finish]
		const events = write(empty)
		expect(brief(events)).toEqual(['created', 'in_progress', 'output_item.added 0', 'output_item.done 0', 'completed'])
		expect(events.at(-1)?.response).toEqual(await whole(empty))
	})

	test('log-probabilities are in the deltas and in the final part', () => {
		const events = write([
			{ type: 'start' },
			...eventsOfPart({ type: 'text', text: 'A' }, 0, [{ token: 'A', logprob: -1, bytes: null, top: [] }]),
			...finish,
		])
		const expected = [{ token: 'A', logprob: -1, bytes: [], top_logprobs: [] }]
		expect(events.find(({ type }) => type.endsWith('text.delta'))?.logprobs).toEqual(expected)
		expect(events.at(-1)?.response).toMatchObject({ output: [{ content: [{ logprobs: expected }] }] })
	})
})

describe('an incomplete answer', () => {
	test('reached a limit: incomplete, with the reason', async () => {
		for (const [reason, detail] of [
			['length', 'max_output_tokens'],
			['content-filter', 'content_filter'],
		] as const) {
			const cut: readonly ChatEvent[] = [
				{ type: 'start' },
				...pieces('text', 'A'),
				{ type: 'choice-finish', choice: 0, reason },
				{ type: 'finish', usage },
			]
			const last = write(cut).at(-1)
			expect(last).toMatchObject({
				type: 'response.incomplete',
				response: { status: 'incomplete', incomplete_details: { reason: detail }, output: [{ status: 'incomplete' }] },
			})
			expect(last?.response).toEqual(await whole(cut))
		}
	})

	test('failed: a nested error, and a failed response with the output so far', () => {
		const error = new ChatError('upstream-failed', 'Gone.', { sent: 'yes' })
		const events = write([{ type: 'start' }, ...pieces('text', 'A').slice(0, -1), { type: 'error', error, usage }])
		expect(events.slice(-2)).toMatchObject([
			{ type: 'error', error: { message: 'Gone.', type: 'server_error', code: 'upstream_error', param: null } },
			{
				type: 'response.failed',
				response: {
					status: 'failed',
					error: { code: 'server_error', message: 'Gone.' },
					output: [{ status: 'incomplete', content: [{ text: 'A' }] }],
					usage: { input_tokens: 3, output_tokens: 2 },
				},
			},
		])
	})

	test('is cut: items before the cut are completed, the one that it is in is incomplete', async () => {
		const end = [
			{ type: 'choice-finish', choice: 0, reason: 'length' },
			{ type: 'finish', usage },
		] as const
		for (const last of [call({ id: 'c2' }, '{"a'), pieces('text', 'Hal'), pieces('reasoning', 'Hm')]) {
			const cut: readonly ChatEvent[] = [{ type: 'start' }, ...call({ id: 'c1' }, '{}'), ...last, ...end]
			const events = write(cut)
			const expected = [{ arguments: '{}', status: 'completed' }, { status: 'incomplete' }]
			expect(events.filter(({ type }) => type.endsWith('item.done')).map(({ item }) => item)).toMatchObject(expected)
			expect(events.at(-1)?.response).toMatchObject({ output: expected })
			expect(events.at(-1)?.response).toEqual(await whole(cut))
		}
	})

	test('fails: an item whose part has ended is completed, an open one is incomplete', () => {
		const error = { type: 'error', error: new ChatError('upstream-failed', 'Gone.') } as const
		for (const part of [call({ id: 'c1' }, '{}'), pieces('text', 'A'), pieces('reasoning', 'R')]) {
			const failed = (events: readonly ChatEvent[]) => write([{ type: 'start' }, ...events, error]).at(-1)?.response
			expect(failed(part)).toMatchObject({ output: [{ status: 'completed' }] })
			expect(failed(part.slice(0, -1))).toMatchObject({ output: [{ status: 'incomplete' }] })
			expect(failed([...call({ id: 'c0' }), ...part.slice(0, -1)])).toMatchObject({
				output: [{ status: 'completed' }, { status: 'incomplete' }],
			})
		}
	})

	test('was cancelled by its caller: no error', () => {
		const events = write([{ type: 'start' }, { type: 'error', error: new ChatError('cancelled', 'Over.') }])
		expect(brief(events)).toEqual(['created', 'in_progress', 'failed'])
		expect(events.at(-1)).toMatchObject({ response: { status: 'cancelled', error: null } })
	})
})
