import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../../chat/completion-events.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { Usage } from '../../chat/usage.ts'
import { parseChatChunk } from '../../wire/openai/chat-chunk.ts'
import { chatFormats } from '../../wire/openai/formats.ts'
import { writePricedUsage } from './priced-usage.ts'
import { UsageChunkWriter } from './usage-chunk-writer.ts'

const usage: Usage = {
	promptTokens: 1000,
	completionTokens: 41,
	cachedTokens: 200,
	reasoningTokens: 7,
	source: 'upstream',
}
const price = { input: 0.1, output: 0.4, cachedInput: 0.05, currency: 'EUR' }
const identity = { id: 'chatcmpl-1', created: 1, model: 'albert-small' }
const shape = { includeUsage: false, legacyFunctions: false }

test('usage retains the upstream’s details and adds cost, impacts, carbon, requests and details', () => {
	const carbon = { kWh: { min: 0, max: 0 }, kgCO2eq: { min: 0, max: 0 } }
	expect(writePricedUsage({ usage, price, id: 'a', model: 'm' })).toMatchObject({
		prompt_tokens: 1000,
		completion_tokens: 41,
		total_tokens: 1041,
		prompt_tokens_details: { cached_tokens: 200 },
		completion_tokens_details: { reasoning_tokens: 7 },
		// 800 at 0.1, 200 at 0.05 and 41 at 0.4 a million, to six decimals.
		cost: 0.000106,
		impacts: { kWh: 0, kgCO2eq: 0 },
		carbon,
		requests: 1,
		details: [{ id: 'a', model: 'm', usage: { prompt_tokens: 1000, total_tokens: 1041, cost: 0.000106, carbon } }],
	})
	expect(writePricedUsage({ usage, price: undefined, id: 'a', model: 'm' }).cost).toBe(0)
})

const events: readonly ChatEvent[] = [
	{ type: 'start', model: 'upstreams-own-name', fingerprint: 'fp' },
	...eventsOfPart({ type: 'text', text: 'Hi' }, 0),
	{ type: 'choice-finish', choice: 0, reason: 'stop' },
	{ type: 'finish', usage },
]

function chunksOf(text: string): readonly Record<string, unknown>[] {
	expect(text).toEndWith('\n\ndata: [DONE]\n\n')
	return text
		.slice(0, -'data: [DONE]\n\n'.length)
		.trimEnd()
		.split('\n\n')
		.map((event) => JSON.parse(event.replace('data: ', '')))
}

describe('a stream', () => {
	for (const includeUsage of [false, true])
		test(`has one more chunk after the finish reason, include_usage ${includeUsage}`, () => {
			const writer = new UsageChunkWriter(identity, price, { ...shape, includeUsage })
			const chunks = chunksOf(events.map((event) => writer.write(event)).join(''))
			const choices = chunks.map((chunk) => chunk.choices)
			expect(choices).toMatchObject([
				[{ delta: { role: 'assistant', content: '' } }],
				[{ delta: { content: 'Hi' }, finish_reason: null }],
				[{ delta: {}, finish_reason: 'stop' }],
				[],
			])
			expect(chunks.map(({ model, id }) => [model, id])).toEqual(chunks.map(() => ['albert-small', 'chatcmpl-1']))
			expect(chunks.at(-1)?.usage).toMatchObject({ total_tokens: 1041, cost: 0.000106 })
			expect(chunks.slice(0, -1).every(({ usage = null }) => usage === null)).toBe(true)
		})

	test('repeats the chunks of an upstream of the same wire under our names, and adds the same chunk', () => {
		const writer = new UsageChunkWriter(identity, price, shape)
		const theirs = (choices: readonly object[], extra: object = {}) => {
			const value = { id: 'x', object: 'chat.completion.chunk', created: 5, model: 'theirs', choices, ...extra }
			return { format: chatFormats.chunk, text: JSON.stringify(value), value: parseChatChunk(value) }
		}
		const first = { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }
		const choice = { index: 0, delta: { content: 'Hi' }, logprobs: null, finish_reason: null, stop_reason: 7 }
		const last = { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }
		const written =
			writer.repeat(theirs([first]), events.slice(0, 1)) +
			writer.repeat(theirs([choice]), events.slice(1, 3)) +
			writer.repeat(theirs([last], { usage: { prompt_tokens: 1 } }), events.slice(3))
		const chunks = chunksOf(written)
		expect(chunks.map(({ model }) => model)).toEqual(['albert-small', 'albert-small', 'albert-small', 'albert-small'])
		expect(chunks[1]?.choices).toEqual([choice])
		expect(chunks.map(({ choices }) => (Array.isArray(choices) ? choices.length : -1))).toEqual([1, 1, 1, 0])
		expect(chunks.at(-1)?.usage).toMatchObject({ cost: 0.000106 })
	})
})
