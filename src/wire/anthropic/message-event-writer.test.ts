// Written streams are parsed by Anthropic's SDK, whose result must equal the unary response.

import { describe, expect, test } from 'bun:test'
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { collect } from '../../chat/collect.testing.ts'
import { eventsOfPart } from '../../chat/completion-events.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason, PartEndEvent } from '../../chat/event.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { AssistantPart } from '../../chat/message.ts'
import type { Usage } from '../../chat/usage.ts'
import { writeMessage } from './message-answer-writer.ts'
import { MessageEventWriter, ping } from './message-event-writer.ts'

const identity = { id: 'msg_1', model: 'public' }
const shape = { hidesThinking: false, tagsSignatures: false }
const usage: Usage = {
	promptTokens: 100,
	completionTokens: 9,
	cachedTokens: 60,
	cacheWriteTokens: 30,
	reasoningTokens: 4,
	source: 'upstream',
}
const signature = { wire: 'anthropic', value: 'c2ln' }

const text = (...pieces: readonly string[]): readonly ChatEvent[] => part('text', ...pieces)
const reasoning = (...pieces: readonly string[]): readonly ChatEvent[] => part('reasoning', ...pieces)
const refusal = (...pieces: readonly string[]): readonly ChatEvent[] => part('refusal', ...pieces)
const part = (type: 'text' | 'reasoning' | 'refusal', ...pieces: readonly string[]): readonly ChatEvent[] => [
	{ type: 'part-start', choice: 0, part: { type } },
	...pieces.map((text) => ({ type: 'part-delta', choice: 0, part: type, text }) as const),
	{ type: 'part-end', choice: 0 },
]
const signed = (end: Omit<PartEndEvent, 'type' | 'choice'>, ...pieces: readonly string[]): readonly ChatEvent[] => [
	...reasoning(...pieces).slice(0, -1),
	{ type: 'part-end', choice: 0, ...end },
]
const call = (index: number, name: string, ...fragments: readonly string[]): readonly ChatEvent[] => [
	{ type: 'part-start', choice: 0, part: { type: 'tool-call', kind: 'function', id: `toolu_${index}`, name } },
	...fragments.map((text) => ({ type: 'part-delta', choice: 0, part: 'tool-call', text }) as const),
	{ type: 'part-end', choice: 0 },
]
const answer = (
	content: readonly ChatEvent[],
	reason: FinishReason = 'stop',
	stopText?: string,
): readonly ChatEvent[] => [
	{ type: 'start' },
	...content,
	{ type: 'choice-finish', choice: 0, reason, stopText },
	{ type: 'finish', usage },
]

function write(events: readonly ChatEvent[], hidesThinking = false): string {
	const writer = new MessageEventWriter(identity, { ...shape, hidesThinking })
	return events.map((event) => writer.write(event)).join('')
}

/** The `data` of every event, whose name must be its type. */
function dataOf(written: string): readonly Record<string, unknown>[] {
	return written
		.split('\n\n')
		.slice(0, -1)
		.map((event) => {
			const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
			const value: Record<string, unknown> = JSON.parse(data)
			expect(value.type).toBe(name)
			return value
		})
}

const typesOf = (written: string) => dataOf(written).map(({ type }) => type)

/** The message that the SDK assembles from the events. */
async function reread(written: string): Promise<object> {
	const lines = dataOf(written).map((data) => `${JSON.stringify(data)}\n`)
	const stream = MessageStream.fromReadableStream(new Blob(lines).stream())
	const { parsed_output: _, ...message } = await stream.finalMessage()
	return JSON.parse(JSON.stringify(message))
}

async function* replay(events: readonly ChatEvent[]): AsyncGenerator<ChatEvent> {
	yield* events
}

const answers: Readonly<Record<string, readonly ChatEvent[]>> = {
	text: answer(text('Hel', '', 'lo "you"\n')),
	nothing: answer([]),
	'an end by length': answer(text('Hel'), 'length'),
	'an end by a stop text': answer(text('1 2 '), 'stop', '3'),
	thinking: answer([...reasoning('hm, ', 'well'), ...text('so')]),
	'thinking with signature': answer([...signed({ signature }, 'hm, ', 'well'), ...text('so')]),
	'thinking in pieces, one of them encrypted': answer([
		...signed({ signature }, 'a'),
		...signed({ signature: { ...signature, value: 'ZGF0YQ==' }, encrypted: true }),
		...reasoning('b'),
		...signed({ signature: { wire: 'gemini', value: 'xyz' } }),
		...signed({ signature: { wire: 'other', value: 'xyz' }, encrypted: true }, 'summary'),
		...text('so'),
	]),
	calls: answer([...text('I look.'), ...call(0, 'look', '{"at"', ': 1}'), ...call(1, 'wait', '{}')], 'tool-calls'),
	'a call without arguments': answer(call(0, 'look'), 'tool-calls'),
	'a call with signature': answer(
		eventsOfPart(
			{
				type: 'tool-call',
				kind: 'function',
				id: 'toolu_0',
				name: 'look',
				arguments: '{}',
				signature: { wire: 'gemini', value: 'a:b' },
			},
			0,
		),
		'tool-calls',
	),
	'text and thinking between calls': answer(
		[...call(0, 'look', '{}'), ...text('a'), ...text('b'), ...reasoning('c'), ...call(1, 'look', '{}'), ...text('d')],
		'tool-calls',
	),
	'a refusal': answer(refusal('I ', 'will not.')),
	'an answer that was filtered': answer(text('Well'), 'content-filter'),
	'a call whose server says stop': answer(call(0, 'look', '{}'), 'stop'),
}

