// The clients that JavaScript applications use with Anthropic's API, against a real server: Anthropic's SDK and the AI
// SDK's provider. The echo engine answers, since what is looked at is how its answers arrive.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { startServer, type TestServer } from '../server.ts'

const model = 'claude-echo'
const city = z.object({ city: z.string() })
const weather = {
	name: 'get_weather',
	description: 'get weather',
	input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}

let server: TestServer
beforeAll(async () => {
	server = await startServer({
		config: `
models:
  claude-echo: { route: [echo], aliases: [claude-sonnet-5-5], contextTokens: 100, retry: { attempts: 1 } }
  org/second: { route: [echo] }
  third: { route: [echo] }
upstreams:
  echo: { engine: echo, contextTokens: 100, breaker: { failures: 100000 } }
`,
	})
})
afterAll(() => server.stop())

/** The failure; undefined if it succeeded. */
async function failureOf(request: PromiseLike<unknown>): Promise<unknown> {
	try {
		await request
	} catch (thrown) {
		return thrown
	}
	return undefined
}

describe("Anthropic's SDK", () => {
	const client = (options: object = {}) =>
		new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 0, ...options })
	const question = (content: string, fields: object = {}) => ({
		model,
		max_tokens: 1000,
		messages: [{ role: 'user' as const, content }],
		...fields,
	})

	test('sends a message, and reads every field', async () => {
		const message = await client().messages.create(question('echo:say Hello there'))
		expect(message).toMatchObject({
			type: 'message',
			role: 'assistant',
			model,
			content: [{ type: 'text', text: 'Hello there' }],
			stop_reason: 'end_turn',
			stop_sequence: null,
			usage: { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
		})
		expect(message.id).toMatch(/^msg_[0-9a-f]{32}$/)
		expect(message._request_id).toMatch(/^req_[0-9a-f]{32}$/)
	})
	test('with a bearer token, with an alias, and on paths of this dialect alone', async () => {
		const byToken = new Anthropic({ baseURL: server.url, authToken: server.key, apiKey: null, maxRetries: 0 })
		const aliased = await byToken.messages.create({ ...question('echo:say yes'), model: 'claude-sonnet-5-5' })
		// Claude Code sends signed thinking back only if the answer names the requested model.
		expect(aliased).toMatchObject({ model: 'claude-sonnet-5-5', content: [{ text: 'yes' }] })
		const mounted = await client({ baseURL: `${server.url}/anthropic` }).messages.create(question('echo:say yes'))
		expect(mounted.content).toEqual(aliased.content)
	})
	test('streams thinking, text and calls, and accumulates them', async () => {
		const events: string[] = []
		const stream = client()
			.messages.stream(
				question('echo:reasoning I had better look.\necho:say A moment.\necho:tool get_weather {"city": "Paris"}', {
					tools: [weather],
				}),
			)
			.on('thinking', (text) => events.push(`thinking ${text}`))
			.on('text', (text) => events.push(`text ${text}`))
			.on('inputJson', (text) => events.push(`input ${text}`))
			.on('contentBlock', ({ type }) => events.push(`whole ${type}`))
		const message = await stream.finalMessage()
		expect(message.content).toMatchObject([
			{ type: 'thinking', thinking: 'I had better look.', signature: '' },
			{ type: 'text', text: 'A moment.' },
			{ type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } },
		])
		expect(message.stop_reason).toBe('tool_use')
		expect(message.usage.input_tokens).toBeGreaterThan(5)
		expect(message.usage.output_tokens).toBeGreaterThan(5)
		expect(events.filter((one) => one.startsWith('whole'))).toEqual(['whole thinking', 'whole text', 'whole tool_use'])
		expect(events.filter((one) => one.startsWith('text'))).toEqual(['text A', 'text  moment.'])
	})
	test('streams by plain iteration', async () => {
		let text = ''
		let stop: string | null = null
		for await (const event of await client().messages.create({ ...question('echo:repeat 3 hi'), stream: true })) {
			if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
			if (event.type === 'message_delta') stop = event.delta.stop_reason
		}
		expect([text, stop]).toEqual(['hi hi hi', 'end_turn'])
	})
	test('reads that an answer was truncated at the token limit', async () => {
		const message = await client().messages.create({ ...question('echo:repeat 9 hi'), max_tokens: 2 })
		expect(message).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 2 } })
	})
	test('runs tools until the answer', async () => {
		const cities: string[] = []
		const runner = client().beta.messages.toolRunner({
			...question('echo:tool get_weather {"city": "Paris"}\necho:tool get_weather {"city": "Rome"}'),
			tools: [
				betaZodTool({
					name: 'get_weather',
					description: 'get weather',
					inputSchema: city,
					run: ({ city }) => {
						cities.push(city)
						return `Sunny in ${city}.`
					},
				}),
			],
		})
		const last = await runner
		expect(cities).toEqual(['Paris', 'Rome'])
		expect(last.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Sunny in') }])
	})
	test('chooses tools', async () => {
		const forced = await client().messages.create(question('hello', { tools: [weather], tool_choice: { type: 'any' } }))
		expect(forced.content).toMatchObject([
			{ type: 'tool_use', name: 'get_weather', input: { city: expect.any(String) } },
		])
	})
	test('parses an answer that follows a schema', async () => {
		const message = await client().messages.parse(
			question('where?', { output_config: { format: zodOutputFormat(city) } }),
		)
		expect(city.safeParse(message.parsed_output).success).toBe(true)
	})
	test('counts tokens', async () => {
		const { input_tokens: few } = await client().messages.countTokens({ model, messages: question('hello').messages })
		const { input_tokens: more } = await client().messages.countTokens({
			model,
			system: 'Be very brief, please.',
			messages: question('hello').messages,
			tools: [weather],
		})
		expect(few).toBeGreaterThan(0)
		expect(more).toBeGreaterThan(few)
	})
	test('lists models, page by page, and retrieves one', async () => {
		const names: string[] = []
		for await (const { id, type } of client().models.list({ limit: 1 })) names.push(`${type} ${id}`)
		expect(names).toEqual(['model claude-echo', 'model org/second', 'model third'])
		const back = await client().models.list({ before_id: 'third', limit: 1 })
		expect(back.data.map(({ id }) => id)).toEqual(['org/second'])
		expect(back.has_more).toBe(true)
		const one = await client().models.retrieve('claude-sonnet-5-5')
		expect(one).toMatchObject({ id: 'claude-echo', display_name: 'claude-echo', max_input_tokens: 100 })
		expect(Number.isNaN(Date.parse(one.created_at))).toBe(false)
	})

	const failures: readonly (readonly [string, new (...given: never[]) => Error, string])[] = [
		['invalid-request', Anthropic.BadRequestError, 'invalid_request_error'],
		['forbidden', Anthropic.PermissionDeniedError, 'permission_error'],
		['not-found', Anthropic.NotFoundError, 'not_found_error'],
		['rate-limited', Anthropic.RateLimitError, 'rate_limit_error'],
		['internal', Anthropic.InternalServerError, 'api_error'],
		['overloaded', Anthropic.InternalServerError, 'overloaded_error'],
		['upstream-timeout', Anthropic.InternalServerError, 'timeout_error'],
	]
	test.each(failures)('maps %s to its own error class', async (kind, type, word) => {
		for (const stream of [false, true]) {
			const error = await failureOf(client().messages.create({ ...question(`echo:error ${kind}`), stream }))
			expect(error).toBeInstanceOf(type)
			expect(error).toMatchObject({ type: word, requestID: expect.stringMatching(/^req_/) })
		}
	})
	test('reports a wrong key, an unknown model and a prompt that is too long', async () => {
		const create = (fields: object, options: object = {}) =>
			failureOf(client(options).messages.create({ ...question('hi'), ...fields }))
		expect(await create({}, { apiKey: 'sk-wrong' })).toBeInstanceOf(Anthropic.AuthenticationError)
		expect(await create({ model: 'nope' })).toBeInstanceOf(Anthropic.NotFoundError)
		const overlong = await create(question('word '.repeat(200)))
		expect(overlong).toBeInstanceOf(Anthropic.BadRequestError)
		expect(overlong).toMatchObject({ apiMessage: expect.stringMatching(/^prompt is too long/) })
	})
	test('reports an error in the middle of a stream', async () => {
		const stream = client().messages.stream(question('echo:error-after 2 overloaded'))
		const error = await failureOf(stream.finalMessage())
		expect(error).toBeInstanceOf(Anthropic.APIError)
		expect(error).toMatchObject({ type: 'overloaded_error' })
		expect(stream.currentMessage?.content).toMatchObject([{ type: 'text', text: 'word word' }])
	})
	test('disconnects, and the upstream call is cancelled', async () => {
		const stream = client().messages.stream(question('echo:hang-after 2'))
		await new Promise<void>((resolve) => {
			let tokens = 0
			stream.on('text', () => {
				if (++tokens === 2) resolve()
			})
		})
		stream.abort()
		expect(await failureOf(stream.finalMessage())).toBeInstanceOf(Anthropic.APIUserAbortError)
	})
})

