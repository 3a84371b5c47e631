// Token counts as servers report them, in streams and in unary answers.

import { describe, expect, test } from 'bun:test'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import { ChatChunkReader } from './chat-chunk-reader.ts'
import { ChatChunkWriter } from './chat-chunk-writer.ts'
import { readCompletion } from './completion-reader.ts'
import { writeCompletion } from './completion-writer.ts'
import { chatFormats } from './formats.ts'
import { readPlainCompletion } from './plain-completion.ts'
import { readUsage } from './usage-reader.ts'
import { writeUsage } from './usage-writer.ts'

const counted = { promptTokens: 0, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'counted' }

function open(): ChatChunkReader {
	return new ChatChunkReader({
		model: 'm',
		choices: 1,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		newCallId: () => 'call',
	})
}

/** The usage of a stream whose last chunks are `chunks`. */
function streamed(...chunks: readonly object[]): Usage | undefined {
	const reader = open()
	for (const chunk of [{ choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] }, ...chunks])
		reader.read(chunk)
	const last = reader.end(true).at(-1)
	return last?.type === 'finish' ? last.usage : undefined
}

function unary(body: object): Usage | undefined {
	const last = readCompletion(body, open()).at(-1)
	return last?.type === 'finish' ? last.usage : undefined
}

const message = { role: 'assistant', content: 'a' }
const end = { index: 0, delta: {}, finish_reason: 'stop' }

