// The contract suite of `Engine`. It uses the interface only. An engine that does not satisfy a clause lists it in
// `except` with a reason.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { collect } from '../chat/collect.testing.ts'
import type { Completion } from '../chat/completion.ts'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import { brokenRule } from '../chat/event-rules.testing.ts'
import type { AssistantPart, Message, ToolCall } from '../chat/message.ts'
import { reasoningOf, textOf, toolCallsOf } from '../chat/parts.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { Tool } from '../chat/tool.ts'
import { isJsonFormat, type TranscriptionFormat, transcriptionFormats } from '../operations/transcription.ts'
import { eventsOf } from './answer.testing.ts'
import type { EngineAnswer, StreamAnswer } from './answer.ts'
import type { Engine, EngineCall } from './engine.ts'

export interface EngineExpectations {
	/** The engine's name of the model to call. */
	readonly model: string
	/** A prompt whose completion has at least 8 tokens and is deterministic at temperature 0. */
	readonly prompt: string
	/** Size of the context window, if the engine's state does not report it. Used by the clause on overlong prompts. */
	readonly contextTokens?: number
	/** Why answers contain no reasoning, if they do not. */
	readonly noReasoning?: string
	/** Clauses that this engine does not satisfy, each with the reason. */
	readonly except?: Partial<Record<Clause, string>>
	/** Timeout of each clause, in milliseconds. Default: 20,000. */
	readonly timeoutMs?: number
}

export type Clause = keyof typeof clauses

/** @param open returns a new engine that is ready. */
export function engineContract(name: string, open: () => Promise<Engine>, expectations: EngineExpectations): void {
	describe(`engine: ${name}`, () => {
		let bench: Bench
		beforeEach(async () => {
			bench = new Bench(await open(), expectations)
		}, expectations.timeoutMs ?? 20_000)
		afterEach(() => bench.engine.close())

		for (const [clause, check] of Object.entries(clauses)) {
			const reason = reasonAgainst(clause, expectations)
			if (reason !== undefined) test.skip(`${clause} (skipped: ${reason})`, () => undefined)
			else test(clause, () => check(bench), expectations.timeoutMs ?? 20_000)
		}
	})
}

function reasonAgainst(clause: string, { except = {} }: EngineExpectations): string | undefined {
	return Object.entries(except).find(([name]) => name === clause)?.[1]
}

/** An engine, with shortcuts for calls. */
class Bench {
	readonly engine: Engine
	readonly expectations: EngineExpectations

	constructor(engine: Engine, expectations: EngineExpectations) {
		this.engine = engine
		this.expectations = expectations
	}

	request(changes: Partial<ChatRequest> = {}): ChatRequest {
		return {
			model: this.expectations.model,
			messages: [{ role: 'user', content: [{ type: 'text', text: this.expectations.prompt }] }],
			sampling: { temperature: 0, seed: 7 },
			maxTokens: 64,
			stop: [],
			choices: 1,
			tools: [],
			toolChoice: { type: 'none' },
			parallelToolCalls: true,
			responseFormat: { type: 'text' },
			passthrough: {},
			...changes,
		}
	}

	call(signal: AbortSignal = new AbortController().signal): EngineCall {
		return { signal, model: this.expectations.model, requestId: 'req_contract' }
	}

	/** The events of a stream, whose rules are checked. */
	async events(changes: Partial<ChatRequest> = {}, call = this.call()): Promise<readonly ChatEvent[]> {
		const request = this.request(changes)
		return checkedEvents(await this.engine.chat(request, call), request.choices)
	}

	async complete(changes: Partial<ChatRequest> = {}, call?: EngineCall): Promise<Completion> {
		return collect(replay(await this.events(changes, call)))
	}

	async text(changes: Partial<ChatRequest> = {}): Promise<string> {
		return textOf((await this.complete(changes)).choices[0]?.parts ?? [])
	}
}

