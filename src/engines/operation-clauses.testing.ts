// The operations beside chat, which an engine supports or refuses.

import { expect } from 'bun:test'
import { collect } from '../chat/collect.testing.ts'
import { textOf } from '../chat/parts.ts'
import { isJsonFormat, type TranscriptionFormat, transcriptionFormats } from '../operations/transcription.ts'
import { type Bench, checkedEvents, replay, thrownBy } from './engine-bench.testing.ts'

export const operationClauses = {
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
}