describe('a stream', () => {
	test.each(Object.entries(answers))('says what the whole answer says: %s', async (_, events) => {
		const whole = writeMessage(await collect(replay(events)), identity, shape)
		expect(await reread(write(events))).toEqual(JSON.parse(JSON.stringify(whole)))
	})
	test('opens one block at a time and closes each', () => {
		const written = dataOf(
			write(answer([...reasoning('a'), ...text('b'), ...call(0, 'c', '{}'), ...call(1, 'd', '{}')], 'tool-calls')),
		)
		let open: unknown
		let next = 0
		for (const { type, index } of written) {
			if (type === 'content_block_start') {
				expect([open, index]).toEqual([undefined, next])
				next++
				open = index
			} else if (type === 'content_block_delta') expect(index).toBe(open)
			else if (type === 'content_block_stop') {
				expect(index).toBe(open)
				open = undefined
			} else expect(open).toBeUndefined()
		}
		expect(next).toBe(4)
	})
	test('starts with an empty message and ends with the usage', () => {
		const written = dataOf(write(answer(text('a'))))
		expect(written[0]).toMatchObject({
			type: 'message_start',
			message: {
				id: 'msg_1',
				model: 'public',
				content: [],
				stop_reason: null,
				usage: { input_tokens: 0, output_tokens: 0 },
			},
		})
		expect(written.at(-2)).toEqual({
			type: 'message_delta',
			delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null },
			usage: {
				input_tokens: 10,
				cache_creation_input_tokens: 30,
				cache_read_input_tokens: 60,
				output_tokens: 9,
				output_tokens_details: { thinking_tokens: 4 },
				server_tool_use: null,
			},
		})
		expect(written.at(-1)).toEqual({ type: 'message_stop' })
	})
	test('takes time that grows with the number of unknown fields', () => {
		const fields = Array.from({ length: 10_000 }, (_, index) => ({ [`field${index}`]: index }))
		const rests = fields.map(
			(one): ChatEvent => ({ type: 'rest', choice: 0, rest: { wire: 'anthropic', fields: one } }),
		)
		const began = process.threadCpuUsage()
		write(answer([...rests, ...text('a')]))
		expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(2000)
	})
	test('has the model name of the request', () => {
		const [first] = dataOf(write([{ type: 'start', model: 'real-model' }]))
		expect(first).toMatchObject({ message: { model: 'public' } })
	})
	test('maps every finish reason', async () => {
		const reasons = async (content: readonly ChatEvent[], reason: FinishReason, stopText?: string) => {
			const message = await reread(write(answer(content, reason, stopText)))
			return 'stop_reason' in message && 'stop_sequence' in message ? [message.stop_reason, message.stop_sequence] : []
		}
		const called = call(0, 'look', '{}')
		expect(await reasons(text('a'), 'stop')).toEqual(['end_turn', null])
		expect(await reasons(text('a'), 'stop', 'END')).toEqual(['stop_sequence', 'END'])
		expect(await reasons(text('a'), 'length')).toEqual(['max_tokens', null])
		expect(await reasons(called, 'tool-calls')).toEqual(['tool_use', null])
		expect(await reasons(called, 'stop')).toEqual(['tool_use', null])
		expect(await reasons(text('a'), 'content-filter')).toEqual(['refusal', null])
		expect(await reasons(refusal('no'), 'stop')).toEqual(['refusal', null])
	})
	test('omits hidden thinking but not its signature', async () => {
		const events = answer([...signed({ signature }, 'secret', ' plan'), ...reasoning('unsigned'), ...text('so')])
		const written = write(events, true)
		expect(written).not.toMatch(/secret|plan|unsigned/)
		expect(await reread(written)).toMatchObject({
			content: [
				{ type: 'thinking', thinking: '', signature: 'c2ln' },
				{ type: 'text', text: 'so' },
			],
		})
		const whole = writeMessage(await collect(replay(events)), identity, { ...shape, hidesThinking: true })
		expect(whole).toMatchObject({ content: [{ thinking: '', signature: 'c2ln' }, { text: 'so' }] })
	})
	test('has only the first choice', () => {
		expect(write([{ type: 'start' }, ...eventsOfPart({ type: 'text', text: 'other' }, 1)])).not.toContain('other')
	})
	test('ends with an error event', () => {
		const error = new ChatError('overloaded', 'Every place is taken.', { sent: 'yes' })
		const written = write([{ type: 'start' }, ...text('a').slice(0, -1), { type: 'error', error }])
		expect(typesOf(written)).toEqual(['message_start', 'content_block_start', 'content_block_delta', 'error'])
		expect(dataOf(written).at(-1)).toEqual({
			type: 'error',
			error: { type: 'overloaded_error', message: 'Every place is taken.' },
		})
	})
	test('reports prompt tokens at the start if the upstream did', () => {
		const [start] = dataOf(write([{ type: 'start', usage: { ...usage, completionTokens: 1 } }]))
		expect(start).toMatchObject({
			message: { usage: { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 60, speed: null } },
		})
	})
	test('has the blocks of this wire, whatever the upstream was', async () => {
		const item = (wire: string, item: JsonObject): AssistantPart => ({ type: 'provider-item', wire, item })
		const use = { type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'x' } }
		const parts: readonly AssistantPart[] = [
			item('anthropic', use),
			item('openai', { type: 'web_search_call', id: 'ws' }),
			{ type: 'image', url: 'data:image/png;base64,QUJD' },
			item('anthropic', { type: 'container_upload', file_id: 'f' }),
			{ type: 'text', text: 'a', rest: { wire: 'openai', fields: { citations: [1] } } },
		]
		const events = answer(parts.flatMap((part) => eventsOfPart(part, 0)))
		const content = [use, { type: 'container_upload', file_id: 'f' }, { type: 'text', text: 'a' }]
		expect(await reread(write(events))).toMatchObject({ content })
		expect(writeMessage(await collect(replay(events)), identity, shape)).toMatchObject({ content })
	})
	test('has the unknown fields of a message at its end', () => {
		const rest = (wire: string, fields: JsonObject): ChatEvent => ({ type: 'rest', choice: 0, rest: { wire, fields } })
		const fields = { container: { id: 'c' }, stop_reason: 'pause_turn', context_management: { applied_edits: [] } }
		const written = dataOf(write([...answer([rest('anthropic', fields), ...text('a')])]))
		expect(written.at(-2)).toMatchObject({
			delta: { stop_reason: 'pause_turn', stop_sequence: null, container: { id: 'c' } },
			context_management: { applied_edits: [] },
		})
		expect(write(answer([rest('openai', { extra: 1 }), ...text('a')]))).not.toContain('extra')
	})
	test('names the origin of signatures if the model has several', async () => {
		const origin = 'a.example m'
		const parts: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'a', signature: { ...signature, origin } },
			{ type: 'reasoning', text: '', signature: { ...signature, origin }, encrypted: true },
			{
				type: 'tool-call',
				kind: 'function',
				id: 'toolu_1',
				name: 'look',
				arguments: '{}',
				signature: { wire: 'gemini', value: 'x', origin },
			},
		]
		const events = answer(
			parts.flatMap((part) => eventsOfPart(part, 0)),
			'tool-calls',
		)
		const tagged = { ...shape, tagsSignatures: true }
		const whole = writeMessage(await collect(replay(events)), identity, tagged)
		expect(whole.content).toMatchObject([
			{ signature: '@a.example%20m:c2ln' },
			{ data: '@a.example%20m:c2ln' },
			{ data: '@a.example%20m:call:gemini:toolu_1:x' },
			{ type: 'tool_use' },
		])
		const writer = new MessageEventWriter(identity, tagged)
		expect(await reread(events.map((event) => writer.write(event)).join(''))).toMatchObject({ content: whole.content })
		expect(write(events)).not.toContain('a.example')
	})
	test('writes a signature that follows its call after it', async () => {
		const [start, delta] = call(0, 'look', '{}')
		const end = { type: 'part-end', choice: 0, signature: { wire: 'gemini', value: 'x' } } as const
		const events = start === undefined || delta === undefined ? [] : [start, delta, end]
		expect(await reread(write(answer(events, 'tool-calls')))).toMatchObject({
			content: [{ type: 'tool_use' }, { type: 'redacted_thinking', data: 'call:gemini:toolu_0:x' }],
		})
	})
	test('has cache writes by time to live', () => {
		const counted = { ...usage, cacheWrite1hTokens: 10 }
		const cache_creation = { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 }
		const written = dataOf(
			write([
				{ type: 'start', usage: counted },
				{ type: 'finish', usage: counted },
			]),
		)
		expect(written[0]).toMatchObject({ message: { usage: { cache_creation } } })
		expect(written.at(-2)).toMatchObject({ usage: { cache_creation } })
	})
	test('has pings to stay alive', () => {
		expect(ping).toBe('event: ping\ndata: {"type":"ping"}\n\n')
	})
})
