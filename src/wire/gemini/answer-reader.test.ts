// Streams as the API sends them, and its liberties one by one. Every stream is also read with its events checked against chat/event.ts.

import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { collect } from '../../chat/collect.ts'
import type { Completion } from '../../chat/completion.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { EventStreamReader } from '../../engines/upstream/http/event-stream-reader.ts'
import { GeminiAnswerReader, type GeminiReading, readGeminiAnswer } from './answer-reader.ts'

const folder = join(import.meta.dir, 'fixtures')
const streams = await Promise.all(
	readdirSync(folder)
		.filter((name) => name.endsWith('.sse'))
		.map(async (name) => ({ name, bytes: await Bun.file(join(folder, name)).bytes() })),
)

function open(changes: Partial<GeminiReading> = {}): GeminiAnswerReader {
	let made = 0
	return new GeminiAnswerReader({
		model: 'gemini-2.5-flash',
		choices: 2,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		oneCall: false,
		newCallId: () => `call_${made++}`,
		...changes,
	})
}

function readBytes(pieces: readonly Uint8Array[]): readonly ChatEvent[] {
	const reader = open()
	const events = new EventStreamReader({ maxEventLength: 100_000 })
	const said = [...pieces.flatMap((piece) => [...events.read(piece)]), ...events.end()].filter(
		({ data }) => data !== '',
	)
	return [...said.flatMap(({ data }) => reader.read(JSON.parse(data))), ...reader.end(false)]
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

async function completionOf(events: readonly ChatEvent[]): Promise<Completion> {
	expect(brokenRule(events)).toBeUndefined()
	return collect(replay(events))
}

interface FixtureChunk {
	readonly candidates: readonly { readonly index: number; readonly content?: { readonly parts: readonly object[] } }[]
}

/** What the upstream would have answered unstreamed. */
function wholeOf(bytes: Uint8Array): unknown {
	const chunks = new TextDecoder()
		.decode(bytes)
		.split('\r\n\r\n')
		.filter((line) => line !== '')
		.map((line) => JSON.parse(line.slice('data: '.length)) as FixtureChunk)
	const candidates = chunks.flatMap((chunk) => chunk.candidates)
	const merged = [...new Set(candidates.map(({ index }) => index))].toSorted().map((index) => {
		const own = candidates.filter((candidate) => candidate.index === index)
		return Object.assign({}, ...own, { content: { parts: own.flatMap(({ content }) => content?.parts ?? []) } })
	})
	return { ...chunks.at(-1), candidates: merged }
}

describe('fixtures', () => {
	for (const { name, bytes } of streams) {
		test(`${name} says the same wherever it is cut`, async () => {
			const expected = readBytes([bytes])
			await completionOf(expected)
			for (let at = 1; at < bytes.length; at++)
				expect(readBytes([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected)
			expect(readBytes(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(expected)
		})
		test(`${name} and its whole answer come to the same`, async () => {
			const whole = readGeminiAnswer(wholeOf(bytes), open())
			expect(await completionOf(whole)).toEqual(await completionOf(readBytes([bytes])))
		})
	}

	test('a text, with the usage told last', async () => {
		const [bytes] = streams.flatMap((stream) => (stream.name === 'text.sse' ? [stream.bytes] : []))
		expect(await completionOf(readBytes([bytes ?? new Uint8Array()]))).toEqual({
			choices: [{ text: 'Grüße aus 東京 🗼.', reasoning: '', refusal: '', toolCalls: [], finishReason: 'stop' }],
			usage: { promptTokens: 9, completionTokens: 7, cachedTokens: 4, reasoningTokens: 0, source: 'upstream' },
		})
	})

	test('thoughts, signatures and two calls without ids', async () => {
		const [bytes] = streams.flatMap((stream) => (stream.name === 'thoughts-and-calls.sse' ? [stream.bytes] : []))
		expect(await completionOf(readBytes([bytes ?? new Uint8Array()]))).toEqual({
			model: 'gemini-3-pro-preview',
			choices: [
				{
					text: 'Let me look.',
					reasoning: '**Weather**\n\nTwo cities.',
					thoughts: [{ text: '**Weather**\n\nTwo cities.', proof: { wire: 'gemini', value: 'c2lnLXRleHQ=' } }],
					refusal: '',
					toolCalls: [
						{
							type: 'function',
							id: 'call_0',
							name: 'get_weather',
							arguments: '{"city":"Paris","unit":"°C"}',
							proof: { wire: 'gemini', value: 'c2lnLWNhbGw=' },
						},
						{ type: 'function', id: 'call_1', name: 'get_weather', arguments: '{"city":"São Paulo"}' },
					],
					finishReason: 'tool-calls',
				},
			],
			usage: { promptTokens: 82, completionTokens: 70, cachedTokens: 0, reasoningTokens: 30, source: 'upstream' },
		})
	})
})

const said = (parts: readonly object[], finishReason?: string, index?: number) => ({
	candidates: [{ content: { role: 'model', parts }, finishReason, index }],
})

function read(chunks: readonly unknown[], changes: Partial<GeminiReading> = {}): readonly ChatEvent[] {
	const reader = open({ choices: 1, ...changes })
	const events = [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end(false)]
	expect(reader.end(true)).toEqual([])
	expect(reader.read(said([{ text: 'more' }]))).toEqual([])
	return events
}

describe('ends', () => {
	for (const [reason, meaning] of [
		['STOP', 'stop'],
		['MAX_TOKENS', 'length'],
		['CONTINUATION', 'length'],
		['SAFETY', 'content-filter'],
		['RECITATION', 'content-filter'],
		['LANGUAGE', 'content-filter'],
		['BLOCKLIST', 'content-filter'],
		['PROHIBITED_CONTENT', 'content-filter'],
		['SPII', 'content-filter'],
		['OTHER', 'stop'],
		['SOMETHING_NEW', 'stop'],
	] as const)
		test(`${reason} means ${meaning}`, async () => {
			const { choices } = await completionOf(read([said([{ text: 'a' }], reason)]))
			expect(choices[0]?.finishReason).toBe(meaning)
		})

	for (const reason of ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS']) {
		test(`${reason} is a failure, thrown where nothing came before it`, () => {
			expect(read([said([], reason)])).toMatchObject([
				{ type: 'error', error: { kind: 'upstream-failed', sent: 'yes' } },
			])
			expect(read([said([{ text: 'a' }]), said([], reason)]).map(({ type }) => type)).toEqual([
				'start',
				'text',
				'error',
			])
		})
	}

	test('a prompt that is blocked is answered with nothing, as filtered, for each choice', async () => {
		const chunk = {
			promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
			usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
		}
		const { choices, usage } = await completionOf(read([chunk], { choices: 2 }))
		expect(choices.map(({ text, finishReason }) => [text, finishReason])).toEqual([
			['', 'content-filter'],
			['', 'content-filter'],
		])
		expect(usage).toMatchObject({ promptTokens: 4, completionTokens: 0 })
	})

	test('a stream that ends without a reason was cut; what came stands, with what was counted', () => {
		const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 1, totalTokenCount: 6 }
		expect(read([{ ...said([{ text: 'a' }]), usageMetadata }]).slice(1)).toMatchObject([
			{ type: 'text', text: 'a' },
			{
				type: 'error',
				error: { kind: 'upstream-failed', sent: 'yes' },
				usage: { promptTokens: 5, completionTokens: 1, source: 'upstream' },
			},
		])
	})

	test('nothing at all is no answer', () => {
		for (const chunk of [{}, null, 'text', { candidates: [] }, { usageMetadata: { promptTokenCount: 3 } }])
			expect(read([chunk])).toMatchObject([{ type: 'error', error: { kind: 'upstream-failed' } }])
	})

	test('an error in the stream is the last event', () => {
		const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
		expect(read([said([{ text: 'a' }]), { error }]).at(-1)).toMatchObject({
			type: 'error',
			error: { kind: 'unavailable', sent: 'yes' },
		})
	})

	test('a whole answer may be a list of chunks, and may give no reason', async () => {
		const events = readGeminiAnswer([said([{ text: 'a' }]), said([{ text: 'b' }])], open({ choices: 1 }))
		expect((await completionOf(events)).choices[0]).toMatchObject({ text: 'ab', finishReason: 'stop' })
	})
})

describe('parts', () => {
	test('a choice that speaks before the first is told behind it, and one that nobody asked for is dropped', async () => {
		const events = read(
			[said([{ text: 'b' }], 'STOP', 1), said([{ text: 'c' }], 'STOP', 2), said([{ text: 'a' }], 'STOP')],
			{
				choices: 2,
			},
		)
		expect((await completionOf(events)).choices.map(({ text }) => text)).toEqual(['a', 'b'])
	})

	test('a signature without thoughts is all there is of them', () => {
		expect(read([said([{ text: '', thoughtSignature: 's' }], 'STOP')])[1]).toEqual({
			type: 'reasoning',
			choice: 0,
			text: '',
			proof: { wire: 'gemini', value: 's' },
			sealed: true,
		})
	})

	test('one call at a time: the first', async () => {
		const calls = ['a', 'b'].map((name) => ({ functionCall: { id: name, name, args: {} } }))
		const { choices } = await completionOf(read([said(calls, 'STOP')], { oneCall: true }))
		expect(choices[0]?.toolCalls.map(({ name }) => name)).toEqual(['a'])
	})

	test('a named call ends with stop, as at OpenAI', async () => {
		const chunk = said([{ functionCall: { name: 'f' } }], 'STOP')
		const { choices } = await completionOf(read([chunk], { namedTool: true }))
		expect(choices[0]).toMatchObject({ finishReason: 'stop', toolCalls: [{ id: 'call_0', arguments: '{}' }] })
	})

	test('an id that comes twice is made unique', async () => {
		const call = { functionCall: { id: 'x', name: 'f', args: {} } }
		const { choices } = await completionOf(read([said([call, call], 'STOP')]))
		expect(choices[0]?.toolCalls.map(({ id }) => id)).toEqual(['x', 'call_0'])
	})

	test('calls without a name or without end, and pictures, break the answer off', () => {
		const many = Array.from({ length: 1001 }, () => ({ functionCall: { name: 'f', args: {} } }))
		const picture = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
		for (const parts of [[{ functionCall: { args: {} } }], many, [picture]])
			expect(read([said(parts, 'STOP')]).at(-1)).toMatchObject({ type: 'error', error: { kind: 'upstream-failed' } })
	})

	test('code that the upstream ran is shown', async () => {
		const parts = [{ executableCode: { language: 'PYTHON', code: '1+1' } }, { codeExecutionResult: { output: '2' } }]
		const { choices } = await completionOf(read([said(parts, 'STOP')]))
		expect(choices[0]?.text).toBe('\n```python\n1+1\n```\n\n```\n2\n```\n')
	})

	test('log-probabilities stand with the text of their chunk, or with an empty one', () => {
		const logprobsResult = {
			chosenCandidates: [{ token: 'a', tokenId: 7, logProbability: -0.5 }, {}],
			topCandidates: [
				{
					candidates: [
						{ token: 'a', logProbability: -0.5 },
						{ token: 'b', logProbability: -1 },
					],
				},
			],
		}
		const logprobs = [
			{
				token: 'a',
				logprob: -0.5,
				bytes: null,
				top: [
					{ token: 'a', logprob: -0.5, bytes: null },
					{ token: 'b', logprob: -1, bytes: null },
				],
			},
			{ token: '', logprob: -9999, bytes: null, top: [] },
		]
		const spoken = { candidates: [{ content: { parts: [{ text: 'a' }] }, logprobsResult }] }
		const silent = { candidates: [{ logprobsResult, finishReason: 'STOP' }] }
		expect(read([spoken, silent]).slice(1, 3)).toEqual([
			{ type: 'text', choice: 0, text: 'a', logprobs },
			{ type: 'text', choice: 0, text: '', logprobs },
		])
	})

	test('usage that tells only a total is taken apart', () => {
		const usageMetadata = {
			promptTokenCount: 10,
			thoughtsTokenCount: 3,
			totalTokenCount: 20,
			cachedContentTokenCount: 99,
		}
		expect(read([{ ...said([{ text: 'a' }], 'STOP'), usageMetadata }]).at(-1)).toMatchObject({
			usage: { promptTokens: 10, completionTokens: 10, reasoningTokens: 3, cachedTokens: 10 },
		})
	})
})
