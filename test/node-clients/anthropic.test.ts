// The clients that JavaScript applications use with Anthropic's API, against a real server: Anthropic's SDK and the AI
// SDK's provider. The echo engine answers, since what is looked at is how its answers arrive.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { rejection } from '../../src/system/rejection.testing.ts'
import { startServer, type TestServer } from '../server.ts'

const model = 'claude-echo'
const city = z.object({ city: z.string() })
const weather = {
	name: 'get_weather',
	description: 'get weather',
	input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}

/** A server of Anthropic's API: repeats the texts of the messages that it gets, and calls a tool that it is given. */
let upstream: ReturnType<typeof Bun.serve>
/** The bodies that it got. */
const sent: Sent[] = []
interface Sent {
	readonly system?: unknown
	readonly tools?: unknown
	readonly stream: boolean
	readonly messages: readonly { readonly role: string; readonly content: readonly Record<string, unknown>[] }[]
}

function answerOf({ tools, messages }: Sent): object {
	const texts = messages.flatMap(({ content }) => content.map(({ text = '' }) => text))
	const last = messages.at(-1)?.content.at(-1)
	const call = { type: 'tool_use', id: `toolu_${messages.length}`, name: 'get_weather', input: { city: 'Paris' } }
	const isCalled = tools !== undefined && last?.type === 'text'
	return {
		id: 'msg_theirs',
		type: 'message',
		role: 'assistant',
		model: 'theirs',
		content: isCalled ? [call] : [{ type: 'text', text: texts.join('|') }],
		stop_reason: isCalled ? 'tool_use' : 'end_turn',
		stop_sequence: null,
		usage: { input_tokens: 3, output_tokens: 2 },
	}
}

/** The server-sent events of a message. */
function eventsOf(message: object & { readonly content?: readonly Record<string, unknown>[] }): string {
	const events = [
		{ type: 'message_start', message: { ...message, content: [], stop_reason: null } },
		...(message.content ?? []).flatMap((block, index) => [
			{
				type: 'content_block_start',
				index,
				content_block: block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} },
			},
			{
				type: 'content_block_delta',
				index,
				delta:
					block.type === 'text'
						? { type: 'text_delta', text: block.text }
						: { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
			},
			{ type: 'content_block_stop', index },
		]),
		{
			type: 'message_delta',
			delta: { stop_reason: 'end_turn', ...message, content: undefined },
			usage: { output_tokens: 2 },
		},
		{ type: 'message_stop' },
	]
	return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

