// One choice, fed with tokens of any bytes: its text, its log-probabilities and its end. No model is needed.

import { describe, expect, test } from 'bun:test'
import { CompletionFold } from '../../chat/completion-fold.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { OutputReader } from './answer-reader.ts'
import { plainFormat } from './call-format.ts'
import { type ChoiceOptions, RunningChoice } from './choice.ts'

const encoder = new TextEncoder()
const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'counted' } as const
const texts = ['日本語 · émoji 🎉🎉', 'a🎉', '🎉🎊 b', '👩‍👩‍👧‍👦 ok', '🇫🇷', '𝄞é', '\ufeffx', 'plain'] as const

/** Samples `tokens` until the choice ends. */
function generate(tokens: readonly Uint8Array[], changes: Partial<ChoiceOptions> = {}) {
	const events: ChatEvent[] = []
	const choice = new RunningChoice({
		index: 0,
		prompt: [0],
		sampling: { temperature: 0, seed: 0 },
		top: 0,
		maxTokens: tokens.length,
		stop: [],
		reader: new OutputReader({ thinking: 'never' }),
		vocabulary: {
			bytesOf: (token) => tokens[token] ?? new Uint8Array(),
			isControl: () => false,
			endsTurn: (token) => token === tokens.length,
		},
		visibleControls: new Set(),
		isComplete: () => false,
		callReason: 'stop',
		newCallId: () => 'call_1',
		emit: (_, event) => events.push(event),
		settled: () => undefined,
		...changes,
	})
	choice.started(0)
	for (let token = 0; token <= tokens.length; token++)
		if (!choice.sampled(token, { token, logprob: -1, top: [] })) break
	const deltas = events.filter((event) => event.type === 'part-delta')
	expect(brokenRule([{ type: 'start' }, ...events, { type: 'finish', usage }])).toBeUndefined()
	const parts = deltas.filter(({ part }) => part === 'text')
	return {
		text: parts.map(({ text }) => text).join(''),
		reasoning: deltas.flatMap(({ part, text }) => (part === 'reasoning' ? [text] : [])).join(''),
		bytes: parts.flatMap(({ logprobs = [] }) => logprobs.flatMap(({ bytes }) => bytes ?? [])),
		end: events.at(-1),
		events,
	}
}

/** The bytes of `text` in tokens of `size` bytes, the first of `offset` bytes. */
function cut(text: string, size: number, offset: number): readonly Uint8Array[] {
	const bytes = encoder.encode(text)
	const tokens = offset === 0 ? [] : [bytes.slice(0, offset)]
	for (let at = offset; at < bytes.length; at += size) tokens.push(bytes.slice(at, at + size))
	return tokens
}

function* cuts(text: string) {
	for (const size of [1, 2, 3, 5]) for (let offset = 0; offset < size; offset++) yield cut(text, size, offset)
}

/** The complete characters of `bytes`. */
function complete(bytes: Uint8Array): string {
	return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
}

describe('an answer never ends inside a character', () => {
	test('at its limit of tokens, for every cut; the bytes of its log-probabilities are exact', () => {
		for (const text of texts)
			for (const tokens of cuts(text))
				for (let length = 1; length <= tokens.length; length++) {
					const bytes = Buffer.concat(tokens.slice(0, length))
					const answer = generate(tokens, { maxTokens: length })
					expect(answer.text).toBe(complete(bytes))
					expect(Buffer.from(answer.bytes)).toEqual(bytes)
					expect(answer.end).toMatchObject({ type: 'choice-finish', reason: 'length' })
				}
	})

	test('if the model ends its turn there', () => {
		const bytes = encoder.encode('é🎉').slice(0, 5)
		expect(generate([bytes], { maxTokens: 9 })).toMatchObject({
			text: 'é',
			bytes: [...bytes],
			end: { type: 'choice-finish', reason: 'stop' },
		})
	})

	test('before a stop text, for every cut', () => {
		for (const text of texts)
			for (const stop of new Set([...text].slice(1)))
				for (const tokens of cuts(text)) {
					const answer = generate(tokens, { stop: ['\udf89', 'never', stop], maxTokens: 99 })
					expect(answer.text).toBe(text.slice(0, text.indexOf(stop)))
					expect(answer.end).toMatchObject({ type: 'choice-finish', reason: 'stop' })
				}
	})

	test('in reasoning too', () => {
		const tokens = [encoder.encode('<think>é'), encoder.encode('🎉').slice(0, 2)]
		const { text, reasoning } = generate(tokens, { reader: new OutputReader({ thinking: 'possible' }) })
		expect([text, reasoning]).toEqual(['', 'é'])
	})
})

test('reasoning, text and calls are parts of their own, in order, for every cut', () => {
	const answer = `<think>let me see</think>It is 🎉 fine.\n<tool_call>
{"name": "f", "arguments": {"a": "}"}}
</tool_call>
<tool_call>
{"name": "g", "arguments": {}}
</tool_call>`
	for (const tokens of cuts(answer)) {
		let calls = 0
		const { events } = generate(tokens, {
			reader: new OutputReader({ thinking: 'possible', calls: plainFormat }),
			callReason: 'tool-calls',
			newCallId: () => `call_${calls++}`,
			maxTokens: 999,
		})
		const fold = new CompletionFold()
		for (const event of events) fold.add(event)
		expect(fold.soFar()).toMatchObject([
			{
				parts: [
					{ type: 'reasoning', text: 'let me see' },
					{ type: 'text', text: 'It is 🎉 fine.\n' },
					{ type: 'tool-call', kind: 'function', id: 'call_0', name: 'f', arguments: '{"a": "}"}' },
					{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'g', arguments: '{}' },
				],
				finishReason: 'tool-calls',
			},
		])
	}
})
