// The engine's requests over a socket, and its handling of invalid responses.

import { afterAll, describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { systemClock } from '../../system/clock.ts'
import { Secret } from '../../system/secret.ts'
import { completionOf, eventsOf } from '../answer.testing.ts'
import type { EngineCall } from '../engine.ts'
import { signatureOrigin } from '../upstream/signature-origin.ts'
import { type GeminiOptions, openGemini } from './gemini.ts'
import { listenScriptedGemini } from './scripted-gemini.testing.ts'

const key = 'AIza-0123456789'
const server = listenScriptedGemini(key)
afterAll(() => server.close())

const text = (value: string) => [{ type: 'text', text: value }] as const
const request = (prompt: string, changes: Partial<ChatRequest> = {}): ChatRequest => ({
	...plainRequest,
	messages: [{ role: 'user', content: text(prompt) }],
	...changes,
})
const call = (changes: Partial<EngineCall> = {}): EngineCall => ({
	signal: new AbortController().signal,
	model: 'gemini-3-pro',
	requestId: 'req_1',
	...changes,
})
const open = (changes: Partial<GeminiOptions> = {}) =>
	openGemini({ url: server.url, key: new Secret(key), service: 'gemini', clock: systemClock, ...changes })

async function thrownBy(work: Promise<unknown>): Promise<ChatError> {
	const thrown = await work.catch((error: unknown) => error)
	if (thrown instanceof ChatError) return thrown
	throw new Error('expected a ChatError', { cause: thrown })
}

/** Calls `use` with an engine whose server responds with `respond`. */
async function against<Result>(
	respond: (request: Request) => Response | Promise<Response>,
	use: (engine: ReturnType<typeof openGemini>) => Promise<Result>,
	changes: Partial<GeminiOptions> = {},
): Promise<Result> {
	const fake = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: respond })
	const engine = open({ url: `http://127.0.0.1:${fake.port}/v1beta`, ...changes })
	try {
		return await use(engine)
	} finally {
		await engine.close()
		await fake.stop(true)
	}
}