let server: TestServer
beforeAll(async () => {
	upstream = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			const body = (await request.json()) as Sent
			sent.push(body)
			const message = answerOf(body)
			if (!body.stream) return Response.json(message)
			return new Response(eventsOf(message), { headers: { 'content-type': 'text/event-stream' } })
		},
	})
	server = await startServer({
		config: `
models:
  theirs: { route: [theirs] }
  claude-echo: { route: [echo], aliases: [claude-sonnet-5-5], contextTokens: 100, retry: { attempts: 1 } }
  org/second: { route: [echo] }
  third: { route: [echo] }
upstreams:
  theirs: { engine: anthropic, url: http://127.0.0.1:${upstream.port}/v1, key: k }
  echo: { engine: echo, contextTokens: 100, breaker: { failures: 100000 } }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

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
	describe.each(['claude-echo', 'theirs'])('holds threads on %s', (model) => {
		const user = (content: string) => ({ role: 'user' as const, content })
		const params = { model, max_tokens: 1000 }
		const lastText = ({ content }: { readonly content: readonly object[] }) => content.at(-1)
		/** Number of messages in the last request to the upstream; undefined for the echo engine. */
		const received = () => (model === 'theirs' ? sent.at(-1)?.messages.length : undefined)

		test('sends only new messages, in requests and in streams', async () => {
			const thread = client().beta.messages.thread({ ...params, system: 'Be brief.' })
			await thread.send(user('echo:say one'))
			const second = await thread.stream(user('echo:say two')).finalMessage()
			expect(thread.previousMessageId).toBe(second.id)
			const third = await thread.send(user('echo:say three'))
			expect(thread.messages).toHaveLength(6)
			if (model === 'theirs') {
				expect(received()).toBe(5)
				expect(sent.at(-1)?.system).toEqual([{ type: 'text', text: 'Be brief.' }])
				expect(lastText(third)).toEqual({
					type: 'text',
					text: expect.stringMatching(/^echo:say one\|.*\|echo:say three$/),
				})
			} else expect(lastText(third)).toEqual({ type: 'text', text: 'three' })
		})
		test('runs tools, sending their results alone', async () => {
			const thread = client().beta.messages.thread({
				...params,
				tools: [
					betaZodTool({
						name: 'get_weather',
						description: 'get weather',
						inputSchema: city,
						run: ({ city }) => `Sunny in ${city}.`,
					}),
				],
				messages: [user('echo:tool get_weather {"city": "Paris"}')],
			})
			for (const stream of [false, true]) {
				const last = await thread.toolRunner({ stream }).runUntilDone()
				expect(last.stop_reason).toBe('end_turn')
				if (stream) break
				thread.append(user('echo:tool get_weather {"city": "Rome"}'))
			}
			expect(thread.messages).toHaveLength(8)
			expect(thread.previousMessageId).toMatch(/^msg_/)
			if (model === 'theirs') {
				expect(received()).toBe(7)
				expect(sent.at(-1)?.tools).toMatchObject([{ name: 'get_weather' }])
			}
		})
		test('forks', async () => {
			const thread = client().beta.messages.thread(params)
			await thread.send(user('echo:say one'))
			const fork = thread.fork()
			const [left, right] = await Promise.all([thread.send(user('echo:say left')), fork.send(user('echo:say right'))])
			expect(left.id).not.toBe(right.id)
			await fork.send(user('echo:say on'))
			expect([thread.messages.length, fork.messages.length]).toEqual([4, 6])
		})
		test('replays a conversation whose message another client continued, or that was deleted', async () => {
			const first = client().beta.messages.thread(params)
			const { id } = await first.send(user('echo:say one'))
			const thread = { type: 'continue' as const, previous_message_id: id }
			const other = { ...params, messages: [user('echo:say other')], thread }
			await client().beta.messages.create(other)
			expect(await failureOf(client().beta.messages.create(other))).toMatchObject({
				status: 400,
				errorCode: 'thread_already_continued',
			})
			await first.send(user('echo:say two'))
			expect(first.messages).toHaveLength(4)
			const { data, response } = await first.send(user('echo:say three')).withResponse()
			const conversation = response.headers.get('x-dragoman-conversation')
			const deleted = await fetch(`${server.url}/v1/conversations/${conversation}`, {
				method: 'DELETE',
				headers: { authorization: `Bearer ${server.key}` },
			})
			expect(deleted.status).toBe(200)
			const lost = { ...other, thread: { type: 'continue' as const, previous_message_id: data.id } }
			const error = await failureOf(client().beta.messages.create(lost))
			expect(error).toBeInstanceOf(Anthropic.NotFoundError)
			expect(error).toMatchObject({ status: 404, errorCode: 'thread_not_found' })
			await first.send(user('echo:say four'))
			expect(first.messages).toHaveLength(8)
		})
	})
	test('continues without a thread if the server cannot hold one', async () => {
		const thread = (unsupportedRequestBehavior: 'error' | 'continue_unthreaded') =>
			client().beta.messages.thread({
				model,
				max_tokens: 1000,
				fallbacks: [{ model: 'third' }],
				unsupportedRequestBehavior,
			})
		expect(await failureOf(thread('error').send({ role: 'user', content: 'hi' }))).toMatchObject({
			status: 400,
			errorCode: 'thread_unsupported_request',
			details: { unsupported: ['fallbacks'] },
		})
		const unthreaded = thread('continue_unthreaded')
		await unthreaded.send({ role: 'user', content: 'hi' })
		await unthreaded.send({ role: 'user', content: 'echo:say again' })
		expect(unthreaded.messages).toHaveLength(4)
		expect(unthreaded.previousMessageId).toBeNull()
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
		expect(names).toEqual(['model theirs', 'model claude-echo', 'model org/second', 'model third'])
		const back = await client().models.list({ before_id: 'third', limit: 1 })
		expect(back.data.map(({ id }) => id)).toEqual(['org/second'])
		expect(back.has_more).toBe(true)
		const one = await client().models.retrieve('claude-sonnet-5-5')
		expect(one).toMatchObject({ id: 'claude-echo', display_name: 'claude-echo', max_input_tokens: 100 })
		const aliases = (await client().models.list()).data.map(
			(model) => Object.entries(model).find(([name]) => name === 'aliases')?.[1],
		)
		expect(aliases).toEqual([[], ['claude-sonnet-5-5'], [], []])
		expect(one).toMatchObject({ aliases: ['claude-sonnet-5-5'] })
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
		expect(await rejection(failing)).toMatchObject({ statusCode: 429 })
	})
})
