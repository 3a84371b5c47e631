// What a chat client sends beyond OpenAI's API, through the whole server: what an upstream of the same wire receives,
// what one of another wire receives and the header reports, and which upstreams are left out.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { startServer, type TestServer } from './server.ts'

const bodySchema = z.looseObject({ messages: z.array(z.unknown()) })
const bodies: z.infer<typeof bodySchema>[] = []
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, input_tokens: 1, output_tokens: 1 }
const upstream = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		bodies.push(bodySchema.parse(await request.json()))
		if (request.url.endsWith('/messages'))
			return Response.json({
				id: 'x',
				type: 'message',
				role: 'assistant',
				model: 'm',
				content: [{ type: 'text', text: 'ok' }],
				stop_reason: 'end_turn',
				stop_sequence: null,
				usage,
			})
		const message = { role: 'assistant', content: 'ok' }
		const choices = [{ index: 0, message, finish_reason: 'stop' }]
		return Response.json({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage })
	},
})
let server: TestServer

beforeAll(async () => {
	const url = `http://127.0.0.1:${upstream.port}/v1`
	server = await startServer({
		config: `models: { relay: { route: [echo, relay] }, strict: { route: [echo] }, claude: { route: [claude] } }
upstreams:
  relay: { engine: openai-compatible, url: "${url}" }
  echo: { engine: echo }
  claude: { engine: anthropic, url: "${url}" }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

async function send(model: string, fields: object) {
	bodies.length = 0
	const response = await fetch(`${server.url}/v1/chat/completions`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${server.key}` },
		body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], ...fields }),
	})
	const dropped = response.headers.get('x-dragoman-dropped')?.split(', ') ?? []
	return { status: response.status, body: await response.text(), dropped, received: bodies[0] }
}
const prompt = (...parts: readonly object[]) => ({ messages: [{ role: 'user', content: parts }] })
const video = { type: 'video_url', video_url: { url: 'https://x.test/v.mp4' } }
const text = { type: 'text', text: 'Hi' }

describe('a request that breaks a rule of OpenAI', () => {
	test('is answered by the upstream that accepts more', async () => {
		const { status, received } = await send('relay', prompt(text, video))
		expect({ status, messages: received?.messages }).toEqual({ status: 200, messages: prompt(text, video).messages })
	})

	test('is refused if every upstream is strict', async () => {
		const { status, body } = await send('strict', prompt(text, video))
		expect(status).toBe(400)
		expect(body).toContain("Invalid value: 'video_url'.")
	})

	test('is refused by an upstream of another wire that cannot express it', async () => {
		expect((await send('claude', prompt(text, video))).status).toBe(400)
		const format = { response_format: { type: 'structural_tag', structures: [] } }
		expect((await send('claude', format)).body).toContain('response format')
	})

	test('is rejected for every upstream if it is malformed', async () => {
		for (const model of ['relay', 'strict', 'claude'])
			expect((await send(model, prompt({ type: 'text' }))).status).toBe(400)
	})
})

describe('unknown fields', () => {
	const fields = {
		messages: [
			{ role: 'user', content: [{ ...text, cache_control: { type: 'ephemeral' }, x: 1 }] },
			{ role: 'assistant', content: 'The answer', prefix: true },
		],
		reasoning: { exclude: true },
	}

	test('reach an upstream of the same wire', async () => {
		const { received, dropped } = await send('relay', { ...fields, temperature: 3 })
		expect(received).toMatchObject({ ...fields, temperature: 3 })
		expect(dropped).toEqual([])
	})

	test('are reported by an upstream of another wire, which receives cache marks', async () => {
		const { received, dropped } = await send('claude', fields)
		expect(received?.messages[0]).toEqual({
			role: 'user',
			content: [{ ...text, cache_control: { type: 'ephemeral' } }],
		})
		expect(dropped.toSorted()).toEqual(['messages[0].content[0].x', 'messages[1].prefix', 'reasoning.exclude'])
	})
})