describe('a call', () => {
	test('has the same result as a stream and as a unary response', async () => {
		const script = 'echo:reasoning hm so\necho:tool get_weather {"city": "Paris"}'
		const chatRequest = request(script, {
			reasoningEffort: 'high',
			tools: [{ type: 'function', name: 'get_weather', strict: false }],
			toolChoice: { type: 'auto' },
		})
		const engine = open()
		const streamed = await completionOf(await engine.chat(chatRequest, call()))
		expect(await completionOf(await engine.chat(chatRequest, call({ unary: true })))).toEqual(streamed)
		expect(streamed.choices[0]).toMatchObject({
			parts: [
				{ type: 'reasoning', text: 'hm so' },
				{
					type: 'tool-call',
					name: 'get_weather',
					arguments: '{"city":"Paris"}',
					signature: {
						wire: 'gemini',
						value: 'signed-get_weather',
						origin: signatureOrigin(new URL(server.url).host, 'gemini-3-pro'),
					},
				},
			],
			finishReason: 'tool-calls',
		})
		expect(streamed.usage.reasoningTokens).toBeGreaterThan(0)
		expect(server.requests.slice(-2).map(({ path }) => path)).toEqual([
			'/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse',
			'/v1beta/models/gemini-3-pro:generateContent',
		])
		await engine.close()
	})

	test('returns all parts of an answer to their model, in order and unchanged', async () => {
		const parts = [
			{ text: 'Hm.', thought: true },
			{ text: 'Drawing.', thoughtSignature: 'c2lnLTE=' },
			{ executableCode: { language: 'PYTHON', code: 'draw()' } },
			{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'done' } },
			{ inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 'c2lnLTI=' },
			{ functionCall: { id: 'a', name: 'show', args: { id: 1 } }, thoughtSignature: 'c2lnLTM=' },
			{ text: 'Look.' },
			{ text: '', thoughtSignature: 'c2lnLTQ=' },
		]
		const answer = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] }
		const chunks = parts.map((part) => ({ candidates: [{ content: { role: 'model', parts: [part] } }] }))
		const streamed = [...chunks, { candidates: [{ finishReason: 'STOP' }] }]
		const events = streamed.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')
		const bodies: unknown[] = []
		await against(
			async (received) => {
				bodies.push(await received.json())
				return received.url.includes('stream')
					? new Response(events, { headers: { 'content-type': 'text/event-stream' } })
					: Response.json(answer)
			},
			async (engine) => {
				for (const unary of [false, true]) {
					const [choice] = (await completionOf(await engine.chat(request('hi'), call({ unary })))).choices
					const content = choice?.parts ?? []
					const messages: readonly Message[] = [{ role: 'assistant', content }]
					await completionOf(await engine.chat(request('', { messages }), call({ unary })))
					expect(bodies.pop()).toMatchObject({ contents: [{ role: 'model', parts }] })
					await completionOf(await engine.chat(request('', { messages }), call({ unary, model: 'gemini-2.5-pro' })))
					expect(JSON.stringify(bodies.pop())).not.toContain('thoughtSignature')
				}
			},
		)
	})

	test('has the configured fields, and other requests do not', async () => {
		const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }]
		const engine = open({ body: { safetySettings } })
		await completionOf(await engine.chat(request('hi'), call()))
		expect(server.requests.at(-1)?.body).toMatchObject({ safetySettings })
		await engine.embed({ model: 'm', inputs: ['a'] }, call())
		expect(server.requests.at(-1)?.body).not.toHaveProperty('safetySettings')
		await engine.close()
	})

	test('reports the fields that it drops', async () => {
		const dropped: string[] = []
		const engine = open()
		await engine.chat(request('hi', { user: 'u' }), call({ drop: (part) => dropped.push(part) }))
		expect(dropped).toEqual(['user'])
		await engine.close()
	})

	test('writes resource paths, and sends the key for Google Cloud as a bearer token', async () => {
		const requests = await against(
			(received) =>
				Response.json({ url: new URL(received.url).pathname, auth: [...received.headers] }, { status: 500 }),
			async (engine) => {
				const paths: string[] = []
				for (const model of ['a b', 'tunedModels/x', 'org/gemini']) {
					const { cause } = await thrownBy(engine.chat(request('hi'), call({ model })))
					paths.push(String(cause))
				}
				return paths
			},
			{ service: 'vertex', key: new Secret('ya29-token') },
		)
		expect(requests[0]).toContain('/v1beta/models/a%20b:streamGenerateContent')
		expect(requests[1]).toContain('/v1beta/tunedModels/x:streamGenerateContent')
		expect(requests[2]).toContain('/v1beta/models/org/gemini:streamGenerateContent')
		for (const one of requests) {
			expect(one).toContain('authorization')
			expect(one).not.toContain('ya29-token')
		}
	})
})

test('counts a prompt', async () => {
	const engine = open()
	const counted = await engine.count?.(request('one two three', { tools: [] }), call())
	const { usage } = await completionOf(await engine.chat(request('one two three'), call()))
	expect(counted).toBe(usage.promptTokens)
	expect(server.requests.some(({ path }) => path.endsWith(':countTokens'))).toBe(true)
	await engine.close()
})

