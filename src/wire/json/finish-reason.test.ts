// Every finish reason that servers are known to send, on every wire: streamed and unary, with and without tool calls.

import { describe, expect, test } from 'bun:test'
import { CompletionFold } from '../../chat/completion-fold.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { readMessage } from '../anthropic/message-answer-reader.ts'
import { MessageEventReader } from '../anthropic/message-event-reader.ts'
import { writeStop } from '../anthropic/stop-reason-writer.ts'
import { GeminiAnswerReader, readGeminiAnswer } from '../gemini/answer-reader.ts'
import { ChatChunkReader } from '../openai/chat-chunk-reader.ts'
import { readCompletion } from '../openai/completion-reader.ts'
import { writeFinishReason } from '../openai/completion-writer.ts'
import { TextCompletionChunkReader } from '../openai/text-completion-chunk-reader.ts'

const errors = { title: 'The upstream', trusted: false }
const openai = (namedTool = false) =>
	new ChatChunkReader({ model: 'm', choices: 1, errors, namedTool, newCallId: () => 'call_new' })
const legacy = () => new TextCompletionChunkReader({ model: 'm', choices: 1, errors })
const anthropic = () => new MessageEventReader({ model: 'm', customTools: new Set(['free']), errors })
const gemini = () =>
	new GeminiAnswerReader({
		...{ model: 'm', choices: 1, errors, namedTool: false, oneCall: false },
		newCallId: () => 'call_new',
	})

interface Reader {
	read(chunk: unknown): readonly ChatEvent[]
	end(complete: boolean): readonly ChatEvent[]
}

function readAll(reader: Reader, ...chunks: readonly unknown[]): readonly ChatEvent[] {
	return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end(true)]
}

const chunk = (delta: object, finish_reason: unknown = null) => ({ choices: [{ index: 0, delta, finish_reason }] })
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }
const block = (content_block: object) => [
	{ type: 'content_block_start', index: 0, content_block },
	{ type: 'content_block_stop', index: 0 },
]
const toolUse = { type: 'tool_use', id: 'call_1', name: 'look', input: { a: 1 } }
const freeUse = { type: 'tool_use', id: 'call_1', name: 'free', input: { input: 'a' } }
const text = { type: 'text', text: 'Hi' }
const begun = { type: 'message_start', message: { model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } }
const message = (content: object, stop_reason: unknown) => ({ type: 'message', content: [content], stop_reason })
const ended = (stop_reason: unknown) => [{ type: 'message_delta', delta: { stop_reason } }, { type: 'message_stop' }]
const candidate = (part: object | undefined, finishReason: unknown) => ({
	candidates: [{ content: { parts: part === undefined ? [] : [part] }, finishReason }],
})
const functionCall = { functionCall: { id: 'call_1', name: 'look', args: { a: 1 } } }

/** How each wire ends a choice with text. */
const texts: Readonly<Record<string, (reason: unknown) => readonly ChatEvent[]>> = {
	'OpenAI stream': (reason) => readAll(openai(), chunk({ content: 'Hi' }), chunk({}, reason)),
	'OpenAI stream, in the chunk of the text': (reason) => readAll(openai(), chunk({ content: 'Hi' }, reason)),
	'OpenAI unary': (reason) =>
		readCompletion({ choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: reason }] }, openai()),
	'legacy completion': (reason) => readAll(legacy(), { choices: [{ index: 0, text: 'Hi', finish_reason: reason }] }),
	'Anthropic stream': (reason) => readAll(anthropic(), begun, ...block(text), ...ended(reason)),
	'Anthropic unary': (reason) => readMessage(message(text, reason), anthropic()),
	'Gemini stream': (reason) => readAll(gemini(), candidate({ text: 'Hi' }, undefined), candidate(undefined, reason)),
	'Gemini unary': (reason) => readGeminiAnswer(candidate({ text: 'Hi' }, reason), gemini()),
}

/** How each wire ends a choice with a tool call. */
const calls: Readonly<Record<string, (reason: unknown) => readonly ChatEvent[]>> = {
	'OpenAI stream': (reason) => readAll(openai(), chunk({ tool_calls: [{ index: 0, ...call }] }), chunk({}, reason)),
	'OpenAI unary': (reason) =>
		readCompletion({ choices: [{ index: 0, message: { tool_calls: [call] }, finish_reason: reason }] }, openai()),
	'Anthropic stream': (reason) => readAll(anthropic(), begun, ...block(toolUse), ...ended(reason)),
	'Anthropic unary': (reason) => readMessage(message(toolUse, reason), anthropic()),
	'Anthropic stream, free text': (reason) => readAll(anthropic(), begun, ...block(freeUse), ...ended(reason)),
	'Anthropic unary, free text': (reason) => readMessage(message(freeUse, reason), anthropic()),
	'Gemini stream': (reason) => readAll(gemini(), candidate(functionCall, undefined), candidate(undefined, reason)),
	'Gemini unary': (reason) => readGeminiAnswer(candidate(functionCall, reason), gemini()),
}

