import { describe, expect, test } from 'bun:test'
import type { Choice, Completion } from '../../chat/completion.ts'
import type { Usage } from '../../chat/usage.ts'
import { writeMessage } from './message-answer-writer.ts'
import { BlockReader } from './message-blocks-reader.ts'
import { messageRequestSchema } from './message-request-schema.ts'
import { readTurns } from './message-turns-reader.ts'

const counted: Usage = { promptTokens: 7, completionTokens: 3, cachedTokens: 0, reasoningTokens: 0, source: 'counted' }
const hello: Choice = { text: 'Hello', reasoning: '', refusal: '', toolCalls: [], finishReason: 'stop' }
const completion = (choice: Partial<Choice>, usage: Usage = counted): Completion => ({
	choices: [{ ...hello, ...choice }],
	usage,
})
const write = (completion: Completion) =>
	JSON.parse(JSON.stringify(writeMessage(completion, { id: 'msg_1', model: 'public' }, { hidesThinking: false })))

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
	test('has thinking, text and calls in this order', () => {
		const { content, stop_reason } = write(
			completion({
				reasoning: 'hm',
				toolCalls: [{ type: 'function', id: 'toolu_1', name: 'look', arguments: '{"at":1}' }],
				finishReason: 'tool-calls',
			}),
		)
		expect(content).toEqual([
			{ type: 'thinking', thinking: 'hm', signature: '' },
			{ type: 'text', text: 'Hello' },
			{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 1 }, caller: { type: 'direct' } },
		])
		expect(stop_reason).toBe('tool_use')
	})
	test('returns truncated arguments as INVALID_JSON', () => {
		const calls = (text: string) =>
			write(completion({ toolCalls: [{ type: 'function', id: 'a', name: 'b', arguments: text }] })).content.at(-1)
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
	test('repeats other usage fields of the same wire only', () => {
		const extra = {
			cache_creation: { ephemeral_1h_input_tokens: 5 },
			server_tool_use: { web_search_requests: 1 },
			service_tier: 'priority',
			cost: 3,
		}
		const { usage } = write(completion({}, { ...counted, extra, extraWire: 'anthropic' }))
		expect(usage).toMatchObject({
			cache_creation: extra.cache_creation,
			server_tool_use: extra.server_tool_use,
			service_tier: 'priority',
		})
		expect(usage).not.toHaveProperty('cost')
		expect(write(completion({}, { ...counted, extra })).usage).toMatchObject({
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
		const source = { format: 'anthropic message', text: JSON.stringify(theirs), value: theirs }
		const repeat = (usage: Usage, hidesThinking = false) =>
			writeMessage(completion({}, usage), { id: 'msg_1', model: 'public' }, { hidesThinking }, source)
		expect(repeat({ ...counted, source: 'upstream' })).toMatchObject({
			...theirs,
			id: 'msg_1',
			model: 'public',
			usage: { ...theirs.usage, cache_read_input_tokens: 0 },
		})
		expect(repeat(counted)).toMatchObject({ usage: { service_tier: 'standard' } })
		expect(repeat(counted, true)).toMatchObject({ content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn' })
	})
	test('explains a refusal', () => {
		const message = write(completion({ text: '', refusal: 'I will not.' }))
		expect(message.stop_details).toEqual({ type: 'refusal', category: null, explanation: 'I will not.' })
		expect(message.content).toMatchObject([{ type: 'text', text: 'I will not.' }])
	})
	test('is read back as the same message, including signatures', () => {
		const proof = { wire: 'anthropic', value: 'c2ln' }
		const sealed = { wire: 'gemini', value: 'x:y' }
		const choice: Partial<Choice> = {
			reasoning: 'hm, well',
			thoughts: [{ text: 'hm, ', proof }, { text: '', proof: sealed, sealed: true }, { text: 'well' }],
			toolCalls: [
				{
					type: 'function',
					id: 'call:1 %',
					name: 'look',
					arguments: '{"at":1}',
					proof: { wire: 'gemini', value: 'z:1' },
				},
				{ type: 'function', id: 'toolu_2', name: 'look', arguments: '{}' },
			],
			finishReason: 'tool-calls',
		}
		const { content } = write(completion(choice))
		const { messages } = messageRequestSchema.parse({
			model: 'm',
			max_tokens: 1,
			messages: [
				{ role: 'assistant', content },
				{ role: 'user', content: ['call:1 %', 'toolu_2'].map((id) => ({ type: 'tool_result', tool_use_id: id })) },
			],
		})
		const { reasoning, thoughts, toolCalls } = choice
		expect(readTurns(messages, new BlockReader())[0]).toEqual({
			role: 'assistant',
			content: [{ type: 'text', text: 'Hello' }],
			...{ reasoning, thoughts, toolCalls },
		} as ReturnType<typeof readTurns>[number])
	})
})