describe.each<[string, object, object]>([
	[
		'xAI: reasoning beside the completion',
		{
			prompt_tokens: 10_120,
			completion_tokens: 1499,
			total_tokens: 14_428,
			completion_tokens_details: { reasoning_tokens: 2809 },
		},
		{ promptTokens: 10_120, completionTokens: 4308, reasoningTokens: 2809 },
	],
	[
		'short reasoning beside the completion',
		{ prompt_tokens: 10, completion_tokens: 50, total_tokens: 80, completion_tokens_details: { reasoning_tokens: 20 } },
		{ completionTokens: 70, reasoningTokens: 20 },
	],
	[
		'OpenAI: reasoning inside the completion',
		{ prompt_tokens: 10, completion_tokens: 50, total_tokens: 60, completion_tokens_details: { reasoning_tokens: 20 } },
		{ completionTokens: 50, reasoningTokens: 20 },
	],
	[
		'more reasoning than completion, without a total',
		{ prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 20 } },
		{ completionTokens: 25, reasoningTokens: 20 },
	],
	[
		"Google's OpenAI endpoint: reasoning in the total only",
		{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 },
		{ promptTokens: 10, completionTokens: 105, reasoningTokens: 0 },
	],
	[
		'OpenAI: cached tokens in the details',
		{ prompt_tokens: 1000, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 900 } },
		{ promptTokens: 1000, cachedTokens: 900 },
	],
	[
		'Kimi: cached_tokens',
		{ prompt_tokens: 1000, completion_tokens: 5, total_tokens: 1005, cached_tokens: 900 },
		{ cachedTokens: 900 },
	],
	[
		'DeepSeek: prompt_cache_hit_tokens',
		{ prompt_tokens: 1000, completion_tokens: 5, prompt_cache_hit_tokens: 900, prompt_cache_miss_tokens: 100 },
		{ cachedTokens: 900 },
	],
	[
		'Mistral: num_cached_tokens',
		{ prompt_tokens: 1000, completion_tokens: 5, num_cached_tokens: 900, prompt_tokens_details: { cached_tokens: 0 } },
		{ cachedTokens: 900 },
	],
	[
		"LiteLLM: Anthropic's names",
		{ prompt_tokens: 1000, completion_tokens: 5, cache_read_input_tokens: 600, cache_creation_input_tokens: 300 },
		{ promptTokens: 1000, cachedTokens: 600, cacheWriteTokens: 300 },
	],
	[
		'OpenRouter: cache_write_tokens in the details',
		{
			prompt_tokens: 1000,
			completion_tokens: 5,
			prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
		},
		{ cachedTokens: 600, cacheWriteTokens: 300 },
	],
	[
		'cache_write_tokens beside the counts',
		{ prompt_tokens: 1000, completion_tokens: 5, cache_write_tokens: 300 },
		{ cachedTokens: 0, cacheWriteTokens: 300 },
	],
	[
		'LiteLLM: written tokens by their time to live',
		{
			prompt_tokens: 1000,
			completion_tokens: 5,
			cache_creation_input_tokens: 300,
			prompt_tokens_details: {
				cached_tokens: 0,
				cache_creation_token_details: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
			},
		},
		{ promptTokens: 1000, cacheWriteTokens: 300, cacheWrite1hTokens: 100 },
	],
	[
		'New API: the same in fields of its own, without their sum',
		{
			prompt_tokens: 1000,
			completion_tokens: 5,
			claude_cache_creation_5_m_tokens: 200,
			claude_cache_creation_1_h_tokens: 100,
		},
		{ promptTokens: 1000, cacheWriteTokens: 300, cacheWrite1hTokens: 100 },
	],
	[
		"Anthropic's object, more than the prompt has",
		{
			prompt_tokens: 10,
			completion_tokens: 5,
			total_tokens: 15,
			cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 100 },
		},
		{ promptTokens: 10, cacheWriteTokens: undefined, cacheWrite1hTokens: undefined },
	],
	[
		'cached tokens beside the prompt, as the total shows',
		{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 915, cache_read_input_tokens: 900 },
		{ promptTokens: 910, completionTokens: 5, cachedTokens: 900 },
	],
	['a negative prompt', { prompt_tokens: -1, completion_tokens: 5, total_tokens: 4 }, counted],
	['an absurd prompt', { prompt_tokens: 2e12, completion_tokens: 5 }, counted],
	['a negative completion', { prompt_tokens: 10, completion_tokens: -5 }, counted],
	['an absurd completion', { prompt_tokens: 10, completion_tokens: 2e12, total_tokens: 2e12 }, counted],
	[
		'a negative completion beside a usable total',
		{ prompt_tokens: 10, completion_tokens: -5, total_tokens: 30 },
		{ promptTokens: 10, completionTokens: 20 },
	],
	[
		'a total below the prompt',
		{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 3 },
		{ promptTokens: 10, completionTokens: 5 },
	],
	['a total below the prompt, and nothing else', { prompt_tokens: 10, total_tokens: 3 }, counted],
	[
		'an absurd total',
		{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 2e12 },
		{ promptTokens: 10, completionTokens: 5 },
	],
	[
		'more cached tokens than the prompt has',
		{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cached_tokens: 900, cache_write_tokens: 11 },
		{ promptTokens: 10, completionTokens: 5, cachedTokens: 0, cacheWriteTokens: undefined },
	],
	[
		'absurd details',
		{
			prompt_tokens: 10,
			completion_tokens: 5,
			completion_tokens_details: { reasoning_tokens: 2e12 },
			cached_tokens: -1,
		},
		{ completionTokens: 5, reasoningTokens: 0, cachedTokens: 0 },
	],
])('%s', (_, usage, expected) => {
	test('in a stream', () => {
		expect(streamed({ choices: [end] }, { choices: [], usage })).toMatchObject(expected)
	})
	test('in a unary answer', () => {
		const body = { choices: [{ index: 0, message, finish_reason: 'stop' }], usage }
		expect(unary(body)).toMatchObject(expected)
		expect(readPlainCompletion(body, 'm')?.usage ?? counted).toMatchObject(expected)
	})
})

test('other fields have the numbers that the upstream reported', () => {
	const text = '{"prompt_tokens":1,"completion_tokens":1,"cost":1.0,"prompt_tokens_details":{"price":0.10}}'
	const written = stringifyJson(writeUsage(readUsage(parseJson(text)) ?? countedUsage(0)))
	for (const field of ['"cost":1.0', '"price":0.10']) expect(written).toContain(field)
})

