// The engine with real provider packages against servers on loopback that return the responses of the providers'
// servers.

import { afterAll, describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import { ChatError, descriptorsCode } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import type { JsonObject } from '../../chat/json.ts'
import { parseJson } from '../../chat/json-text.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { systemClock } from '../../system/clock.ts'
import { eventsOf } from '../answer.testing.ts'
import type { Engine, EngineCall } from '../engine.ts'
import { signatureOrigin } from '../upstream/signature-origin.ts'
import { type AiSdkOptions, openAiSdk } from './ai-sdk.ts'
import { readFailure } from './failure.ts'
import { openProvider } from './provider-package.ts'
import { optionRedactor } from './redaction.ts'

const apiKey = 'secret-0123456789'
const timeouts = { firstByteMs: 5000, betweenChunksMs: 5000, totalMs: 10_000 }

interface ReceivedCall {
	readonly path: string
	readonly headers: Headers
	readonly body: unknown
	readonly text: string
}

type Respond = (received: ReceivedCall) => Response | Promise<Response>
let respond: Respond = () => new Response(undefined, { status: 500 })
let received: ReceivedCall[] = []
const server = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	idleTimeout: 0,
	async fetch(request) {
		const text = await request.text()
		const one = { path: new URL(request.url).pathname, headers: request.headers, body: JSON.parse(text), text }
		received.push(one)
		return respond(one)
	},
})
afterAll(() => server.stop(true))

/** Opens an engine with a package whose server responds with `answers`. */
async function open(
	name: '@ai-sdk/anthropic' | '@ai-sdk/cohere',
	answers: Respond,
	changes: Partial<AiSdkOptions> = {},
	baseURL = `http://127.0.0.1:${server.port}/v1`,
): Promise<Engine> {
	respond = answers
	received = []
	const options = { apiKey, baseURL }
	const provider = await openProvider({ package: name, options }, [import.meta.dir])
	return openAiSdk({
		provider,
		service: 'acme',
		model: 'm',
		timeouts,
		clock: systemClock,
		redact: optionRedactor(options),
		...changes,
	})
}

const text = (value: string) => [{ type: 'text', text: value }] as const
const request = (changes: Partial<ChatRequest> = {}): ChatRequest => ({
	...plainRequest,
	model: 'public',
	messages: [{ role: 'user', content: text('hi') }],
	...changes,
})
const call = (changes: Partial<EngineCall> = {}): EngineCall => ({
	signal: new AbortController().signal,
	model: 'm',
	requestId: 'req_1',
	...changes,
})

async function chatEvents(engine: Engine, chatRequest = request(), changes: Partial<EngineCall> = {}) {
	const events = await Array.fromAsync(eventsOf(await engine.chat(chatRequest, call(changes))))
	expect(brokenRule(events)).toBeUndefined()
	return events
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

async function thrownBy(work: Promise<unknown>): Promise<ChatError> {
	const thrown = await work.catch((error: unknown) => error)
	if (thrown instanceof ChatError) return thrown
	throw new Error('expected a ChatError', { cause: thrown })
}

const event = (type: string, fields: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const streamed = (body: string | ReadableStream) =>
	new Response(body, { headers: { 'content-type': 'text/event-stream' } })

const usage = { input_tokens: 20, cache_read_input_tokens: 5, cache_creation_input_tokens: 3, output_tokens: 12 }
const thinking = { type: 'thinking', thinking: 'Paris, then.', signature: 'sig-1' }
const redacted = { type: 'redacted_thinking', data: 'opaque' }
const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'São Paulo' } }
const whole = {
	type: 'message',
	id: 'msg_1',
	model: 'm-2026',
	role: 'assistant',
	content: [thinking, redacted, { type: 'text', text: 'Looking.' }, toolUse],
	stop_reason: 'tool_use',
	stop_sequence: null,
	usage,
}
const block = (index: number, start: object, ...deltas: readonly object[]) =>
	[
		event('content_block_start', { index, content_block: start }),
		...deltas.map((delta) => event('content_block_delta', { index, delta })),
		event('content_block_stop', { index }),
	].join('')