async function checkedEvents(answer: EngineAnswer, choices?: number): Promise<readonly ChatEvent[]> {
	const events = await Array.fromAsync(eventsOf(answer))
	expect(brokenRule(events, choices)).toBeUndefined()
	return events
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

/** Only calls that are `unary` may have another answer. */
function streamOf(answer: EngineAnswer): StreamAnswer {
	if (answer.type === 'stream') return answer
	throw new Error('the engine answered a call with a unary answer, although it is not unary')
}

async function thrownBy(work: Promise<unknown>): Promise<ChatError> {
	const thrown = await work.then(
		() => undefined,
		(error: unknown) => error,
	)
	if (!(thrown instanceof ChatError)) throw new Error('expected a ChatError', { cause: thrown })
	return thrown
}

const weather: Tool = {
	type: 'function',
	name: 'get_weather',
	description: 'Current weather of a city.',
	parameters: {
		type: 'object',
		properties: { city: { type: 'string', maxLength: 20 } },
		required: ['city'],
		additionalProperties: false,
	},
	strict: true,
}
const time: Tool = { type: 'function', name: 'get_time', strict: false }
/** A wire that no engine uses. */
const foreignWire = 'foreign'

function user(text: string): Message {
	return { role: 'user', content: [{ type: 'text', text }] }
}

const clauses = {
	async 'is ready and lists its operations'({ engine }: Bench) {
		const state = engine.state()
		expect(state.status).toBe('ready')
		expect(state.operations).toContain('chat')
	},

	async 'follows the rules of the stream, with text and consistent usage'(bench: Bench) {
		const { choices, usage } = await bench.complete()
		expect(textOf(choices[0]?.parts ?? [])).not.toBe('')
		expect(usage.promptTokens).toBeGreaterThan(0)
		expect(usage.completionTokens).toBeGreaterThan(0)
		expect(usage.cachedTokens).toBeLessThanOrEqual(usage.promptTokens)
		expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.completionTokens)
	},

	async 'answers a unary call with the same completion as a stream'(bench: Bench) {
		const streamed = await bench.complete()
		const unary = await bench.complete({}, { ...bench.call(), unary: true })
		expect(unary.choices).toEqual(streamed.choices)
	},

	async 'streams a long answer in several chunks'(bench: Bench) {
		const events = await bench.events()
		expect(events.filter(({ type }) => type === 'part-delta').length).toBeGreaterThan(3)
	},

	async 'returns reasoning, text and several calls as parts of their own, in order'(bench: Bench) {
		const changes = {
			messages: [
				user(
					'echo:reasoning let me see\necho:say It is fine.\necho:tool get_time\necho:tool get_weather {"city":"Rome"}',
				),
			],
			tools: [weather, time],
			toolChoice: { type: 'auto' },
		} as const
		for (const unary of [false, true]) {
			const { choices } = await bench.complete(changes, { ...bench.call(), unary })
			const parts = choices[0]?.parts ?? []
			const spoken = parts.filter(({ type }) => type !== 'reasoning')
			expect(reasoningOf(parts)).toBe(bench.expectations.noReasoning === undefined ? 'let me see' : '')
			if (bench.expectations.noReasoning === undefined) expect(parts[0]?.type).toBe('reasoning')
			expect(spoken).toMatchObject([
				{ type: 'text', text: 'It is fine.' },
				{ type: 'tool-call', name: 'get_time' },
				{ type: 'tool-call', name: 'get_weather' },
			])
			const calls = toolCallsOf(parts)
			expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([{}, { city: 'Rome' }])
			expect(choices[0]?.finishReason).toBe('tool-calls')
		}
	},

	async 'ends with one error event if the model fails during the stream'(bench: Bench) {
		const events = await bench.events({ messages: [user('echo:error-after 2 unavailable\necho:say one two three')] })
		expect(events.at(-1)).toMatchObject({ type: 'error', error: { sent: 'yes' } })
		expect(events.some(({ type }) => type === 'part-delta')).toBe(true)
	},

	async 'is deterministic at temperature 0'(bench: Bench) {
		expect(await bench.text()).toBe(await bench.text())
	},

	async 'stops at maxTokens with finish reason length'(bench: Bench) {
		const { choices, usage } = await bench.complete({ maxTokens: 3 })
		expect(choices[0]?.finishReason).toBe('length')
		expect(usage.completionTokens).toBe(3)
	},

	async 'stops before the first stop sequence'(bench: Bench) {
		const whole = await bench.text()
		const middle = Math.floor(whole.length / 2)
		const stop = whole.slice(middle, middle + 3)
		const { choices } = await bench.complete({ stop: ['\u0001never\u0001', stop] })
		expect(textOf(choices[0]?.parts ?? [])).toBe(whole.slice(0, whole.indexOf(stop)))
		expect(choices[0]?.finishReason).toBe('stop')
	},

	async 'reports the stop sequence that ended the answer, and none otherwise'(bench: Bench) {
		const whole = await bench.complete({ stop: ['\u0001never\u0001'] })
		expect(whole.choices[0]?.stopText).toBeUndefined()
		const text = textOf(whole.choices[0]?.parts ?? [])
		const middle = Math.floor(text.length / 2)
		const stop = text.slice(middle, middle + 3)
		const { choices } = await bench.complete({ stop: ['\u0001never\u0001', stop] })
		expect(choices[0]?.stopText).toBe(stop)
	},

	async 'returns the requested number of choices and counts their tokens'(bench: Bench) {
		const one = await bench.complete()
		const { choices, usage } = await bench.complete({ choices: 3 })
		expect(choices.map(({ parts }) => parts)).toEqual(Array.from({ length: 3 }, () => one.choices[0]?.parts ?? []))
		expect(usage.completionTokens).toBe(3 * one.usage.completionTokens)
	},

	async 'returns logprobs of every token, with alternatives in descending order'(bench: Bench) {
		const { choices } = await bench.complete({ logprobs: { top: 3 } })
		const tokens = choices[0]?.logprobs ?? []
		expect(Buffer.from(tokens.flatMap(({ token, bytes }) => bytes ?? [...Buffer.from(token)])).toString()).toBe(
			textOf(choices[0]?.parts ?? []),
		)
		for (const { logprob, top } of tokens) {
			expect(logprob).toBeLessThanOrEqual(0)
			expect(top.length).toBe(3)
			const known = top.flatMap((one) => one.logprob ?? [])
			expect(known).toEqual(known.toSorted((a, b) => b - a))
			expect(known.reduce((sum, one) => sum + Math.exp(one), 0)).toBeLessThan(1.001)
		}
	},

	async 'returns no logprobs unless requested'(bench: Bench) {
		expect((await bench.complete()).choices[0]?.logprobs).toBeUndefined()
	},

	async 'calls the named tool, with arguments that match its schema'(bench: Bench) {
		const { choices } = await bench.complete({
			tools: [time, weather],
			toolChoice: { type: 'named', name: 'get_weather' },
		})
		const calls = toolCallsOf(choices[0]?.parts ?? [])
		expect(calls.map(({ name }) => name)).toEqual(['get_weather'])
		expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual({ city: expect.any(String) })
	},

	async 'calls a required tool, only an allowed one, and one at a time'(bench: Bench) {
		const toolChoice = { type: 'required', only: ['get_time'] } as const
		const { choices } = await bench.complete({ tools: [weather, time], toolChoice, parallelToolCalls: false })
		const calls = toolCallsOf(choices[0]?.parts ?? [])
		expect(calls).toEqual([
			{
				type: 'tool-call',
				kind: 'function',
				id: expect.any(String),
				name: 'get_time',
				arguments: expect.any(String),
			},
		])
		expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual({})
		expect(choices[0]?.finishReason).toBe('tool-calls')
	},

	async 'answers with a JSON object'(bench: Bench) {
		// OpenAI's API rejects this format if no message mentions JSON.
		const messages = [{ role: 'user', content: [{ type: 'text', text: 'Answer with a JSON object.' }] }] as const
		const value: unknown = JSON.parse(
			await bench.text({ messages, responseFormat: { type: 'json-object' }, maxTokens: 512 }),
		)
		expect(value).toBeInstanceOf(Object)
	},

	async 'answers with JSON that matches a schema'(bench: Bench) {
		const schema = {
			type: 'object',
			properties: {
				name: { type: 'string', maxLength: 20 },
				age: { type: 'integer', minimum: 1, maximum: 150 },
				sort: { enum: ['a', 'b'] },
			},
			required: ['name', 'age', 'sort'],
			additionalProperties: false,
		}
		const value = JSON.parse(
			await bench.text({
				responseFormat: { type: 'json-schema', name: 'person', schema, strict: true },
				maxTokens: 512,
			}),
		)
		expect(value).toEqual({ name: expect.any(String), age: expect.any(Number), sort: expect.stringMatching(/^[ab]$/) })
		expect(value.age).toBeWithin(1, 151)
	},

	async 'accepts a conversation with instructions, tool calls and tool results'(bench: Bench) {
		const text = (text: string) => [{ type: 'text', text }] as const
		const { choices } = await bench.complete({
			messages: [
				{ role: 'system', content: text('Be brief.') },
				{ role: 'developer', content: text('Be kind.') },
				{ role: 'user', content: text('What is the weather in Paris?') },
				{
					role: 'assistant',
					content: [
						{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' },
					],
				},
				{ role: 'tool', callId: 'call_1', content: text('{"temperature":21}') },
			],
			tools: [weather],
			toolChoice: { type: 'auto' },
		})
		expect(choices.length).toBe(1)
	},

	async 'accepts an assistant message in which reasoning, text and calls alternate'(bench: Bench) {
		const call = (id: string, city: string): ToolCall => ({
			type: 'tool-call',
			kind: 'function',
			id,
			name: 'get_weather',
			arguments: JSON.stringify({ city }),
		})
		const result = (callId: string): Message => ({ role: 'tool', callId, content: [{ type: 'text', text: 'rain' }] })
		const content: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'Two cities.' },
			{ type: 'text', text: 'First Paris.' },
			call('call_1', 'Paris'),
			{ type: 'reasoning', text: 'One is left.' },
			{ type: 'text', text: 'Then Rome.' },
			call('call_2', 'Rome'),
		]
		const { choices } = await bench.complete({
			messages: [user('Compare them.'), { role: 'assistant', content }, result('call_1'), result('call_2')],
			tools: [weather],
			toolChoice: { type: 'auto' },
		})
		expect(choices.length).toBe(1)
	},

	async 'reports the fields and items of messages, parts, calls and tools that only another wire understands'(
		bench: Bench,
	) {
		const rest = { wire: foreignWire, fields: { foreign_field: 1 } }
		const signature = { wire: foreignWire, value: 'foreign-signature' }
		const content: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'Paris.', signature, rest },
			{ type: 'reasoning', text: '', signature, encrypted: true },
			{ type: 'provider-item', wire: foreignWire, item: { type: 'foreign_item' } },
			{ type: 'text', text: 'I look it up.', rest },
			{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'get_time', arguments: '{}', signature, rest },
		]
		const dropped: string[] = []
		await bench.complete(
			{
				messages: [
					{ role: 'user', content: [{ type: 'text', text: bench.expectations.prompt, rest }], rest },
					{ role: 'assistant', content, rest },
					{ role: 'tool', callId: 'call_1', content: [{ type: 'text', text: 'noon' }], rest },
				],
				tools: [{ ...time, rest }],
				toolChoice: { type: 'auto' },
			},
			{ ...bench.call(), drop: (part) => dropped.push(part) },
		)
		for (const path of [
			'messages[0].foreign_field',
			'messages[0].content[0].foreign_field',
			'messages[1].foreign_field',
			'messages[1].content[0].foreign_field',
			'messages[1].content[2]',
			'messages[1].content[3].foreign_field',
			'messages[1].content[4].foreign_field',
			'messages[2].foreign_field',
			'tools[0].foreign_field',
		])
			expect(dropped).toContain(path)
	},

	async 'refuses an item of the user that only another wire understands'(bench: Bench) {
		const messages: readonly Message[] = [
			{ role: 'user', content: [{ type: 'provider-item', wire: foreignWire, item: { type: 'foreign_item' } }] },
		]
		const error = await thrownBy(bench.engine.chat(bench.request({ messages }), bench.call()))
		expect(error).toMatchObject({ kind: 'unsupported', param: 'messages[0].content[0]', sent: 'nothing' })
	},

	async 'continues the text of an assistant message that is last, or refuses it'(bench: Bench) {
		const whole = await bench.text()
		const begun = whole.slice(0, whole.indexOf(' ', whole.length / 2))
		const messages: readonly Message[] = [
			user(bench.expectations.prompt),
			{ role: 'assistant', content: [{ type: 'text', text: begun }] },
		]
		const answer = await bench.text({ messages }).catch((error: unknown) => error)
		if (answer instanceof ChatError) expect(['unsupported', 'invalid-request']).toContain(answer.kind)
		else expect(`${begun}${answer}`).toBe(whole)
	},

	async 'never ends inside a character'(bench: Bench) {
		for (let maxTokens = 1; maxTokens <= 6; maxTokens++) {
			const text = await bench.text({ messages: [user('🎉🎊👩‍👩‍👧‍👦 日本語 𝄞é 🇫🇷🇩🇪🇫🇷🇩🇪🇫🇷🇩🇪🇫🇷')], maxTokens })
			expect(text.isWellFormed()).toBe(true)
			expect(text).not.toContain('\u{FFFD}')
		}
	},

	async 'handles unusual text'(bench: Bench) {
		for (const text of ['\0', '\ud800', '𝄞 🇫🇷 é', '<|im_end|>', ' \n\t '])
			await bench.events({ messages: [user(text)], maxTokens: 4 })
	},

	async 'throws before the first event if the prompt exceeds the context window'(bench: Bench) {
		const contextTokens = bench.expectations.contextTokens ?? bench.engine.state().contextTokens
		expect(contextTokens).toBeDefined()
		const text = 'word '.repeat(2 * (contextTokens ?? 0))
		const request = bench.request({ messages: [user(text)] })
		const error = await thrownBy(bench.engine.chat(request, bench.call()))
		expect(error).toMatchObject({ kind: 'context-length-exceeded', sent: 'nothing' })
		expect(error.message).toContain(String(contextTokens))
	},

	async 'throws if the caller has already disconnected'(bench: Bench) {
		expect((await thrownBy(bench.engine.chat(bench.request(), bench.call(AbortSignal.abort())))).kind).toBe('cancelled')
	},

	async 'ends with an error event when the caller disconnects'(bench: Bench) {
		const controller = new AbortController()
		const answer = await bench.engine.chat(bench.request(), bench.call(controller.signal))
		controller.abort()
		const cancelled = { type: 'error', error: { kind: 'cancelled' } }
		expect((await checkedEvents(answer)).at(-1)).toMatchObject(cancelled)
	},

	async 'ends with one terminal event when the caller disconnects during the stream'(bench: Bench) {
		const controller = new AbortController()
		const events: ChatEvent[] = []
		for await (const event of eventsOf(await bench.engine.chat(bench.request(), bench.call(controller.signal)))) {
			events.push(event)
			if (event.type === 'part-delta') controller.abort()
		}
		expect(brokenRule(events)).toBeUndefined()
		// Events that arrived before the abort are complete.
		expect(events.at(-1)).toMatchObject(
			events.some(({ type }) => type === 'finish')
				? { type: 'finish' }
				: { type: 'error', error: { kind: 'cancelled' } },
		)
		expect(await bench.text()).not.toBe('')
	},

	async 'frees its resources after abandoned streams, read or not'(bench: Bench) {
		for (let round = 0; round < 12; round++) {
			const { batches } = streamOf(await bench.engine.chat(bench.request(), bench.call()))
			if (round % 2 === 0) await batches.next()
			await batches.cancel()
			await batches.cancel()
			expect(await batches.next()).toBeUndefined()
		}
		expect(await bench.text()).not.toBe('')
	},

	async 'gives concurrent requests the same answer as a single one'(bench: Bench) {
		const alone = await bench.text()
		const texts = await Promise.all(Array.from({ length: 8 }, () => bench.text()))
		expect(texts).toEqual(Array.from({ length: 8 }, () => alone))
	},

	async 'supports text completions, or reports that it does not'(bench: Bench) {
		const { model, prompt } = bench.expectations
		const request = {
			model,
			prompts: [prompt, prompt],
			maxTokens: 4,
			sampling: { temperature: 0 },
			stop: [],
			choices: 2,
			echo: true,
			passthrough: {},
		}
		const begun = bench.engine.complete(request, bench.call())
		if (!bench.engine.state().operations.includes('complete'))
			return expect(['wrong-operation', 'unsupported']).toContain((await thrownBy(begun)).kind)
		const { choices } = await collect(replay(await checkedEvents(await begun, 4)))
		for (const { parts, finishReason } of choices) {
			expect(textOf(parts).startsWith(prompt)).toBe(true)
			expect(['stop', 'length']).toContain(finishReason)
		}
	},

	async 'reports fields of a request that nothing uses'(bench: Bench) {
		const dropped: string[] = []
		const passthrough = { unknown_field: 1, metadata: { key: 'value' } }
		await bench.complete({ passthrough }, { ...bench.call(), drop: (part) => dropped.push(part) })
		expect(dropped).toContain('unknown_field')
	},

	async 'refuses to answer in text if audio is requested'(bench: Bench) {
		const passthrough = { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }
		const error = await thrownBy(bench.engine.chat(bench.request({ passthrough }), bench.call()))
		expect(error.kind).toBe('unsupported')
	},

	async 'gives null as the score of a first token, not a number'(bench: Bench) {
		const { model, prompt } = bench.expectations
		const request = {
			model,
			prompts: [prompt],
			maxTokens: 1,
			sampling: { temperature: 0 },
			stop: [],
			choices: 1,
			echo: true,
			logprobs: { top: 1 },
			passthrough: {},
		}
		const begun = bench.engine.complete(request, bench.call())
		if (!bench.engine.state().operations.includes('complete')) return void (await thrownBy(begun))
		const { choices } = await collect(replay(await checkedEvents(await begun, 1)))
		const [first, ...rest] = choices[0]?.logprobs ?? []
		expect(first?.logprob === null || (first?.logprob ?? 1) > -9999).toBe(true)
		for (const { logprob } of rest) expect(logprob).toBeNumber()
	},

	async 'counts the prompt as its usage does, within a tenth'(bench: Bench) {
		const counted = await bench.engine.count?.(bench.request(), bench.call())
		if (counted === undefined) return
		const { promptTokens } = (await bench.complete()).usage
		expect(Math.abs(counted - promptTokens)).toBeLessThanOrEqual(promptTokens / 10)
	},

	async 'supports embeddings, or reports that it does not'(bench: Bench) {
		const inputs = ['The sea is blue.', 'Count to ten.', 'The sea is blue.']
		const begun = bench.engine.embed({ model: bench.expectations.model, inputs }, bench.call())
		if (!bench.engine.state().operations.includes('embed'))
			return expect(['wrong-operation', 'unsupported']).toContain((await thrownBy(begun)).kind)
		const { vectors, usage } = await begun
		expect(vectors.length).toBe(3)
		for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 3)
		expect(vectors[0]).toEqual(vectors[2] ?? new Float32Array())
		expect(vectors[0]).not.toEqual(vectors[1])
		expect(usage.promptTokens).toBeGreaterThan(0)
		expect(usage.completionTokens).toBe(0)
	},

	async 'supports reranking, or reports that it does not'(bench: Bench) {
		const { engine, expectations } = bench
		const documents = ['Count to ten.', 'The sea is blue.', 'What is blue? The sea.']
		const request = { model: expectations.model, query: 'The sea is blue.', documents }
		if (!engine.state().operations.includes('rerank')) {
			const refused = engine.rerank?.(request, bench.call())
			if (refused !== undefined) expect(['wrong-operation', 'unsupported']).toContain((await thrownBy(refused)).kind)
			return
		}
		const { results, usage } = (await engine.rerank?.(request, bench.call())) ?? { results: [], usage: undefined }
		expect(results[0]?.index).toBe(1)
		expect(results.map(({ index }) => index).toSorted()).toEqual([0, 1, 2])
		expect(results.map(({ score }) => score)).toEqual(results.map(({ score }) => score).toSorted((a, b) => b - a))
		expect(usage?.completionTokens).toBe(0)
		expect((await engine.rerank?.({ ...request, top: 2 }, bench.call()))?.results).toEqual(results.slice(0, 2))
	},

	async 'supports transcription in every format, or reports that it does not'(bench: Bench) {
		const { engine, expectations } = bench
		const request = (format: TranscriptionFormat) => ({
			model: expectations.model,
			file: { name: 'silence.wav', type: 'audio/wav', content: new Blob([new Uint8Array([82, 73, 70, 70, 0, 255])]) },
			prompt: 'Hello there.',
			format,
			passthrough: {},
		})
		if (!engine.state().operations.includes('transcribe')) {
			const refused = engine.transcribe?.(request('json'), bench.call())
			if (refused !== undefined) expect(['wrong-operation', 'unsupported']).toContain((await thrownBy(refused)).kind)
			return
		}
		for (const format of transcriptionFormats) {
			const transcription = await engine.transcribe?.(request(format), bench.call())
			expect(transcription?.text).toBeString()
			expect(transcription?.details === undefined).toBe(!isJsonFormat(format))
		}
	},

	async 'aborts calls in flight when it closes, and rejects new ones'(bench: Bench) {
		const answer = await bench.engine.chat(bench.request(), bench.call())
		void bench.engine.close()
		expect((await checkedEvents(answer)).at(-1)?.type).toBe('error')
		await bench.engine.close()
		expect((await thrownBy(bench.engine.chat(bench.request(), bench.call()))).kind).toBe('unavailable')
	},
}
