// Written streams are parsed by Anthropic's SDK, whose result must equal the unary response.

import { describe, expect, test } from 'bun:test'
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { collect } from '../../chat/collect.testing.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import type { Usage } from '../../chat/usage.ts'
import { writeMessage } from './message-answer-writer.ts'
import { MessageEventWriter, ping } from './message-event-writer.ts'

const identity = { id: 'msg_1', model: 'public' }
const usage: Usage = {
	promptTokens: 100,
	completionTokens: 9,
	cachedTokens: 60,
	cacheWriteTokens: 30,
	reasoningTokens: 4,
	source: 'upstream',
}
const proof = { wire: 'anthropic', value: 'c2ln' }

const text = (text: string): ChatEvent => ({ type: 'text', choice: 0, text })
const reasoning = (text: string, more: object = {}): ChatEvent => ({ type: 'reasoning', choice: 0, text, ...more })
const call = (index: number, name: string, more: object = {}): ChatEvent => ({
	type: 'tool-call',
	choice: 0,
	call: index,
	kind: 'function',
	id: `toolu_${index}`,
	name,
	...more,
})
const argument = (index: number, fragment: string): ChatEvent => ({
	type: 'tool-arguments',
	choice: 0,
	call: index,
	fragment,
})
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
	const writer = new MessageEventWriter(identity, { hidesThinking })
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
	text: answer([text('Hel'), text(''), text('lo "you"\n')]),
	nothing: answer([]),
	'an end by length': answer([text('Hel')], 'length'),
	'an end by a stop text': answer([text('1 2 ')], 'stop', '3'),
	thinking: answer([reasoning('hm, '), reasoning('well'), text('so')]),
	'thinking with signature': answer([reasoning('hm, '), reasoning('well', { proof }), text('so')]),
	'thinking in pieces, one of them sealed': answer([
		reasoning('a', { proof }),
		reasoning('', { proof: { ...proof, value: 'ZGF0YQ==' }, sealed: true }),
		reasoning('b'),
		reasoning('', { proof: { wire: 'gemini', value: 'xyz' } }),
		text('so'),
	]),
	calls: answer(
		[text('I look.'), call(0, 'look'), argument(0, '{"at"'), argument(0, ': 1}'), call(1, 'wait'), argument(1, '{}')],
		'tool-calls',
	),
	'a call without arguments': answer([call(0, 'look')], 'tool-calls'),
	'a call with signature': answer(
		[call(0, 'look', { proof: { wire: 'gemini', value: 'a:b' } }), argument(0, '{}')],
		'tool-calls',
	),
	'a refusal': answer([
		{ type: 'refusal', choice: 0, text: 'I ' },
		{ type: 'refusal', choice: 0, text: 'will not.' },
	]),
	'an answer that was filtered': answer([text('Well')], 'content-filter'),
	'a call whose server says stop': answer([call(0, 'look'), argument(0, '{}')], 'stop'),
}

describe('a stream', () => {
	test.each(Object.entries(answers))('says what the whole answer says: %s', async (_, events) => {
		const whole = writeMessage(await collect(replay(events)), identity, { hidesThinking: false })
		expect(await reread(write(events))).toEqual(JSON.parse(JSON.stringify(whole)))
	})
	test('opens one block at a time and closes each', () => {
		const written = dataOf(
			write(
				answer(
					[reasoning('a'), text('b'), call(0, 'c'), argument(0, '{}'), call(1, 'd'), argument(1, '{}')],
					'tool-calls',
				),
			),
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
		const written = dataOf(write(answer([text('a')])))
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
	test('has the model name of the request', () => {
		const [first] = dataOf(write([{ type: 'start', model: 'real-model' }]))
		expect(first).toMatchObject({ message: { model: 'public' } })
	})
	test('maps every finish reason', async () => {
		const reasons = async (content: readonly ChatEvent[], reason: FinishReason, stopText?: string) => {
			const message = await reread(write(answer(content, reason, stopText)))
			return 'stop_reason' in message && 'stop_sequence' in message ? [message.stop_reason, message.stop_sequence] : []
		}
		const called = [call(0, 'look'), argument(0, '{}')]
		expect(await reasons([text('a')], 'stop')).toEqual(['end_turn', null])
		expect(await reasons([text('a')], 'stop', 'END')).toEqual(['stop_sequence', 'END'])
		expect(await reasons([text('a')], 'length')).toEqual(['max_tokens', null])
		expect(await reasons(called, 'tool-calls')).toEqual(['tool_use', null])
		expect(await reasons(called, 'stop')).toEqual(['tool_use', null])
		expect(await reasons([text('a')], 'content-filter')).toEqual(['refusal', null])
		expect(await reasons([{ type: 'refusal', choice: 0, text: 'no' }], 'stop')).toEqual(['refusal', null])
	})
	test('omits hidden thinking but not its signature', async () => {
		const events = answer([reasoning('secret'), reasoning(' plan', { proof }), reasoning('unproven'), text('so')])
		const written = write(events, true)
		expect(written).not.toMatch(/secret|plan|unproven/)
		expect(await reread(written)).toMatchObject({
			content: [
				{ type: 'thinking', thinking: '', signature: 'c2ln' },
				{ type: 'text', text: 'so' },
			],
		})
		const whole = writeMessage(await collect(replay(events)), identity, { hidesThinking: true })
		expect(whole).toMatchObject({ content: [{ thinking: '', signature: 'c2ln' }, { text: 'so' }] })
	})
	test('has only the first choice', () => {
		expect(write([{ type: 'start' }, { type: 'text', choice: 1, text: 'other' }])).not.toContain('other')
	})
	test('ends with an error event', () => {
		const error = new ChatError('overloaded', 'Every place is taken.', { sent: 'yes' })
		const written = write([{ type: 'start' }, text('a'), { type: 'error', error }])
		expect(typesOf(written)).toEqual(['message_start', 'content_block_start', 'content_block_delta', 'error'])
		expect(dataOf(written).at(-1)).toEqual({
			type: 'error',
			error: { type: 'overloaded_error', message: 'Every place is taken.' },
		})
	})
	test('reports prompt tokens at the start if an upstream of the same wire did', () => {
		const writer = new MessageEventWriter(identity, { hidesThinking: false })
		const value = {
			type: 'message_start',
			message: { id: 'msg_theirs', usage: { input_tokens: 25, output_tokens: 1, speed: null } },
		}
		const source = { format: 'anthropic message event', text: JSON.stringify(value), value }
		const written = writer.repeat(source, [{ type: 'start' }]) + writer.repeat(source, [text('a')])
		expect(typesOf(written)).toEqual(['message_start', 'content_block_start', 'content_block_delta'])
		expect(dataOf(written)[0]).toMatchObject({
			message: { id: 'msg_1', usage: { input_tokens: 25, output_tokens: 1, cache_read_input_tokens: 0, speed: null } },
		})
		const other = new MessageEventWriter(identity, { hidesThinking: false })
		expect(other.repeat({ ...source, format: 'another' }, [{ type: 'start' }])).toContain('"input_tokens":0')
	})
	test('has pings to stay alive', () => {
		expect(ping).toBe('event: ping\ndata: {"type":"ping"}\n\n')
	})
})