const pieces = [
	event('message_start', { message: { ...whole, content: [], stop_reason: null } }),
	block(
		0,
		{ ...thinking, thinking: '', signature: '' },
		{ type: 'thinking_delta', thinking: 'Paris,' },
		{ type: 'thinking_delta', thinking: ' then.' },
		{ type: 'signature_delta', signature: 'sig-1' },
	),
	block(1, redacted),
	block(2, { type: 'text', text: '' }, { type: 'text_delta', text: 'Looking.' }),
	block(
		3,
		{ ...toolUse, input: {} },
		{ type: 'input_json_delta', partial_json: '{"city":' },
		{ type: 'input_json_delta', partial_json: '"São Paulo"}' },
	),
	event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 12 } }),
	event('message_stop'),
].join('')
const signature = (value: string) => ({ wire: 'ai-sdk', value, origin: signatureOrigin('acme', 'm') })
const expected = {
	model: 'm-2026',
	choices: [
		{
			parts: [
				{ type: 'reasoning', text: 'Paris, then.', signature: signature('{"anthropic":{"signature":"sig-1"}}') },
				{
					type: 'reasoning',
					text: '',
					signature: signature('{"anthropic":{"redactedData":"opaque"}}'),
					encrypted: true,
				},
				{ type: 'text', text: 'Looking.' },
				{ type: 'tool-call', kind: 'function', id: 'toolu_1', name: 'get_weather', arguments: '{"city":"São Paulo"}' },
			],
			finishReason: 'tool-calls',
		},
	],
	usage: {
		promptTokens: 28,
		completionTokens: 12,
		cachedTokens: 5,
		cacheWriteTokens: 3,
		reasoningTokens: 0,
		source: 'upstream',
	},
}
const tools = [{ type: 'function', name: 'get_weather', parameters: { type: 'object' }, strict: false }] as const
const withTools = request({ tools, toolChoice: { type: 'auto' } })

describe('reasoning, signatures, tool calls and usage', () => {
	test('are read from a stream split at any position', async () => {
		const bytes = new TextEncoder().encode(pieces)
		const engine = await open('@ai-sdk/anthropic', () =>
			streamed(
				new ReadableStream({
					start(controller) {
						for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
						controller.close()
					},
				}),
			),
		)
		const events = await chatEvents(engine, withTools)
		expect<unknown>(await collect(replay(events))).toMatchObject(expected)
		expect(events.filter((one) => one.type === 'part-delta' && one.part === 'tool-call').length).toBe(2)
		await engine.close()
	})

	test('are read from a unary response', async () => {
		const engine = await open('@ai-sdk/anthropic', () => Response.json(whole))
		expect<unknown>(await collect(replay(await chatEvents(engine, withTools, { unary: true })))).toMatchObject(expected)
		expect(received[0]?.body).not.toMatchObject({ stream: true })
		await engine.close()
	})

	test('are sent back to the provider', async () => {
		const engine = await open('@ai-sdk/anthropic', () => streamed(pieces))
		const [choice] = (await collect(replay(await chatEvents(engine, withTools)))).choices
		const messages = [
			{ role: 'user', content: text('hi') },
			{ role: 'assistant', content: choice?.parts ?? [] },
			{ role: 'tool', callId: 'toolu_1', content: text('21 degrees') },
		] as const
		const providerOptions = { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } }
		await engine.close()
		const again = await open('@ai-sdk/anthropic', () => streamed(pieces), { providerOptions })
		await chatEvents(again, request({ tools, toolChoice: { type: 'auto' }, messages, maxTokens: 4000 }))
		expect(received[0]?.body).toMatchObject({
			thinking: { type: 'enabled', budget_tokens: 1024 },
			messages: [
				{ role: 'user' },
				{ role: 'assistant', content: [thinking, redacted, { type: 'text', text: 'Looking.' }, toolUse] },
				{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '21 degrees' }] },
			],
		})
		await again.close()
	})
})

test.each(['@ai-sdk/anthropic', '@ai-sdk/cohere'] as const)(
	'%s gets the numbers of client JSON unchanged',
	async (name) => {
		const engine = await open(name, () => new Response('{}', { status: 400 }))
		const args = '{"id":1234567890123456789,"price":1.0,"list":[-0.0,1e3]}'
		const parameters = '{"type":"object","properties":{"id":{"type":"integer","maximum":9223372036854775807}}}'
		const messages = [
			{ role: 'user', content: text('hi') },
			{
				role: 'assistant',
				content: [{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'get_weather', arguments: args }],
			},
			{ role: 'tool', callId: 'call_1', content: text('21 degrees') },
		] as const
		const [tool] = tools
		const sent = request({
			messages,
			tools: [{ ...tool, parameters: parseJson(parameters) as JsonObject }],
			toolChoice: { type: 'auto' },
			sampling: { seed: 9223372036854775807n },
		})
		await thrownBy(engine.chat(sent, call()))
		expect(received[0]?.text).toContain(name === '@ai-sdk/cohere' ? JSON.stringify(args) : args)
		expect(received[0]?.text).toContain('"maximum":9223372036854775807')
		await engine.close()
	},
)

