// The clients that JavaScript applications use, against a real server: OpenAI's SDK and the AI SDK with its
// OpenAI-compatible provider.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { isEngineHere, toyConfig } from '../engine.ts'
import { startServer, type TestServer } from '../server.ts'

const model = 'tiny-chat'
const weather = {
	name: 'get_weather',
	description: 'get weather',
	parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
	parse: (text: string): { city: string } => JSON.parse(text),
}
const weatherQuestion = [{ role: 'user', content: "What's the weather in Paris?" }] as const

let server: TestServer
beforeAll(async () => {
	if (!isEngineHere) return
	server = await startServer({ config: toyConfig })
	while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20)
})
afterAll(() => server?.stop())

describe.skipIf(!isEngineHere)('openai for Node', () => {
	const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
	const user = (content: string) => [{ role: 'user', content }] as const

	test('chats', async () => {
		const answer = await client().chat.completions.create({
			model,
			temperature: 0,
			messages: [...user('What is the capital of France?')],
		})
		expect(answer.choices[0]?.message.content).toBe('The capital of France is Paris.')
		expect(answer._request_id).toMatch(/^req_/)
	})
	test('streams, by iteration and by its helper', async () => {
		const request = { model, temperature: 0, messages: [...user('What is the capital of Italy?')] }
		let text = ''
		for await (const chunk of await client().chat.completions.create({ ...request, stream: true }))
			text += chunk.choices[0]?.delta.content ?? ''
		expect(text).toBe('The capital of Italy is Rome.')
		expect(await client().chat.completions.stream(request).finalContent()).toBe(text)
	})
	test('runs tools until the answer', async () => {
		const cities: string[] = []
		const runner = client().chat.completions.runTools({
			model,
			temperature: 0,
			messages: [...weatherQuestion],
			tools: [
				{
					type: 'function',
					function: {
						...weather,
						function: ({ city }: { city: string }) => {
							cities.push(city)
							return '{"temperature": 21}'
						},
					},
				},
			],
		})
		expect(await runner.finalContent()).toContain('Paris')
		expect(cities).toEqual(['Paris'])
	})
	test('parses an answer that follows a schema', async () => {
		const schema = z.object({ country: z.string(), capital: z.string() })
		const answer = await client().chat.completions.parse({
			model,
			temperature: 0,
			messages: [...user('Return the capital of France as JSON.')],
			response_format: zodResponseFormat(schema, 'capital'),
		})
		expect(schema.parse(answer.choices[0]?.message.parsed)).toBeDefined()
	})
	test('embeds in its default encoding', async () => {
		const { data } = await client().embeddings.create({ model, input: 'Hello' })
		expect(data[0]?.embedding).toHaveLength(192)
	})
	test('lists models and retrieves one', async () => {
		expect((await client().models.list()).data.map(({ id }) => id)).toEqual([model])
		expect((await client().models.retrieve(model)).object).toBe('model')
	})
	test('raises its own errors', async () => {
		const refused = await client()
			.chat.completions.create({ model: 'nope', messages: [...user('Hi')] })
			.catch((thrown: unknown) => thrown)
		expect(refused).toBeInstanceOf(OpenAI.NotFoundError)
		expect(refused).toMatchObject({ status: 404, code: 'model_not_found', type: 'invalid_request_error' })
	})
})

describe.skipIf(!isEngineHere)('AI SDK', () => {
	const provider = () =>
		createOpenAICompatible({
			name: 'dragoman',
			baseURL: `${server.url}/v1`,
			apiKey: server.key,
			supportsStructuredOutputs: true,
			includeUsage: true,
		})

	test('generates text', async () => {
		const { text, finishReason, usage } = await generateText({
			model: provider()(model),
			temperature: 0,
			prompt: 'What is the capital of France?',
		})
		expect([text, finishReason]).toEqual(['The capital of France is Paris.', 'stop'])
		expect(usage.inputTokens).toBeGreaterThan(5)
	})
	test('streams text', async () => {
		const result = streamText({ model: provider()(model), temperature: 0, prompt: 'What is the capital of Spain?' })
		const parts: string[] = []
		for await (const part of result.textStream) parts.push(part)
		expect(parts.join('')).toBe('The capital of Spain is Madrid.')
		expect(parts.length).toBeGreaterThan(3)
		expect((await result.usage).outputTokens).toBeGreaterThan(3)
	})
	test('generates an object', async () => {
		const { object } = await generateObject({
			model: provider()(model),
			temperature: 0,
			schema: z.object({ country: z.string(), capital: z.string() }),
			prompt: 'Return the capital of France as JSON.',
		})
		expect(Object.keys(object)).toEqual(['country', 'capital'])
	})
	test('loops over tools', async () => {
		const cities: string[] = []
		const { text, steps } = await generateText({
			model: provider()(model),
			temperature: 0,
			messages: [...weatherQuestion],
			stopWhen: stepCountIs(3),
			tools: {
				get_weather: tool({
					description: 'get weather',
					inputSchema: z.object({ city: z.string() }),
					execute: async ({ city }) => {
						cities.push(city)
						return { temperature: 21 }
					},
				}),
			},
		})
		expect(cities).toEqual(['Paris'])
		expect(steps).toHaveLength(2)
		expect(text).toContain('Paris')
	})
})
