import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventsOfPart } from '../chat/completion-events.ts'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { AssistantPart } from '../chat/message.ts'
import { App, json, type UpstreamSetup } from './pipeline.testing.ts'

// Loading a vocabulary takes seconds on a busy machine.
setDefaultTimeout(60_000)

const messages = [{ role: 'user', content: 'hello world' }]

/** An answer of three chunks and two tokens, without usage. */
const script: readonly ChatEvent[] = [
	{ type: 'start' },
	{ type: 'part-start', choice: 0, part: { type: 'text' } },
	{ type: 'part-delta', choice: 0, part: 'text', text: 'hel' },
	{ type: 'part-delta', choice: 0, part: 'text', text: 'lo' },
	{ type: 'part-delta', choice: 0, part: 'text', text: ' world' },
	{ type: 'part-end', choice: 0 },
	{ type: 'choice-finish', choice: 0, reason: 'stop' },
	{
		type: 'finish',
		usage: { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0, source: 'counted' },
	},
]

function open(setup: UpstreamSetup = {}): Promise<App> {
	return App.open({ upstreams: { a: { script, counts: 'absent', streamsSingleTokens: false, ...setup } } })
}

/** Two tokens of text, one of the role, three for the message and three for the answer. */
const promptTokens = 9

describe('usage that the upstream does not report', () => {
	test('is counted with the tokenizer of the model, and reported and billed alike', async () => {
		await using app = await open()
		const { usage } = await json<{ readonly usage: object }>(await app.chat('hello world'))
		expect(usage).toMatchObject({ prompt_tokens: promptTokens, completion_tokens: 2 })
		expect(await app.usageRecords()).toMatchObject([{ promptTokens, completionTokens: 2, source: 'counted' }])
	})

	test('is counted for a stream', async () => {
		await using app = await open()
		const text = await (await app.stream('hello world', { stream_options: { include_usage: true } })).text()
		expect(text).toContain(`"prompt_tokens":${promptTokens},"completion_tokens":2`)
		expect(await app.usageRecords()).toMatchObject([{ promptTokens, completionTokens: 2, outcome: 'completed' }])
	})

	test("is counted with the upstream's own count", async () => {
		await using app = await open({ counts: async () => 42 })
		await app.chat('hello world')
		expect(await app.usageRecords()).toMatchObject([{ promptTokens: 42, completionTokens: 2 }])
	})

	test("is counted with the tokenizer if the upstream's own count fails, with a warning", async () => {
		await using app = await open({ counts: () => Promise.reject(new ChatError('unavailable', 'Gone.')) })
		await app.chat('hello world')
		expect(await app.usageRecords()).toMatchObject([{ promptTokens, completionTokens: 2 }])
		expect(app.log.find(({ level }) => level === 40)?.msg).toContain('failed to count tokens')
	})

	test('is the same whether an answer is in memory until its end or only counted', async () => {
		const text = 'the quick brown fox jumps. '.repeat(20_000)
		const pieces = text.match(/.{1,1000}/g) ?? []
		const deltas = pieces.map((piece): ChatEvent => ({ type: 'part-delta', choice: 0, part: 'text', text: piece }))
		await using app = await open({ script: [...script.slice(0, 2), ...deltas, ...script.slice(-3)] })
		await (await app.stream('hello world')).text()
		await (await app.stream('hello world', {}, { headers: { 'x-dragoman-conversation': 'new' } })).text()
		const [counted, stored] = await app.usageRecords()
		expect(counted?.completionTokens).toBeGreaterThan(100_000)
		expect(counted?.completionTokens).toBe(stored?.completionTokens ?? 0)
	})

	test('includes every part that the model wrote', async () => {
		const parts: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'hello world' },
			{ type: 'text', text: 'hello' },
			{ type: 'reasoning', text: 'hello' },
			{ type: 'tool-call', kind: 'function', id: 'c', name: 'hello', arguments: 'hello world' },
			{ type: 'refusal', text: 'hello' },
		]
		const [start, finish] = [script.slice(0, 1), script.slice(-2)]
		await using app = await open({ script: [...start, ...parts.flatMap((part) => eventsOfPart(part, 0)), ...finish] })
		await app.chat('hello world')
		expect(await app.usageRecords()).toMatchObject([{ completionTokens: 8, reasoningTokens: 3 }])
	})

	test('is the number of chunks if each chunk is one token', async () => {
		await using app = await open({ streamsSingleTokens: true })
		await app.chat('hello world')
		expect(await app.usageRecords()).toMatchObject([{ completionTokens: 3 }])
	})

	test('is counted for text completions', async () => {
		await using app = await App.open({ upstreams: { a: { counts: 'absent' } } })
		const client = new AbortController()
		const body = { model: 'echo', prompt: 'echo:hang-after 1', stream: true }
		const response = await app.post('/v1/completions', body, { signal: client.signal })
		await response.body?.getReader().read()
		client.abort()
		const [record] = await app.usageRecords()
		expect(record).toMatchObject({ outcome: 'cancelled', operation: 'complete' })
		expect(record?.promptTokens).toBeGreaterThan(0)
	})
})

test('usage that the upstream reports is not counted again', async () => {
	await using app = await App.open({ upstreams: { a: { counts: async () => 42 } } })
	await app.chat('hello world')
	expect(await app.usageRecords()).toMatchObject([{ promptTokens: 2, completionTokens: 2 }])
})

test("a count uses the upstream's own count, or the tokenizer", async () => {
	const path = '/v1/chat/completions/input_tokens'
	await using own = await open({ counts: async () => 42 })
	expect(await json<object>(await own.post(path, { model: 'echo', messages }))).toMatchObject({ input_tokens: 42 })
	await using other = await open()
	const counted = await json<object>(await other.post(path, { model: 'echo', messages }))
	expect(counted).toMatchObject({ input_tokens: promptTokens })
})