describe("the AI SDK with Anthropic's provider", () => {
	const provider = () => createAnthropic({ baseURL: `${server.url}/v1`, apiKey: server.key })
	const tools = {
		get_weather: tool({ description: 'get weather', inputSchema: city, execute: ({ city }) => `Sunny in ${city}.` }),
	}

	test('generates text, and reads its usage', async () => {
		const { text, usage, finishReason } = await generateText({
			model: provider()(model),
			prompt: 'echo:say Hello there',
		})
		expect(text).toBe('Hello there')
		expect(finishReason).toBe('stop')
		expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 2 })
	})
	test('streams thinking, calls and the answer after them', async () => {
		const result = streamText({
			model: provider()(model),
			prompt: 'echo:reasoning hm\necho:tool get_weather {"city": "Paris"}',
			tools,
			stopWhen: stepCountIs(3),
		})
		expect(await result.text).toBe('Sunny in Paris.')
		const steps = await result.steps
		expect(steps).toHaveLength(2)
		expect(steps[0]?.reasoningText).toBe('hm')
		expect(steps[0]?.toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: 'Paris' } }])
		expect((await result.totalUsage).inputTokens).toBeGreaterThan(0)
	})
	test('generates an object', async () => {
		const { output } = await generateText({
			model: provider()(model),
			prompt: 'where?',
			output: Output.object({ schema: city }),
		})
		expect(city.safeParse(output).success).toBe(true)
	})
	test('reports errors', async () => {
		const failing = generateText({ model: provider()(model), prompt: 'echo:error rate-limited', maxRetries: 0 })
		await expect(failing).rejects.toMatchObject({ statusCode: 429 })
	})
})
