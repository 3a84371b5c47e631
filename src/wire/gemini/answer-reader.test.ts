// Recorded streams of the API, and its deviations one by one. The events of every stream are also checked against the
// rules of chat/event.ts.

import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { collect } from '../../chat/collect.testing.ts'
import type { Completion } from '../../chat/completion.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { parseJson } from '../../chat/json-text.ts'
import { textOf, toolCallsOf } from '../../chat/parts.ts'
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
		origin: 'service model',
		...changes,
	})
}

const signature = (value: string) => ({ wire: 'gemini', value, origin: 'service model' })

function readBytes(pieces: readonly Uint8Array[]): readonly ChatEvent[] {
	const reader = open()
	const events = new EventStreamReader({ maxEventLength: 100_000 })
	const parsed = [...pieces.flatMap((piece) => [...events.read(piece)]), ...events.end()].filter(
		({ data }) => data !== '',
	)
	return [...parsed.flatMap(({ data }) => reader.read(JSON.parse(data))), ...reader.end(false)]
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

/** The equivalent unary response. */
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
		test(`${name} is the same for every split of its bytes`, async () => {
			const expected = readBytes([bytes])
			await completionOf(expected)
			for (let at = 1; at < bytes.length; at++)
				expect(readBytes([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected)
			expect(readBytes(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(expected)
		})
		test(`${name} equals its unary response`, async () => {
			const whole = readGeminiAnswer(wholeOf(bytes), open())
			expect(await completionOf(whole)).toEqual(await completionOf(readBytes([bytes])))
		})
	}

	test('text, with the usage in the last chunk', async () => {
		const [bytes] = streams.flatMap((stream) => (stream.name === 'text.sse' ? [stream.bytes] : []))
		expect(await completionOf(readBytes([bytes ?? new Uint8Array()]))).toEqual({
			choices: [
				{
					parts: [{ type: 'text', text: 'Grüße aus 東京 🗼.' }],
					finishReason: 'stop',
					rest: {
						wire: 'gemini',
						fields: { safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' }] },
					},
				},
			],
			usage: { promptTokens: 9, completionTokens: 7, cachedTokens: 4, reasoningTokens: 0, source: 'upstream' },
		})
	})

	test('thoughts, signatures and two calls without ids', async () => {
		const [bytes] = streams.flatMap((stream) => (stream.name === 'thoughts-and-calls.sse' ? [stream.bytes] : []))
		expect(await completionOf(readBytes([bytes ?? new Uint8Array()]))).toEqual({
			model: 'gemini-3-pro-preview',
			choices: [
				{
					parts: [
						{ type: 'reasoning', text: '**Weather**\n\nTwo cities.' },
						{ type: 'text', text: 'Let me look.' },
						{ type: 'reasoning', text: '', signature: signature('c2lnLXRleHQ='), encrypted: true },
						{
							type: 'tool-call',
							kind: 'function',
							id: 'call_0',
							name: 'get_weather',
							arguments: '{"city":"Paris","unit":"°C"}',
							signature: signature('c2lnLWNhbGw='),
						},
						{
							type: 'tool-call',
							kind: 'function',
							id: 'call_1',
							name: 'get_weather',
							arguments: '{"city":"São Paulo"}',
						},
					],
					finishReason: 'tool-calls',
				},
			],
			usage: { promptTokens: 82, completionTokens: 70, cachedTokens: 0, reasoningTokens: 30, source: 'upstream' },
		})
	})
})

const choiceOf = async (events: readonly ChatEvent[], index = 0) => {
	const { parts = [], ...choice } = (await completionOf(events)).choices[index] ?? {}
	return { ...choice, parts, text: textOf(parts), toolCalls: toolCallsOf(parts) }
}

const chunkOf = (parts: readonly object[], finishReason?: string, index?: number) => ({
	candidates: [{ content: { role: 'model', parts }, finishReason, index }],
})

function read(chunks: readonly unknown[], changes: Partial<GeminiReading> = {}): readonly ChatEvent[] {
	const reader = open({ choices: 1, ...changes })
	const events = [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end(false)]
	expect(reader.end(true)).toEqual([])
	expect(reader.read(chunkOf([{ text: 'more' }]))).toEqual([])
	return events
}

describe('finish reasons and errors', () => {
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
		['OTHER', 'length'],
		['SOMETHING_NEW', 'length'],
	] as const)
		test(`${reason} means ${meaning}`, async () => {
			const { choices } = await completionOf(read([chunkOf([{ text: 'a' }], reason)]))
			expect(choices[0]?.finishReason).toBe(meaning)
		})

	for (const reason of ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS']) {
		test(`${reason} is a failure, without events if no content precedes it`, () => {
			expect(read([chunkOf([], reason)])).toMatchObject([
				{ type: 'error', error: { kind: 'upstream-failed', sent: 'yes' } },
			])
			expect(read([chunkOf([{ text: 'a' }]), chunkOf([], reason)]).map(({ type }) => type)).toEqual([
				'start',
				'part-start',
				'part-delta',
				'error',
			])
		})
	}

	test('a blocked prompt yields an empty, filtered response for each choice', async () => {
		const chunk = {
			promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
			usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
		}
		const { choices, usage } = await completionOf(read([chunk], { choices: 2 }))
		expect(choices.map(({ parts, finishReason }) => [textOf(parts), finishReason])).toEqual([
			['', 'content-filter'],
			['', 'content-filter'],
		])
		expect(usage).toMatchObject({ promptTokens: 4, completionTokens: 0 })
	})

	test('a later 0 does not undo a count', () => {
		const usage = { promptTokenCount: 4, cachedContentTokenCount: 2, candidatesTokenCount: 3, totalTokenCount: 7 }
		const later = { promptTokenCount: 0, totalTokenCount: 0 }
		const chunks = [
			{ ...chunkOf([{ text: 'a' }]), usageMetadata: usage },
			{ ...chunkOf([], 'STOP'), usageMetadata: later },
		]
		expect(read(chunks).at(-1)).toMatchObject({ usage: { promptTokens: 4, completionTokens: 3, cachedTokens: 2 } })
	})

	test('a stream without a finish reason is truncated; its content and usage remain valid', () => {
		const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 1, totalTokenCount: 6 }
		expect(read([{ ...chunkOf([{ text: 'a' }]), usageMetadata }]).slice(1)).toMatchObject([
			{ type: 'part-start', part: { type: 'text' } },
			{ type: 'part-delta', part: 'text', text: 'a' },
			{
				type: 'error',
				error: { kind: 'upstream-failed', sent: 'yes' },
				usage: { promptTokens: 5, completionTokens: 1, source: 'upstream' },
			},
		])
	})

	test('an empty stream is an error', () => {
		for (const chunk of [{}, null, 'text', { candidates: [] }, { usageMetadata: { promptTokenCount: 3 } }])
			expect(read([chunk])).toMatchObject([{ type: 'error', error: { kind: 'upstream-failed' } }])
	})

	test('the last finish reason counts, and what follows an earlier one is read', async () => {
		const call = { functionCall: { id: 'a', name: 'f', args: {} } }
		const every = [chunkOf([{ text: 'a' }], 'STOP'), chunkOf([{ text: 'b' }], 'STOP'), chunkOf([], 'MAX_TOKENS')]
		expect(await choiceOf(read(every))).toMatchObject({ text: 'ab', finishReason: 'length' })
		expect(await choiceOf(read([chunkOf([], 'STOP'), chunkOf([call], 'STOP')]))).toMatchObject({
			toolCalls: [{ id: 'a' }],
			finishReason: 'tool-calls',
		})
		for (const part of [{ text: 'b' }, call])
			expect(read([chunkOf([{ text: 'a' }], 'STOP'), chunkOf([part])]).at(-1)).toMatchObject({
				type: 'error',
				error: { kind: 'upstream-failed' },
			})
	})

	test('an error in the stream is the last event', () => {
		const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
		expect(read([chunkOf([{ text: 'a' }]), { error }]).at(-1)).toMatchObject({
			type: 'error',
			error: { kind: 'unavailable', sent: 'yes' },
		})
	})

	test('a unary response may be a list of chunks, and may lack a finish reason', async () => {
		const events = readGeminiAnswer([chunkOf([{ text: 'a' }]), chunkOf([{ text: 'b' }])], open({ choices: 1 }))
		expect(await choiceOf(events)).toMatchObject({ text: 'ab', finishReason: 'stop' })
	})
})

