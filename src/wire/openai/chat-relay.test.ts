import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import type { Completion } from '../../chat/completion.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { bytesOf, chunksOf, deliver, identity, reader, shape } from './chat-relay.testing.ts'
import { readCompletion } from './completion-reader.ts'
import { writeCompletion } from './completion-writer.ts'
import { chatFormats } from './formats.ts'

async function clientView(sent: string): Promise<Completion | string> {
	const read = reader()
	const events: ChatEvent[] = chunksOf(sent).flatMap((chunk) => read.read(chunk))
	events.push(...read.end(sent.includes('[DONE]')))
	try {
		return await collect(iterate(events))
	} catch (thrown) {
		return String(thrown)
	}
}

async function* iterate(events: readonly ChatEvent[]): AsyncGenerator<ChatEvent> {
	yield* events
}

const head = { id: 'cmpl-77', object: 'chat.completion.chunk', created: 1, model: 'theirs' }
const say = (delta: object, more: object = {}, top: object = {}) => ({
	...head,
	...top,
	choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
})
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
const logprobs = { content: [{ token: 'é', logprob: -0.5, bytes: [195, 169], top_logprobs: [] }], refusal: null }
const call = (fields: object) => say({ tool_calls: [{ index: 0, ...fields }] })

/** Keys in OpenAI's own order. */
function openai(delta: object, finishReason: string | null, obfuscation: string) {
	const top = { service_tier: 'default', system_fingerprint: 'fp_1' }
	return { ...say(delta, { finish_reason: finishReason }, top), usage: null, obfuscation }
}

/** Streams as servers of each kind send them: the same facts in the forms that each was seen to use. */
const streams: Readonly<Record<string, readonly (object | string)[]>> = {
	openai: [
		openai({ role: 'assistant', content: '', refusal: null }, null, 'x'),
		openai({ content: 'Hé' }, null, 'yz'),
		openai({ content: ' "you"\n],"usage":null' }, null, ''),
		openai({}, 'stop', 'a'),
		{ ...head, choices: [], usage: { ...usage, prompt_tokens_details: { cached_tokens: 1, audio_tokens: 0 } } },
		'[DONE]',
	],
	vllm: [
		say({ role: 'assistant', content: '' }, {}, { prompt_token_ids: null }),
		say({ content: 'one' }, { token_ids: [5] }),
		say({ content: ' two 漢😀' }, { token_ids: [6, 7] }),
		say({ content: '' }, { finish_reason: 'stop', stop_reason: 128_009 }),
		{ ...head, choices: [], usage },
		'[DONE]',
	],
	'usage in every chunk': [
		say({ role: 'assistant', content: '' }, {}, { usage: { prompt_tokens: 3, total_tokens: 3, completion_tokens: 0 } }),
		say({ content: 'a' }, {}, { usage: { prompt_tokens: 3, total_tokens: 4, completion_tokens: 1 } }),
		say({}, { finish_reason: 'length' }, { usage }),
		'[DONE]',
	],
	'roles repeated': [
		say({ role: 'assistant', content: 'a' }),
		say({ role: 'assistant', content: 'b' }),
		say({ role: 'assistant' }, { finish_reason: 'stop' }),
		'[DONE]',
	],
	reasoning: [
		say({ role: 'assistant', content: '' }),
		say({ reasoning_content: 'hmm' }),
		say({ reasoning: 'so', content: null }),
		say({ content: 'yes' }),
		say({}, { finish_reason: 'stop' }),
		'[DONE]',
	],
	tools: [
		say({ role: 'assistant', content: null }),
		call({ id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }),
		call({ function: { arguments: '{"a":' } }),
		call({ id: 'call_1', type: 'function', function: { name: 'f', arguments: ' 1}' } }),
		say({}, { finish_reason: 'tool_calls' }),
		'[DONE]',
	],
	'content inside arguments': [
		say({ role: 'assistant', content: '' }),
		say({ content: 'Let me' }),
		call({ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a"' } }),
		say({ content: '\n' }),
		say({ content: 'see', tool_calls: [{ index: 0, function: { arguments: ': 1' } }] }),
		say({ reasoning_content: 'hm' }),
		call({ index: 1, id: 'call_2', type: 'function', function: { name: 'g', arguments: '{}' } }),
		call({ function: { arguments: '}' } }),
		say({ content: ' now' }),
		say({}, { finish_reason: 'tool_calls' }),
		'[DONE]',
	],
	'halves of characters': [
		say({ role: 'assistant', content: '' }),
		say({ content: 'a\ud83d' }),
		say({ content: '\ude00b' }),
		say({ content: '\ud83d' }),
		say({}, { finish_reason: 'length' }),
		'[DONE]',
	],
	'tools with a wrong reason': [
		call({ id: 'call_1', type: 'function', function: { name: 'f', arguments: { a: 1 } } }),
		say({ tool_calls: [] }, { finish_reason: 'stop' }),
		'[DONE]',
	],
	logprobs: [
		say({ role: 'assistant', content: '' }),
		say({ content: 'é' }, { logprobs }),
		say({ content: 'é' }, { logprobs }),
		say({}, { finish_reason: 'stop' }),
		'[DONE]',
	],
	'two choices': [
		say({ role: 'assistant', content: '' }, { index: 1 }),
		say({ content: 'b' }, { index: 1 }),
		say({ role: 'assistant', content: '' }),
		say({ content: 'a' }),
		say({}, { finish_reason: 'stop' }),
		say({}, { finish_reason: 'eos_token', index: 1 }),
		'[DONE]',
	],
	'an error at the end': [
		say({ role: 'assistant', content: '' }),
		say({ content: 'a' }),
		{ error: { message: 'broken', code: 500 } },
	],
	'no end': [say({ role: 'assistant', content: '' }), say({ content: 'a' })],
	'keys in another order': [
		{ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }], ...head },
		{ choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }], ...head },
		{ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...head },
		'[DONE]',
	],
}