test('clients receive written tokens, and the fields that the upstream reported', () => {
	const reported = {
		promptTokens: 10,
		completionTokens: 1,
		cachedTokens: 2,
		reasoningTokens: 0,
		source: 'upstream',
	} as const
	const details = (more: object) => writeUsage({ ...reported, ...more }).prompt_tokens_details
	expect(details({ cacheWriteTokens: 3 })).toEqual({ cached_tokens: 2, audio_tokens: 0, cache_write_tokens: 3 })
	expect(details({ cacheWriteTokens: 0 })).toEqual({ cached_tokens: 2, audio_tokens: 0 })
	const rest = { wire: 'openai', fields: { cost: 1, prompt_tokens_details: { audio_tokens: 4 } } }
	expect(writeUsage({ ...reported, rest })).toMatchObject({ cost: 1, prompt_tokens_details: { audio_tokens: 4 } })
	expect(writeUsage({ ...reported, rest: { ...rest, wire: 'anthropic' } })).not.toHaveProperty('cost')
})

describe('Kimi: usage in the last choice only', () => {
	const usage = { prompt_tokens: 77, completion_tokens: 7, total_tokens: 84, cached_tokens: 70 }
	const expected = { promptTokens: 77, completionTokens: 7, cachedTokens: 70, source: 'upstream' }

	test('in a stream', () => {
		expect(streamed({ choices: [{ ...end, usage }] })).toMatchObject(expected)
		expect(streamed({ choices: [{ ...end, usage }], usage: null })).toMatchObject(expected)
	})

	test('in a unary answer', () => {
		expect(unary({ choices: [{ index: 0, message, finish_reason: 'stop', usage }] })).toMatchObject(expected)
	})

	test('is not sent to clients of unary answers in a choice', async () => {
		const body = { choices: [{ index: 0, message, finish_reason: 'stop', usage }] }
		const completion = {
			choices: [{ parts: [{ type: 'text', text: 'a' }], finishReason: 'stop' }],
			usage: { ...counted, source: 'counted' },
		} as const
		const source = { format: chatFormats.whole, text: '', value: body }
		const shape = { legacyFunctions: false, includeUsage: false }
		const sent = writeCompletion(completion, { id: 'chatcmpl-ours', created: 5, model: 'public' }, shape, source)
		expect(JSON.stringify(sent)).not.toContain('"total_tokens":84')
	})

	test('usage of the chunk itself counts first', () => {
		const own = { prompt_tokens: 3, completion_tokens: 2 }
		expect(streamed({ choices: [{ ...end, usage }], usage: own })).toMatchObject({ promptTokens: 3 })
	})

	test.each([
		{ delta: {}, finish_reason: 'stop', usage },
		{ delta: { content: 'a' }, finish_reason: null, usage },
		{ delta: { content: 'a' }, finish_reason: null, usage: null },
	])('is not sent to clients in a choice (%j)', (choice) => {
		const reader = open()
		const identity = { id: 'chatcmpl-ours', created: 5, model: 'public' }
		const writer = new ChatChunkWriter(identity, { legacyFunctions: false, includeUsage: false })
		const chunks = [
			{ delta: { role: 'assistant', content: '' }, finish_reason: null },
			{ delta: { content: 'b' }, finish_reason: null },
			choice,
		]
		let sent = ''
		for (const one of chunks) {
			const head = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' }
			const text = JSON.stringify({ ...head, choices: [{ index: 0, ...one }] })
			const value = reader.parse(JSON.parse(text))
			const events = reader.read(value, text)
			if (events.length > 0) sent += writer.repeat({ format: chatFormats.chunk, text, value }, events)
		}
		for (const event of reader.end(true)) {
			const source = event.type === 'choice-finish' ? reader.sourceOf(event.choice) : undefined
			sent +=
				source === undefined ? writer.write(event) : writer.repeat({ format: chatFormats.chunk, ...source }, [event])
		}
		expect(sent).toContain('"content":"b"')
		expect(sent).toContain('"finish_reason":"stop"')
		expect(sent).not.toContain('usage')
	})
})
