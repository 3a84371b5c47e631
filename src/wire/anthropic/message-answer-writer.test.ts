import { describe, expect, test } from 'bun:test'
import type { Choice, Completion } from '../../chat/completion.ts'
import { CompletionFold } from '../../chat/completion-fold.ts'
import type { AssistantPart } from '../../chat/message.ts'
import type { Usage } from '../../chat/usage.ts'
import { readMessage } from './message-answer-reader.ts'
import { writeMessage } from './message-answer-writer.ts'
import { BlockReader } from './message-blocks-reader.ts'
import { MessageEventReader } from './message-event-reader.ts'
import { messageRequestSchema } from './message-request-schema.ts'
import { readTurns } from './message-turns-reader.ts'

const counted: Usage = { promptTokens: 7, completionTokens: 3, cachedTokens: 0, reasoningTokens: 0, source: 'counted' }
const text = { type: 'text', text: 'Hello' } as const
const hello: Choice = { parts: [text], finishReason: 'stop' }
const completion = (choice: Partial<Choice>, usage: Usage = counted): Completion => ({
	choices: [{ ...hello, ...choice }],
	usage,
})
const shape = { hidesThinking: false, tagsSignatures: false }
const write = (completion: Completion) =>
	JSON.parse(JSON.stringify(writeMessage(completion, { id: 'msg_1', model: 'public' }, shape)))

describe('a message', () => {
	test('has every field that clients read', () => {
		expect(write(completion({}))).toEqual({
			id: 'msg_1',
			type: 'message',
			role: 'assistant',
			model: 'public',
			content: [{ type: 'text', text: 'Hello' }],
			stop_reason: 'end_turn',
			stop_sequence: null,
			stop_details: null,
			container: null,
			diagnostics: null,
			usage: {
				input_tokens: 7,
				cache_creation_input_tokens: 0,
				cache_read_input_tokens: 0,
				output_tokens: 3,
				output_tokens_details: { thinking_tokens: 0 },
				server_tool_use: null,
				cache_creation: null,
				service_tier: 'standard',
				inference_geo: null,
				speed: null,
			},
		})
	})
	test('has thinking, text and calls in the order of the answer', () => {
		const { content, stop_reason } = write(
			completion({
				parts: [
					{ type: 'reasoning', text: 'hm' },
					text,
					{ type: 'tool-call', kind: 'function', id: 'toolu_1', name: 'look', arguments: '{"at":1}' },
					{ ...text, text: 'Bye' },
				],
				finishReason: 'tool-calls',
			}),
		)
		expect(content).toEqual([
			{ type: 'thinking', thinking: 'hm', signature: '' },
			{ type: 'text', text: 'Hello' },
			{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 1 }, caller: { type: 'direct' } },
			{ type: 'text', text: 'Bye' },
		])
		expect(stop_reason).toBe('tool_use')
	})
	test('returns truncated arguments as INVALID_JSON', () => {
		const calls = (text: string) =>
			write(
				completion({ parts: [{ type: 'tool-call', kind: 'function', id: 'a', name: 'b', arguments: text }] }),
			).content.at(-1)
		expect(calls('{"at":')).toMatchObject({ input: { INVALID_JSON: '{"at":' } })
		expect(calls('[1]')).toMatchObject({ input: { INVALID_JSON: '[1]' } })
		expect(calls('')).toMatchObject({ input: {} })
	})
	test('excludes cached tokens from input_tokens', () => {
		const usage = { ...counted, promptTokens: 100, cachedTokens: 60, cacheWriteTokens: 30 }
		expect(write(completion({}, usage)).usage).toMatchObject({
			input_tokens: 10,
			cache_read_input_tokens: 60,
			cache_creation_input_tokens: 30,
		})
	})
	test('repeats other usage fields of the same wire, and only those', () => {
		const fields = {
			cache_creation: { ephemeral_1h_input_tokens: 5 },
			server_tool_use: { web_search_requests: 1 },
			service_tier: 'priority',
			cost: 3,
		}
		const { usage } = write(completion({}, { ...counted, rest: { wire: 'anthropic', fields } }))
		expect(usage).toMatchObject({
			cache_creation: fields.cache_creation,
			server_tool_use: fields.server_tool_use,
			service_tier: 'priority',
			cost: 3,
		})
		expect(write(completion({}, { ...counted, rest: { wire: 'openai', fields } })).usage).toMatchObject({
			cache_creation: null,
			service_tier: 'standard',
		})
	})
	test('repeats a message of the same wire with its own id and model', () => {
		const theirs = {
			id: 'msg_theirs',
			type: 'message',
			role: 'assistant',
			model: 'theirs',
			content: [
				{ type: 'text', text: 'Hello', citations: [{ type: 'char_location' }] },
				{ type: 'thinking', thinking: 'late', signature: 's' },
			],
			stop_reason: 'pause_turn',
			context_management: { applied_edits: [] },
			usage: { input_tokens: 7, output_tokens: 3, service_tier: 'batch', iterations: [1] },
		}
		const reader = new MessageEventReader({
			model: 'm',
			customTools: new Set(),
			errors: { title: 'The upstream', trusted: false },
		})
		const fold = new CompletionFold()
		for (const event of readMessage(theirs, reader)) fold.add(event)
		const repeat = (hidesThinking = false) =>
			writeMessage(fold.completion(), { id: 'msg_1', model: 'public' }, { ...shape, hidesThinking })
		expect(repeat()).toMatchObject({
			...theirs,
			id: 'msg_1',
			model: 'public',
			usage: { ...theirs.usage, cache_read_input_tokens: 0 },
		})
		const [text] = theirs.content
		expect(repeat(true)).toMatchObject({ content: [text, { type: 'thinking', thinking: '', signature: 's' }] })
	})
	test('explains a refusal', () => {
		const message = write(completion({ parts: [{ type: 'refusal', text: 'I will not.' }] }))
		expect(message.stop_details).toEqual({ type: 'refusal', category: null, explanation: 'I will not.' })
		expect(message.content).toMatchObject([{ type: 'text', text: 'I will not.' }])
	})
	test('is read back as the same message, including signatures', () => {
		const signature = { wire: 'anthropic', value: 'c2ln' }
		const encrypted = { wire: 'gemini', value: 'x:y' }
		const parts: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'hm, ', signature },
			{ type: 'reasoning', text: '', signature: encrypted, encrypted: true },
			{ type: 'reasoning', text: 'well' },
			text,
			{
				type: 'tool-call',
				kind: 'function',
				id: 'call:1 %',
				name: 'look',
				arguments: '{"at":1}',
				signature: { wire: 'gemini', value: 'z:1' },
			},
			{ type: 'tool-call', kind: 'function', id: 'toolu_2', name: 'look', arguments: '{}' },
		]
		const { content } = write(completion({ parts, finishReason: 'tool-calls' }))
		const { messages } = messageRequestSchema.parse({
			model: 'm',
			max_tokens: 1,
			messages: [
				{ role: 'assistant', content },
				{ role: 'user', content: ['call:1 %', 'toolu_2'].map((id) => ({ type: 'tool_result', tool_use_id: id })) },
			],
		})
		expect(readTurns(messages, new BlockReader())[0]).toEqual({ role: 'assistant', content: parts })
	})
})
