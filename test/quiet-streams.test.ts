// Streams of a real server whose upstream is silent for longer than `limits.keepAliveMs`: before its headers, and
// between its headers and its first token.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { rejection } from '../src/system/rejection.testing.ts'
import { startServer, type TestServer } from './server.ts'

const encoder = new TextEncoder()

function chunk(delta: object, finish: string | null = null): string {
	const choices = [{ index: 0, delta, finish_reason: finish }]
	const fields = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices }
	return `data: ${JSON.stringify(fields)}\n\n`
}

const answer = `${chunk({ role: 'assistant', content: 'late' })}${chunk({}, 'stop')}data: [DONE]\n\n`
const failure = { error: { message: 'The model is broken.', type: 'server_error', code: null, param: null } }

/** What the upstream does with its next request. */
type Silence = 'before its headers' | 'after its headers' | 'before a failure'

/** An upstream that is silent until the test releases it. */
function openUpstream() {
	let silence: Silence = 'before its headers'
	let gate = Promise.withResolvers<void>()
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		idleTimeout: 0,
		async fetch(request) {
			if (!request.url.endsWith('/chat/completions')) return new Response('{}', { status: 404 })
			await request.text()
			const { promise } = gate
			const headers = { 'content-type': 'text/event-stream' }
			if (silence === 'after its headers') {
				const body = async function* () {
					yield encoder.encode(': accepted\n\n')
					await promise
					yield encoder.encode(answer)
				}
				return new Response(body(), { headers })
			}
			await promise
			if (silence === 'before a failure') return Response.json(failure, { status: 500 })
			return new Response(answer, { headers })
		},
	})
	return {
		url: `http://127.0.0.1:${server.port}/v1`,
		silent(next: Silence) {
			silence = next
			gate = Promise.withResolvers()
		},
		release: () => gate.resolve(),
		stop: () => server.stop(true),
	}
}

const messages = [{ role: 'user' as const, content: 'hi' }]
const dialects = {
	'chat completions': {
		path: '/v1/chat/completions',
		body: { messages },
		headers: {},
		heartbeat: ': keep-alive\n\n',
	},
	responses: { path: '/v1/responses', body: { input: 'hi' }, headers: {}, heartbeat: ': keep-alive\n\n' },
	messages: {
		path: '/v1/messages',
		body: { max_tokens: 50, messages },
		headers: { 'anthropic-version': '2023-06-01' },
		heartbeat: 'event: ping\ndata: {"type":"ping"}\n\n',
	},
}

let upstream: ReturnType<typeof openUpstream>
let server: TestServer
beforeAll(async () => {
	upstream = openUpstream()
	server = await startServer({
		config: `
upstreams:
  slow: { engine: openai-compatible, url: '${upstream.url}', breaker: { failures: 100 } }
models:
  m: { route: [slow] }
limits: { keepAliveMs: 100 }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop()
})

type Reader = ReturnType<typeof readerOf>

function readerOf({ body }: Response) {
	if (body === null) throw new Error('the response has no body')
	return body.getReader()
}

/** Reads until `part` was sent. */
async function readUntil(reader: Reader, part: string): Promise<string> {
	const decoder = new TextDecoder()
	let text = ''
	while (!text.includes(part)) {
		const { value, done } = await reader.read()
		if (done) throw new Error(`the stream ended without ${part}: ${text}`)
		text += decoder.decode(value, { stream: true })
	}
	return text
}

for (const [name, { path, body, headers, heartbeat }] of Object.entries(dialects))
	describe(name, () => {
		for (const silence of ['before its headers', 'after its headers'] as const)
			test(`an upstream that is silent ${silence} costs the client no connection`, async () => {
				upstream.silent(silence)
				const response = await server.call(path, { model: 'm', stream: true, ...body }, headers)
				expect(response.status).toBe(200)
				const reader = readerOf(response)
				// Two, so that the test sees more than the first heartbeat.
				expect(await readUntil(reader, heartbeat + heartbeat)).toStartWith(heartbeat)
				upstream.release()
				await readUntil(reader, 'late')
			})

		test('a failure of the upstream after that is an event', async () => {
			upstream.silent('before a failure')
			const response = await server.call(path, { model: 'm', stream: true, ...body }, headers)
			const reader = readerOf(response)
			await readUntil(reader, heartbeat)
			upstream.release()
			await readUntil(reader, 'failed with status 500')
		})
	})

describe('official clients', () => {
	test('read such streams: OpenAI', async () => {
		const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
		upstream.silent('before its headers')
		// The response is committed while the upstream is silent.
		const chat = await client.chat.completions.create({ model: 'm', messages, stream: true })
		upstream.release()
		let text = ''
		for await (const { choices } of chat) text += choices[0]?.delta.content ?? ''
		expect(text).toBe('late')
		upstream.silent('before its headers')
		const response = await client.responses.create({ model: 'm', input: 'hi', stream: true })
		upstream.release()
		const types: string[] = []
		for await (const { type } of response) types.push(type)
		expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed'])
	})

	test('throw a later failure: OpenAI', async () => {
		const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
		upstream.silent('before a failure')
		const chat = await client.chat.completions.create({ model: 'm', messages, stream: true })
		upstream.release()
		expect((await rejection(Array.fromAsync(chat))).message).toContain('failed with status 500')
		upstream.silent('before a failure')
		const response = await client.responses.create({ model: 'm', input: 'hi', stream: true })
		upstream.release()
		expect((await rejection(Array.fromAsync(response))).message).toContain('failed with status 500')
	})

	test('read such streams, and throw a later failure: Anthropic', async () => {
		const client = new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 0 })
		upstream.silent('before its headers')
		const stream = client.messages.stream({ model: 'm', max_tokens: 50, messages })
		await stream.withResponse()
		upstream.release()
		expect(await stream.finalText()).toBe('late')
		upstream.silent('before a failure')
		const failing = client.messages.stream({ model: 'm', max_tokens: 50, messages })
		await failing.withResponse()
		upstream.release()
		expect((await rejection(failing.finalText())).message).toContain('failed with status 500')
	})
})
