// Parts in the formats that packages send, in each version of the specification.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { textOf, toolCallsOf } from '../../chat/parts.ts'
import { PartReader, type PartReading, partsOf } from './part-reader.ts'

const origin = 'acme m'

function read(parts: readonly unknown[], changes: Partial<PartReading> = {}): readonly ChatEvent[] {
	let made = 0
	const reader = new PartReader({
		model: 'm',
		title: 'The upstream',
		namedTool: false,
		oneCall: false,
		newCallId: () => `call_${made++}`,
		origin,
		drop: () => undefined,
		explain: (error) => new ChatError('upstream-failed', String(error), { sent: 'yes' }),
		...changes,
	})
	const events = [...parts.flatMap((part) => reader.read(part)), ...reader.end()]
	expect(reader.ended).toBe(true)
	expect(reader.read({ type: 'text-delta', delta: 'more' })).toEqual([])
	return events
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

async function completionOf(parts: readonly unknown[], changes: Partial<PartReading> = {}) {
	const events = read(parts, changes)
	expect(brokenRule(events, 1)).toBeUndefined()
	return collect(replay(events))
}

async function choiceOf(parts: readonly unknown[], changes: Partial<PartReading> = {}) {
	const { parts: content = [], finishReason } = (await completionOf(parts, changes)).choices[0] ?? {}
	return { text: textOf(content), toolCalls: toolCallsOf(content), parts: content, finishReason }
}

const text = (delta: string) => ({ type: 'text-delta', id: '0', delta })
const newUsage = {
	inputTokens: { total: 10, noCache: 6, cacheRead: 4, cacheWrite: undefined },
	outputTokens: { total: 7, text: 5, reasoning: 2 },
}
const finish = (unified: string, usage: unknown = newUsage) => ({
	type: 'finish',
	finishReason: { unified, raw: 'x' },
	usage,
})
const started = (id: string, toolName: string) => ({ type: 'tool-input-start', id, toolName })
const fragment = (id: string, delta: string) => ({ type: 'tool-input-delta', id, delta })
const called = (toolCallId: string, toolName: string, input: unknown) => ({
	type: 'tool-call',
	toolCallId,
	toolName,
	input,
})

describe('each version', () => {
	test('has its own format of usage and finish reason', async () => {
		const counts = {
			promptTokens: 10,
			completionTokens: 7,
			cachedTokens: 4,
			reasoningTokens: 2,
			source: 'upstream',
		} as const
		const oldUsage = { inputTokens: 10, outputTokens: 7, totalTokens: 17, reasoningTokens: 2, cachedInputTokens: 4 }
		const old = await completionOf([text('a'), { type: 'finish', finishReason: 'length', usage: oldUsage }])
		expect(old).toMatchObject({
			choices: [{ parts: [{ type: 'text', text: 'a' }], finishReason: 'length' }],
			usage: counts,
		})
		expect(await completionOf([text('a'), finish('length')])).toEqual(old)
	})

	test('has a field of its own for cache writes', async () => {
		const counts = { inputTokens: 10, outputTokens: 7, cachedInputTokens: 4 }
		const providerMetadata = { anthropic: { cacheCreationInputTokens: 3 } }
		const old = [text('a'), { type: 'finish', finishReason: 'stop', usage: counts, providerMetadata }]
		expect((await completionOf(old)).usage).toMatchObject({ cachedTokens: 4, cacheWriteTokens: 3 })
		const inputTokens = { total: 10, cacheRead: 4, cacheWrite: 3 }
		const current = [text('a'), finish('stop', { ...newUsage, inputTokens })]
		expect((await completionOf(current)).usage).toMatchObject({ cachedTokens: 4, cacheWriteTokens: 3 })
		const whole = { content: [{ type: 'text', text: 'a' }], finishReason: 'stop', usage: counts, providerMetadata }
		expect((await completionOf([...partsOf(whole)])).usage).toMatchObject({ cacheWriteTokens: 3 })
	})

	test('has its own format of warnings', () => {
		const dropped: string[] = []
		const warnings = [
			{ type: 'unsupported-setting', setting: 'topK' },
			{ type: 'unsupported-tool', tool: {} },
			{ type: 'unsupported', feature: 'stopSequences' },
			{ type: 'unsupported', feature: 'seed: not for this model' },
			{ type: 'unsupported', feature: '§' },
			{ type: 'compatibility', feature: 'x' },
			{ type: 'other', message: 'x' },
		]
		read([{ type: 'stream-start', warnings }, text('a'), finish('stop')], { drop: (part) => dropped.push(part) })
		expect(dropped).toEqual(['top_k', 'tools', 'stop', 'seed'])
	})
})

describe('ends', () => {
	for (const [unified, expected] of [
		['stop', 'stop'],
		['length', 'length'],
		['content-filter', 'content-filter'],
		['tool-calls', 'stop'],
		['other', 'length'],
		['unknown', 'length'],
	] as const)
		test(`${unified} without tool calls is read as ${expected}`, async () => {
			expect((await completionOf([text('a'), finish(unified)])).choices[0]?.finishReason).toBe(expected)
		})

	for (const unified of ['error', 'interrupted'])
		test(`${unified} is a failure`, () => {
			expect(read([text('a'), finish(unified)]).at(-1)).toMatchObject({ type: 'error', error: { sent: 'yes' } })
		})

	test('a response without a finish part, or without any part, is an error', () => {
		expect(read([text('a')]).map(({ type }) => type)).toEqual(['start', 'part-start', 'part-delta', 'error'])
		expect(read([]).map(({ type }) => type)).toEqual(['error'])
		expect(read([{ type: 'stream-start', warnings: [] }]).map(({ type }) => type)).toEqual(['error'])
	})

	test('an error is the last event, and the only one if nothing was received before', () => {
		expect(read([{ type: 'error', error: 'boom' }, finish('error')])).toMatchObject([
			{ type: 'error', error: { message: 'boom' } },
		])
		expect(read([text('a'), { type: 'error', error: 'boom' }]).at(-1)).toMatchObject({ usage: { completionTokens: 1 } })
	})

	test('unreported usage is counted', async () => {
		const { usage } = await completionOf([text('a'), text('b'), finish('stop', { inputTokens: {}, outputTokens: {} })])
		expect(usage).toMatchObject({ promptTokens: 0, completionTokens: 2, source: 'counted' })
	})
})

describe('calls', () => {
	test('that are interleaved are returned one after another', async () => {
		const choice = await choiceOf([
			started('1', 'a'),
			started('2', 'b'),
			fragment('2', '{"y":'),
			fragment('1', '{"x":1}'),
			fragment('2', '2}'),
			called('2', 'b', '{"y":2}'),
			called('1', 'a', '{"x":1}'),
			finish('tool-calls'),
		])
		expect(choice).toMatchObject({
			toolCalls: [
				{ id: '1', name: 'a', arguments: '{"x":1}' },
				{ id: '2', name: 'b', arguments: '{"y":2}' },
			],
			finishReason: 'tool-calls',
		})
	})

	test('may be complete, without arguments, or share an id', async () => {
		const choice = await choiceOf([
			called('1', 'a', '{"x":1}'),
			called('1', 'b', ''),
			started('3', 'c'),
			called('3', 'c', { z: 1 }),
			finish('stop'),
		])
		expect(choice).toMatchObject({
			toolCalls: [
				{ id: '1', name: 'a', arguments: '{"x":1}' },
				{ id: 'call_0', name: 'b', arguments: '{}' },
				{ id: '3', name: 'c', arguments: '{"z":1}' },
			],
			finishReason: 'tool-calls',
		})
	})

	test('without parallel calls, only the first is returned; a named one ends with stop, as in OpenAI’s API', async () => {
		const parts = [called('1', 'a', '{}'), called('2', 'b', '{}'), finish('stop')]
		const choice = await choiceOf(parts, { oneCall: true, namedTool: true })
		expect(choice).toMatchObject({ toolCalls: [{ name: 'a' }], finishReason: 'stop' })
		expect(choice.toolCalls.length).toBe(1)
	})

	test('that the provider executed are not returned as calls', async () => {
		const parts = [
			{ ...started('1', 'search'), providerExecuted: true },
			{ ...called('1', 'search', '{}'), providerExecuted: true },
			{ type: 'tool-result', toolCallId: '1', toolName: 'search', result: {} },
			{ type: 'source', sourceType: 'url', id: 's', url: 'https://example.org' },
			{ type: 'ping' },
			text('a'),
			finish('stop'),
		]
		expect(await choiceOf(parts)).toMatchObject({ text: 'a', toolCalls: [] })
	})

	test('carry the metadata of their provider', async () => {
		const parts = [
			{ ...called('1', 'a', '{}'), providerMetadata: { google: { thoughtSignature: 's' } } },
			finish('stop'),
		]
		expect((await choiceOf(parts)).toolCalls[0]?.signature).toEqual({
			origin,
			wire: 'ai-sdk',
			value: '{"google":{"thoughtSignature":"s"}}',
		})
	})
})

describe('reasoning', () => {
	const part = (type: string, id: string, fields: object = {}) => ({ type: `reasoning-${type}`, id, ...fields })

	test('carries all metadata of its provider', async () => {
		const parts = [
			part('start', '1', { providerMetadata: { openai: { itemId: 'rs_1', reasoningEncryptedContent: null } } }),
			part('delta', '1', { delta: 'hm' }),
			part('end', '1', { providerMetadata: { openai: { reasoningEncryptedContent: 'enc' } } }),
			part('start', '2', { providerMetadata: { anthropic: { redactedData: 'opaque' } } }),
			part('end', '2'),
			part('start', '3', { providerMetadata: { openai: { itemId: null } } }),
			part('delta', '3', { delta: ' so' }),
			part('end', '3'),
			finish('stop'),
		]
		expect((await choiceOf(parts)).parts).toMatchObject([
			{ text: 'hm', signature: { value: '{"openai":{"itemId":"rs_1","reasoningEncryptedContent":"enc"}}' } },
			{ text: '', signature: { value: '{"anthropic":{"redactedData":"opaque"}}' }, encrypted: true },
			{ text: ' so', signature: undefined },
		])
	})

	test('that is not ended is closed with the response', async () => {
		const parts = [part('delta', '1', { delta: 'hm', providerMetadata: { a: { b: 1 } } }), finish('stop')]
		expect((await choiceOf(parts)).parts).toEqual([
			{ type: 'reasoning', text: 'hm', signature: { wire: 'ai-sdk', value: '{"a":{"b":1}}', origin } },
		])
	})
})

test('the model is reported if it differs from the requested one', () => {
	const answeredBy = (modelId: string) => read([{ type: 'response-metadata', modelId }, text('a'), finish('stop')])[0]
	expect(answeredBy('m')).toEqual({ type: 'start' })
	expect(answeredBy('m-2026')).toEqual({ type: 'start', model: 'm-2026' })
})

test('a unary response is equivalent to its stream', async () => {
	const metadata = { providerMetadata: { anthropic: { signature: 's' } } }
	const whole = {
		content: [
			{ type: 'reasoning', text: 'hm', ...metadata },
			{ type: 'text', text: 'ab' },
			called('1', 'f', '{"x":1}'),
		],
		finishReason: { unified: 'tool-calls', raw: 'x' },
		usage: newUsage,
		response: { modelId: 'm-2026' },
		warnings: [],
	}
	const streamed = [
		{ type: 'stream-start', warnings: [] },
		{ type: 'response-metadata', modelId: 'm-2026' },
		{ type: 'reasoning-start', id: 'r' },
		{ type: 'reasoning-delta', id: 'r', delta: 'hm' },
		{ type: 'reasoning-end', id: 'r', ...metadata },
		text('a'),
		text('b'),
		started('1', 'f'),
		fragment('1', '{"x"'),
		fragment('1', ':1}'),
		called('1', 'f', '{"x":1}'),
		finish('tool-calls'),
	]
	expect(await completionOf([...partsOf(whole)])).toEqual(await completionOf(streamed))
})