test('unsupported fields are reported as dropped', async () => {
	const dropped: string[] = []
	const engine = await open('@ai-sdk/anthropic', () => streamed(pieces))
	const unsupported = request({
		sampling: { seed: 1, frequencyPenalty: 1 },
		user: 'u',
		logprobs: { top: 1 },
		passthrough: { x: 1 },
	})
	await chatEvents(engine, unsupported, { drop: (part) => dropped.push(part) })
	expect(dropped.toSorted()).toEqual(['frequency_penalty', 'logprobs', 'seed', 'user', 'x'])
	await engine.close()
})

describe('embeddings and reranking', () => {
	test('embeddings are requested in batches and returned in order', async () => {
		const engine = await open('@ai-sdk/cohere', ({ body }) => {
			const { texts } = body as { texts: readonly string[] }
			return Response.json({
				id: 'e',
				texts,
				embeddings: { float: texts.map((one) => [one.length, 1]) },
				meta: { billed_units: { input_tokens: texts.length } },
			})
		})
		const inputs = Array.from({ length: 200 }, (_, index) => 'x'.repeat(index + 1))
		const { vectors, usage } = await engine.embed({ model: 'm', inputs }, call())
		expect(vectors.map(([first]) => first)).toEqual(inputs.map(({ length }) => length))
		expect(usage).toMatchObject({ promptTokens: 200, source: 'upstream' })
		expect(received.length).toBe(3)
		expect(await thrownBy(engine.embed({ model: 'm', inputs: [[1]] }, call()))).toMatchObject({ kind: 'unsupported' })
		expect(await thrownBy(engine.embed({ model: 'm', inputs: ['a'], dimensions: 9 }, call()))).toMatchObject({
			kind: 'unsupported',
			param: 'dimensions',
		})
		await engine.close()
	})

	test('documents are ranked', async () => {
		const engine = await open('@ai-sdk/cohere', () =>
			Response.json({
				id: 'r',
				results: [
					{ index: 0, relevance_score: 0.1 },
					{ index: 2, relevance_score: 0.9 },
				],
				meta: {},
			}),
		)
		expect(engine.state().operations).toEqual(['chat', 'embed', 'rerank'])
		const ranking = await engine.rerank?.({ model: 'm', query: 'q', documents: ['a', 'b', 'c'], top: 2 }, call())
		expect(ranking?.results).toEqual([
			{ index: 2, score: 0.9 },
			{ index: 0, score: 0.1 },
		])
		expect(received[0]?.body).toMatchObject({ query: 'q', documents: ['a', 'b', 'c'], top_n: 2 })
		await engine.close()
	})

	test('are not offered if the provider does not support them', async () => {
		const engine = await open('@ai-sdk/anthropic', () => Response.json({}))
		expect(engine.state().operations).toEqual(['chat'])
		expect(engine.rerank).toBeUndefined()
		expect(await thrownBy(engine.embed({ model: 'm', inputs: ['a'] }, call()))).toMatchObject({
			kind: 'wrong-operation',
		})
		await engine.close()
	})
})

