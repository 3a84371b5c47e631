// A base model, the toy without its chat template: text completions and scores.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChatEvent } from '../../chat/event.ts'
import { textOf } from '../../chat/parts.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { completionOf, eventsOf } from '../../engines/answer.testing.ts'
import type { Engine, EngineCall } from '../../engines/engine.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import { isLibraryHere, openToy, toyPath } from './library.testing.ts'

/** The toy's token that ends a turn. */
const endOfTurn = 2

const chatRequest: ChatRequest = {
	...plainRequest,
	model: 'toy',
	messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi!' }] }],
}

function call(): EngineCall {
	return { signal: new AbortController().signal, model: 'toy', requestId: 'req_test' }
}

describe.skipIf(!isLibraryHere)('a model without a chat template', () => {
	let folder: string
	let engine: Engine
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'dragoman-base-model-'))
		const bytes = Buffer.from(await Bun.file(toyPath).arrayBuffer())
		const key = bytes.indexOf('tokenizer.chat_template')
		bytes.write('tokenizer.what_template', key)
		await Bun.write(join(folder, 'base.gguf'), bytes)
		engine = await openToy({ modelPath: join(folder, 'base.gguf') })
	})
	afterAll(async () => {
		await engine.close()
		await rm(folder, { recursive: true })
	})

	const prompt = '<|im_start|>user\nHi!'
	const complete = (changes: Partial<TextCompletionRequest> = {}) =>
		engine.complete(
			{
				model: 'toy',
				prompts: [prompt],
				maxTokens: 8,
				sampling: { temperature: 0 },
				stop: [],
				choices: 1,
				echo: false,
				passthrough: {},
				...changes,
			},
			call(),
		)

	test('completes texts and does not chat', async () => {
		expect(engine.state().operations).toEqual(['complete', 'embed', 'tokenize'])
		expect(await engine.chat(chatRequest, call()).catch((error: unknown) => error)).toMatchObject({
			kind: 'wrong-operation',
		})
		const { choices, usage } = await completionOf(await complete())
		expect(choices[0]?.finishReason).toMatch(/stop|length/)
		expect(usage.completionTokens).toBeGreaterThan(0)
	})

	test('repeats the prompt and scores it without generating anything', async () => {
		const shown: ChatEvent[] = await Array.fromAsync(
			eventsOf(
				await complete({
					prompts: ['The capital of France is Paris.'],
					maxTokens: 0,
					echo: true,
					logprobs: { top: 2 },
				}),
			),
		)
		const text = shown.find((event) => event.type === 'part-delta')
		expect(text?.text).toBe('The capital of France is Paris.')
		const scores = text?.logprobs ?? []
		expect(scores.map(({ token }) => token).join('')).toBe('The capital of France is Paris.')
		expect(scores[0]?.logprob).toBeNull()
		for (const { logprob, top } of scores.slice(1)) {
			expect(logprob).toBeLessThanOrEqual(0)
			expect(top.length).toBe(2)
		}
		expect(shown.at(-1)).toMatchObject({ type: 'finish', usage: { completionTokens: 0 } })
	})

	test('scores an echoed answer as it did during generation', async () => {
		const sampling = { temperature: 0, logitBias: new Map([[endOfTurn, -100]]) }
		const given = (await completionOf(await complete({ sampling, logprobs: { top: 0 } }))).choices[0]
		const echoed = (
			await completionOf(
				await complete({
					prompts: [prompt + textOf(given?.parts ?? [])],
					maxTokens: 0,
					echo: true,
					logprobs: { top: 0 },
				}),
			)
		).choices[0]
		const length = given?.logprobs?.length ?? 0
		const rounded = (scores: typeof given) => scores?.logprobs?.slice(-length).map(({ logprob }) => logprob?.toFixed(2))
		expect(length).toBeGreaterThan(0)
		expect(rounded(echoed)).toEqual(rounded(given))
	})

	test('numbers the choices of several prompts in order', async () => {
		const { choices } = await completionOf(
			await complete({ prompts: ['Hello', [300, 301]], choices: 2, echo: true, maxTokens: 2 }),
		)
		expect(choices.map(({ parts }) => textOf(parts).startsWith('Hello'))).toEqual([true, true, false, false])
	})

	test('rejects suffixes and unknown tokens', async () => {
		expect(await complete({ suffix: 'end' }).catch((error: unknown) => error)).toMatchObject({
			kind: 'unsupported',
			param: 'suffix',
		})
		expect(await complete({ prompts: [[-1]] }).catch((error: unknown) => error)).toMatchObject({
			kind: 'invalid-request',
			param: 'prompt',
		})
	})
})