describe('embeddings', () => {
	test('are requested in batches of 100, normalized, and returned in order', async () => {
		const engine = open()
		const before = server.requests.length
		const inputs = Array.from({ length: 201 }, (_, index) => `text number ${index}`)
		const { vectors, usage } = await engine.embed(
			{ model: 'm', inputs, dimensions: 16 },
			call({ model: 'text-embedding' }),
		)
		expect(server.requests.length - before).toBe(3)
		expect(vectors.map(({ length }) => length)).toEqual(Array.from({ length: 201 }, () => 16))
		const [last] = (await engine.embed({ model: 'm', inputs: inputs.slice(200), dimensions: 16 }, call())).vectors
		expect(vectors[200]).toEqual(last ?? new Float32Array())
		expect(Math.hypot(...(vectors[0] ?? []))).toBeCloseTo(1, 4)
		expect(usage).toMatchObject({ source: 'upstream', completionTokens: 0 })
		await engine.close()
	})
	test('are not supported for token ids, nor on Google Cloud', async () => {
		const engine = open()
		expect(await thrownBy(engine.embed({ model: 'm', inputs: [[1, 2]] }, call()))).toMatchObject({
			kind: 'unsupported',
		})
		await engine.close()
		const cloud = open({ service: 'vertex' })
		expect(await thrownBy(cloud.embed({ model: 'm', inputs: ['a'] }, call()))).toMatchObject({
			kind: 'wrong-operation',
		})
		await cloud.close()
	})
	test('are rejected if some are missing or invalid', async () => {
		for (const answer of [{}, { embeddings: [{ values: [1] }, { values: [] }] }, { embeddings: [{ values: ['x'] }] }])
			await against(
				() => Response.json(answer),
				async (engine) =>
					expect(await thrownBy(engine.embed({ model: 'm', inputs: ['a', 'b'] }, call()))).toMatchObject({
						kind: 'upstream-failed',
						sent: 'yes',
					}),
			)
	})
})

describe('failures', () => {
	for (const [kind, status] of [
		['rate-limited', 'nothing'],
		['unavailable', 'nothing'],
		['upstream-timeout', 'maybe'],
		['internal', 'maybe'],
	] as const)
		test(`${kind} before the response`, async () => {
			const engine = open()
			const error = await thrownBy(engine.chat(request(`echo:error ${kind}`), call()))
			expect(error).toMatchObject({ kind: kind === 'internal' ? 'upstream-failed' : kind, sent: status })
			await engine.close()
		})

	test('in the middle of the response', async () => {
		const engine = open()
		const events = await Array.fromAsync(
			eventsOf(await engine.chat(request('echo:error-after 2 unavailable\none two three'), call())),
		)
		expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'unavailable', sent: 'yes' } })
		expect(events.filter(({ type }) => type === 'part-delta').length).toBe(2)
		await engine.close()
	})

	test('a rejected key is reported to the operator and never shown', async () => {
		const alarms: string[] = []
		const engine = open({ key: new Secret('AIza-wrong-key'), alarm: (message) => alarms.push(message) })
		const error = await thrownBy(engine.chat(request('hi'), call()))
		expect(error).toMatchObject({ kind: 'upstream-failed', code: 'upstream_credentials_refused' })
		expect(`${error.message}${error.cause}${alarms}`).not.toContain('AIza-wrong-key')
		expect(alarms.length).toBe(1)
		await engine.close()
	})

	test('a stream that is truncated between events, or within one, ends with an error', async () => {
		const chunk = `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: 'a' }] } }] })}\r\n\r\n`
		for (const body of [chunk, chunk + chunk.slice(0, 20)]) {
			const events = await against(
				() => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
				async (engine) => Array.fromAsync(eventsOf(await engine.chat(request('hi'), call()))),
			)
			expect(events.map(({ type }) => type)).toEqual(['start', 'part-start', 'part-delta', 'error'])
			expect(events[3]).toMatchObject({ error: { kind: 'upstream-failed', sent: 'yes' } })
		}
	})

	test('an invalid response is thrown', async () => {
		for (const body of ['', '<html>', '{}', '[]', 'null'])
			await against(
				() => new Response(body, { headers: { 'content-type': 'application/json' } }),
				async (engine) =>
					expect(await thrownBy(engine.chat(request('hi'), call()))).toMatchObject({ kind: 'upstream-failed' }),
			)
	})
})