describe('failures', () => {
	const refusal = (status: number, type: string, headers: Record<string, string> = {}) =>
		Response.json({ type: 'error', error: { type, message: `no: ${apiKey}` } }, { status, headers })

	for (const [status, type, kind, sent] of [
		[400, 'invalid_request_error', 'invalid-request', 'nothing'],
		[404, 'not_found_error', 'upstream-failed', 'nothing'],
		[413, 'request_too_large', 'too-large', 'nothing'],
		[500, 'api_error', 'upstream-failed', 'maybe'],
		[529, 'overloaded_error', 'overloaded', 'nothing'],
	] as const)
		test(`status ${status}`, async () => {
			const engine = await open('@ai-sdk/anthropic', () => refusal(status, type))
			for (const whole of [false, true]) {
				const error = await thrownBy(engine.chat(request(), call({ unary: whole })))
				expect(error).toMatchObject({ kind, sent })
				expect(`${error.message}${error.cause}`).not.toContain(apiKey)
			}
			await engine.close()
		})

	test('the retry delay is reported', async () => {
		const engine = await open('@ai-sdk/anthropic', () => refusal(429, 'rate_limit_error', { 'retry-after': '7' }))
		expect(await thrownBy(engine.chat(request(), call()))).toMatchObject({ kind: 'rate-limited', retryAfterMs: 7000 })
		await engine.close()
	})

	test('a rejected key is reported to the operator and never shown', async () => {
		const alarms: string[] = []
		const engine = await open('@ai-sdk/anthropic', () => refusal(401, 'authentication_error'), {
			alarm: (message) => alarms.push(message),
		})
		const error = await thrownBy(engine.chat(request(), call()))
		expect(error).toMatchObject({ kind: 'upstream-failed', code: 'upstream_credentials_refused' })
		expect(`${error.message}${error.cause}${alarms}`).not.toContain(apiKey)
		expect(alarms.length).toBe(1)
		await engine.close()
	})

	test('an unreachable upstream was sent nothing', async () => {
		const engine = await open('@ai-sdk/anthropic', () => refusal(500, ''), {}, 'http://127.0.0.1:9/v1')
		expect(await thrownBy(engine.chat(request(), call()))).toMatchObject({ kind: 'unavailable', sent: 'nothing' })
		await engine.close()
	})

	test('an error in the stream is the last event', async () => {
		const begun = pieces.slice(0, pieces.indexOf('event: content_block_stop'))
		const broken = event('error', { error: { type: 'overloaded_error', message: 'busy' } })
		const engine = await open('@ai-sdk/anthropic', () => streamed(begun + broken))
		const events = await chatEvents(engine)
		expect(events.map(({ type }) => type)).toEqual(['start', 'part-start', 'part-delta', 'part-delta', 'error'])
		expect(events.at(-1)).toMatchObject({ error: { kind: 'overloaded', sent: 'yes' } })
		await engine.close()
	})

	test('a truncated stream ends with an error', async () => {
		const cutAt = pieces.indexOf('event: message_delta')
		const engine = await open('@ai-sdk/anthropic', () => streamed(pieces.slice(0, cutAt)))
		expect((await chatEvents(engine, withTools)).at(-1)).toMatchObject({ type: 'error', error: { sent: 'yes' } })
		await engine.close()
	})

	test('an invalid response is thrown', async () => {
		for (const body of ['', '<html>', '{}']) {
			const engine = await open('@ai-sdk/anthropic', () => new Response(body))
			expect(await thrownBy(engine.chat(request(), call({ unary: true })))).toMatchObject({ kind: 'upstream-failed' })
			await engine.close()
		}
	})

	test('a silent upstream times out and is disconnected', async () => {
		const left = Promise.withResolvers<void>()
		const silent = () =>
			streamed(
				new ReadableStream({
					start: (controller) => controller.enqueue(new TextEncoder().encode(': hello\n\n')),
					cancel: () => left.resolve(),
				}),
			)
		const engine = await open('@ai-sdk/anthropic', silent, { timeouts: { ...timeouts, firstByteMs: 50 } })
		expect(await thrownBy(engine.chat(request(), call()))).toMatchObject({ kind: 'upstream-timeout', sent: 'maybe' })
		await left.promise
		await engine.close()
	})

	test('an unsupported request is rejected before anything is sent', async () => {
		const engine = await open('@ai-sdk/anthropic', () => streamed(pieces))
		for (const [changes, param] of [
			[{ choices: 2 }, 'n'],
			[{ tools: [{ type: 'custom', name: 'shell' }], toolChoice: { type: 'auto' } }, 'tools[0]'],
		] as const)
			expect(await thrownBy(engine.chat(request(changes), call()))).toMatchObject({ kind: 'unsupported', param })
		expect(received).toEqual([])
		await engine.close()
	})
})

test('a missing file descriptor does not count as a failure of the upstream', () => {
	const cause = Object.assign(new Error('no'), { code: 'EMFILE' })
	const thrown = Object.assign(new Error('Cannot connect to API', { cause }), { name: 'AI_APICallError' })
	const error = readFailure(thrown, { title: 'The upstream', trusted: false, redact: (text) => text, nowMs: 0 })
	expect(error).toMatchObject({ kind: 'unavailable', code: descriptorsCode, sent: 'nothing' })
})