describe('parts', () => {
	test('an empty text of choice 0 precedes other choices, and unrequested choices are dropped', async () => {
		const events = read(
			[chunkOf([{ text: 'b' }], 'STOP', 1), chunkOf([{ text: 'c' }], 'STOP', 2), chunkOf([{ text: 'a' }], 'STOP')],
			{
				choices: 2,
			},
		)
		expect((await completionOf(events)).choices.map(({ parts }) => textOf(parts))).toEqual(['a', 'b'])
	})

	test('a signature without thoughts is encrypted reasoning', () => {
		expect(read([chunkOf([{ text: '', thoughtSignature: 's' }], 'STOP')]).slice(1, 3)).toEqual([
			{ type: 'part-start', choice: 0, part: { type: 'reasoning' } },
			{ type: 'part-end', choice: 0, signature: signature('s'), encrypted: true },
		])
	})

	test('without parallel calls only the first call is read', async () => {
		const calls = ['a', 'b'].map((name) => ({ functionCall: { id: name, name, args: {} } }))
		const { toolCalls } = await choiceOf(read([chunkOf(calls, 'STOP')], { oneCall: true }))
		expect(toolCalls.map(({ name }) => name)).toEqual(['a'])
	})

	test('a named call ends with stop, as in OpenAI’s API', async () => {
		const chunk = chunkOf([{ functionCall: { name: 'f' } }], 'STOP')
		expect(await choiceOf(read([chunk], { namedTool: true }))).toMatchObject({
			finishReason: 'stop',
			toolCalls: [{ id: 'call_0', arguments: '{}' }],
		})
	})

	test('a duplicate call id is replaced', async () => {
		const call = { functionCall: { id: 'x', name: 'f', args: {} } }
		const { toolCalls } = await choiceOf(read([chunkOf([call, call], 'STOP')]))
		expect(toolCalls.map(({ id }) => id)).toEqual(['x', 'call_0'])
	})

	test('a signature may follow the finish reason', async () => {
		const chunks = [chunkOf([{ text: 'a' }], 'STOP'), chunkOf([{ text: '', thoughtSignature: 's' }])]
		expect(await choiceOf(read(chunks))).toMatchObject({
			parts: [{ text: 'a' }, { signature: signature('s') }],
			finishReason: 'stop',
		})
	})

	describe('arguments in pieces', () => {
		const begin = { functionCall: { id: 'a', name: 'f', willContinue: true } }
		const piece = (...partialArgs: readonly object[]) => ({ functionCall: { partialArgs, willContinue: true } })
		const argumentsOf = async (chunks: readonly object[]) => (await choiceOf(read(chunks))).toolCalls[0]?.arguments

		test('are assembled by their paths', async () => {
			const parts = [
				piece({ jsonPath: '$.city', stringValue: 'New', willContinue: true }),
				piece({ jsonPath: '$.city', stringValue: ' Delhi' }),
				piece({ jsonPath: '$.days[0].hour', numberValue: 9 }, { jsonPath: '$.days[0].sure', boolValue: false }),
				piece({ jsonPath: '$.days[1]', nullValue: 'NULL_VALUE' }, { jsonPath: "$['a b']", numberValue: 0 }),
				piece({ jsonPath: '$.__proto__.x', stringValue: '' }),
				{ functionCall: {} },
			]
			const expected = '{"city":"New Delhi","days":[{"hour":9,"sure":false},null],"a b":0,"__proto__":{"x":""}}'
			const chunks = [chunkOf([begin]), ...parts.map((part) => chunkOf([part])), chunkOf([], 'STOP')]
			expect(await argumentsOf(chunks)).toBe(expected)
			expect(await argumentsOf([chunkOf([begin, ...parts], 'STOP')])).toBe(expected)
		})

		test('keep their numbers', async () => {
			const numbers = '{"functionCall":{"partialArgs":[{"jsonPath":"$.id","numberValue":12345678901234567890}]}}'
			const chunk = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}},${numbers}]},"finishReason":"STOP"}]}`
			expect(await argumentsOf([Object(parseJson(chunk))])).toBe('{"id":12345678901234567890}')
		})

		test.each(['', 'city', '$', '$[0]', '$.a[5]', '$.a[', '$..a', '$.a b]'])(
			'with the path %j are an error',
			(jsonPath) => {
				expect(read([chunkOf([begin, piece({ jsonPath, stringValue: 'a' })], 'STOP')]).at(-1)).toMatchObject({
					type: 'error',
					error: { kind: 'upstream-failed' },
				})
			},
		)
	})

	describe('a part without a name', () => {
		const named = { functionCall: { id: 'a', name: 'f', args: { city: 'Paris' } } }
		const more = { functionCall: { args: { unit: 'C' } } }
		const last = { functionCall: {} }
		const other = { functionCall: { id: 'b', name: 'g' } }
		const expected = [
			{ id: 'a', name: 'f', arguments: '{"city":"Paris","unit":"C"}' },
			{ id: 'b', name: 'g', arguments: '{}' },
		]
		test.each([
			['in the same chunk', [chunkOf([named, more, last, other], 'STOP')]],
			['in the next chunk', [chunkOf([named]), chunkOf([more]), chunkOf([other], 'STOP')]],
			[
				'with an empty text between them',
				[chunkOf([named, { text: '' }]), chunkOf([more, other]), chunkOf([], 'STOP')],
			],
			[
				'after a name without arguments',
				[
					chunkOf([{ functionCall: { id: 'a', name: 'f' } }]),
					chunkOf([{ functionCall: { args: { city: 'Paris', unit: 'C' } } }, other], 'STOP'),
				],
			],
		])('continues the call before it: %s', async (_, chunks) => {
			expect(await choiceOf(read(chunks))).toMatchObject({ toolCalls: expected, finishReason: 'tool-calls' })
			expect(await completionOf(readGeminiAnswer(chunks, open({ choices: 1 })))).toEqual(
				await completionOf(read(chunks)),
			)
		})
		test('has the signature of the call if its own part has none', async () => {
			const signed = { ...more, thoughtSignature: 's' }
			expect(await choiceOf(read([chunkOf([named]), chunkOf([signed, { text: 'then' }], 'STOP')]))).toMatchObject({
				text: 'then',
				toolCalls: [{ signature: signature('s') }],
			})
		})
		test('of a dropped call is dropped', async () => {
			const chunks = [chunkOf([named]), chunkOf([other, { functionCall: { args: { x: 1 } } }], 'STOP')]
			expect((await choiceOf(read(chunks, { oneCall: true }))).toolCalls).toMatchObject([
				{ id: 'a', arguments: '{"city":"Paris"}' },
			])
		})
		test('belongs to the call of its own candidate', async () => {
			const chunks = [
				chunkOf([named], undefined, 0),
				chunkOf([{ functionCall: { name: 'h' } }], undefined, 1),
				chunkOf([more], 'STOP', 0),
				chunkOf([], 'STOP', 1),
			]
			const { choices } = await completionOf(read(chunks, { choices: 2 }))
			expect(choices.map(({ parts }) => toolCallsOf(parts).map((call) => call.arguments))).toEqual([
				['{"city":"Paris","unit":"C"}'],
				['{}'],
			])
		})
		test('continues the call of its own candidate although another one has begun', async () => {
			const chunks = [chunkOf([named], undefined, 0), chunkOf([{ text: 'a' }], 'STOP', 1), chunkOf([more], 'STOP', 0)]
			const { toolCalls } = await choiceOf(read(chunks, { choices: 2 }))
			expect(toolCalls).toMatchObject([{ arguments: '{"city":"Paris","unit":"C"}' }])
		})
		test('is an error without a call before it, and after other content', () => {
			for (const parts of [[more], [named, { text: 'a' }, more]])
				expect(read([chunkOf(parts, 'STOP')]).at(-1)).toMatchObject({
					type: 'error',
					error: { kind: 'upstream-failed' },
				})
		})
	})

	test('calls without a name, and too many calls, are errors', () => {
		const many = Array.from({ length: 1001 }, () => ({ functionCall: { name: 'f', args: {} } }))
		for (const parts of [[{ functionCall: { args: {} } }], many])
			expect(read([chunkOf(parts, 'STOP')]).at(-1)).toMatchObject({ type: 'error', error: { kind: 'upstream-failed' } })
	})

	test('code that the upstream executed is shown', async () => {
		const parts = [{ executableCode: { language: 'PYTHON', code: '1+1' } }, { codeExecutionResult: { output: '2' } }]
		expect((await choiceOf(read([chunkOf(parts, 'STOP')]))).text).toBe('\n```python\n1+1\n```\n\n```\n2\n```\n')
	})

	test('log-probabilities belong to the text of their chunk, or to an empty text', () => {
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
		const text = { candidates: [{ content: { parts: [{ text: 'a' }] }, logprobsResult }] }
		const silent = { candidates: [{ logprobsResult, finishReason: 'STOP' }] }
		expect(read([text, silent]).slice(2, 4)).toEqual([
			{ type: 'part-delta', choice: 0, part: 'text', text: 'a', logprobs },
			{ type: 'part-delta', choice: 0, part: 'text', text: '', logprobs },
		])
	})

	test('usage with only a total is split', () => {
		const usageMetadata = {
			promptTokenCount: 10,
			thoughtsTokenCount: 3,
			totalTokenCount: 20,
			cachedContentTokenCount: 99,
		}
		expect(read([{ ...chunkOf([{ text: 'a' }], 'STOP'), usageMetadata }]).at(-1)).toMatchObject({
			usage: { promptTokens: 10, completionTokens: 10, reasoningTokens: 3, cachedTokens: 10 },
		})
	})
})
