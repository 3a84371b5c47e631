// What every engine answers: parts, usage, limits, log-probabilities, calls and JSON.

import { expect } from 'bun:test'
import { reasoningOf, textOf, toolCallsOf } from '../chat/parts.ts'
import { usageFault } from '../chat/usage.ts'
import { type Bench, time, user, weather } from './engine-bench.testing.ts'

export const answerClauses = {
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
		expect(usageFault(usage)).toBeUndefined()
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
			const visible = parts.filter(({ type }) => type !== 'reasoning')
			expect(reasoningOf(parts)).toBe(bench.expectations.noReasoning === undefined ? 'let me see' : '')
			if (bench.expectations.noReasoning === undefined) expect(parts[0]?.type).toBe('reasoning')
			expect(visible).toMatchObject([
				{ type: 'text', text: 'It is fine.' },
				{ type: 'tool-call', name: 'get_time' },
				{ type: 'tool-call', name: 'get_weather' },
			])
			const calls = toolCallsOf(parts)
			expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([{}, { city: 'Rome' }])
			expect(choices[0]?.finishReason).toBe('tool-calls')
		}
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

	async 'never ends inside a character'(bench: Bench) {
		for (let maxTokens = 1; maxTokens <= 6; maxTokens++) {
			const text = await bench.text({ messages: [user('🎉🎊👩‍👩‍👧‍👦 日本語 𝄞é 🇫🇷🇩🇪🇫🇷🇩🇪🇫🇷🇩🇪🇫🇷')], maxTokens })
			expect(text.isWellFormed()).toBe(true)
			expect(text).not.toContain('\u{FFFD}')
		}
	},
}