function reasonOf(events: readonly ChatEvent[]): FinishReason | undefined {
	expect(brokenRule(events)).toBeUndefined()
	const fold = new CompletionFold()
	for (const event of events) fold.add(event)
	return fold.completion().choices[0]?.finishReason
}

const orderly: Readonly<Record<FinishReason, readonly string[]>> = {
	stop: ['stop', 'eos', 'eos_token', 'end_turn', 'stop_sequence', 'STOP', 'completed', 'Stop'],
	length: [
		...['length', 'max_tokens', 'model_length', 'model_context_window_exceeded', 'max_output_tokens', 'MAX_TOKENS'],
		...['CONTINUATION', 'max-tokens', 'LENGTH'],
	],
	'content-filter': [
		...['content_filter', 'content_filtered', 'sensitive', 'refusal', 'SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST'],
		...['PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY', 'MODEL_ARMOR', 'CONTENT_FILTER', 'guardrail_intervened'],
	],
	// Without a call there is nothing to run.
	'tool-calls': [],
}
const failures = [
	...['error', 'insufficient_system_resource', 'network_error', 'abort', 'aborted', 'timeout', 'cancelled', 'ABORT'],
	...['MALFORMED_RESPONSE', 'MISSING_THOUGHT_SIGNATURE', 'NO_IMAGE', 'MALFORMED_FUNCTION_CALL', 'Network_Error'],
	...['UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'],
]
const unknown = ['OTHER', 'FINISH_REASON_UNSPECIFIED', 'something_new', 'compaction', 'IMAGE_OTHER', 'constructor', '?']

describe.each(Object.entries(texts))('a text, %s', (_, read) => {
	for (const meaning of ['stop', 'length', 'content-filter'] as const)
		test.each(orderly[meaning])(`%s means ${meaning}`, (reason) => {
			expect(reasonOf(read(reason))).toBe(meaning)
		})

	test.each(failures)('%s is a failure', (reason) => {
		const events = read(reason)
		expect(brokenRule(events)).toBeUndefined()
		expect(events.filter(({ type }) => type === 'choice-finish' || type === 'finish')).toEqual([])
		expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'upstream-failed', sent: 'yes' } })
	})

	test.each(unknown)('%s does not count as an orderly end', (reason) => {
		expect(reasonOf(read(reason))).toBe('length')
	})

	test('a paused turn is incomplete', () => {
		expect(reasonOf(read('pause_turn'))).toBe('length')
	})

	test.each(['tool_calls', 'tool_use', 'function_call', 'tool_call'])('%s without a call is stop', (reason) => {
		expect(reasonOf(read(reason))).toBe('stop')
	})

	test.each([undefined, null, '', 'null', 7, {}])('%p is no reason: the end of the answer is orderly', (reason) => {
		expect(reasonOf(read(reason))).toBe('stop')
	})
})

describe.each(Object.entries(calls))('a call, %s', (_, read) => {
	test.each([
		...[
			'end_turn',
			'stop',
			'STOP',
			'pause_turn',
			'tool_use',
			'tool_calls',
			'tool_call',
			'function_call',
			'stop_sequence',
		],
		...[undefined, null, '', 'null'],
	])('%p means tool-calls', (reason) => {
		const reported = reasonOf(read(reason))
		expect(reported).toBe('tool-calls')
		expect(writeFinishReason(reported ?? 'stop', { legacyFunctions: false })).toBe('tool_calls')
		expect(writeStop({ reason: reported ?? 'stop', hasCalls: true, refusal: '' }).stop_reason).toBe('tool_use')
	})

	test.each([...orderly.length, ...unknown])('%s means length: the last call may be incomplete', (reason) => {
		expect(reasonOf(read(reason))).toBe('length')
	})

	test.each(failures)('%s is a failure', (reason) => {
		expect(read(reason).at(-1)).toMatchObject({ type: 'error', error: { kind: 'upstream-failed' } })
	})
})

test("OpenAI's API ends a call that the request forced by name with stop", () => {
	const events = readAll(openai(true), chunk({ tool_calls: [{ index: 0, ...call }] }), chunk({}, 'stop'))
	expect(reasonOf(events)).toBe('stop')
})

test('the text null in every chunk does not end the answer', () => {
	const [first, second] = [chunk({ content: 'He' }, 'null'), chunk({ content: 'llo' }, 'null')]
	const events = readAll(openai(), first, second, chunk({}, 'stop'))
	expect(events.flatMap((event) => (event.type === 'part-delta' ? [event.text] : []))).toEqual(['He', 'llo'])
})