describe('relayed and rewritten chunks give the same completion', () => {
	for (const [name, events] of Object.entries(streams))
		test(`${name}, cut at every byte`, async () => {
			const bytes = bytesOf(events)
			const anew = await clientView(deliver([bytes], false))
			const repeated = deliver([bytes], true)
			expect(await clientView(repeated)).toEqual(anew)
			for (let at = 0; at <= bytes.length; at++)
				expect(deliver([bytes.subarray(0, at), bytes.subarray(at)], true)).toBe(repeated)
		})
})

describe('a repeated chunk', () => {
	test('is unchanged except for our id, time and model', () => {
		const ours = '"id":"chatcmpl-ours","object":"chat.completion.chunk","created":5,"model":"public"'
		const top = '"service_tier":"default","system_fingerprint":"fp_1"'
		const choices = '"choices":[{"index":0,"delta":{"content":"Hé"},"logprobs":null,"finish_reason":null}]'
		for (const [includeUsage, tail] of [
			[true, ',"usage":null'],
			[false, ''],
		] as const) {
			const [, second] = deliver([bytesOf(streams.openai ?? [])], true, { ...shape, includeUsage }).split('\n\n')
			expect(second).toBe(`data: {${ours},${top},${choices}${tail},"obfuscation":"yz"}`)
		}
	})

	test('never has half a character', () => {
		const sent = deliver([bytesOf(streams['halves of characters'] ?? [])], true)
		expect(sent).not.toMatch(/\\ud[89a-f]/i)
		expect(sent).toContain('"content":"a"')
		expect(sent).toContain('"content":"😀b"')
	})

	test('has no further chunk for fields that only describe content', () => {
		expect(chunksOf(deliver([bytesOf(streams.openai ?? [])], true)).length).toBe(5)
	})

	test('retains unknown fields, even if a chunk is rewritten', () => {
		const chunks = chunksOf(deliver([bytesOf(streams.vllm ?? [])], true))
		expect(chunks[1]).toMatchObject({ choices: [{ token_ids: [5] }] })
		expect(chunks[3]).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop', stop_reason: 128_009 }] })
	})

	test('has usage in every chunk if the client requested it, and in none otherwise', () => {
		for (const events of Object.values(streams)) {
			const [asked, unasked] = [true, false].map((includeUsage) =>
				chunksOf(deliver([bytesOf(events)], true, { ...shape, includeUsage })).filter((chunk) => !('error' in chunk)),
			)
			expect(asked?.every((chunk) => 'usage' in chunk)).toBe(true)
			expect(unasked?.some((chunk) => 'usage' in chunk)).toBe(false)
		}
	})

	test('retains what clients rely on: one role, first; only the last chunk has no content', () => {
		for (const [name, events] of Object.entries(streams)) {
			if (name === 'an error at the end' || name === 'no end') continue
			const first = new Map<unknown, boolean>()
			for (const { choices } of chunksOf(deliver([bytesOf(events)], true)) as { choices: Record<string, unknown>[] }[])
				for (const { index, delta } of choices) {
					const role = Reflect.get(Object(delta), 'role')
					expect([name, role]).toEqual([name, first.has(index) ? undefined : 'assistant'])
					first.set(index, true)
				}
		}
	})
})

test('a unary answer retains unknown fields and is otherwise normalized', async () => {
	const theirs = {
		...head,
		object: 'chat.completion',
		choices: [
			{
				index: 0,
				message: { role: 'assistant', content: 'a', tool_calls: [], function_call: null, provider_note: 'n' },
				finish_reason: 'eos',
				stop_reason: null,
			},
		],
		usage: { ...usage, cost: 0.5, completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 2 } },
		kv_transfer_params: { a: 1 },
	}
	const completion = await collect(iterate(readCompletion(theirs, reader())))
	const source = { format: chatFormats.whole, text: '', value: theirs }
	expect(writeCompletion(completion, identity, shape, source)).toMatchObject({
		id: 'chatcmpl-ours',
		model: 'public',
		kv_transfer_params: { a: 1 },
		choices: [
			{ message: { content: 'a', refusal: null, provider_note: 'n' }, finish_reason: 'stop', stop_reason: null },
		],
		usage: { prompt_tokens: 3, cost: 0.5, completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 2 } },
	})
	expect(JSON.stringify(writeCompletion(completion, identity, shape, source))).not.toContain('tool_calls')
})
