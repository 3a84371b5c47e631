// Scale's documented example on real sockets: the same question, an upstream that gives the same answer, and the same
// bytes. The upstream reports no usage, so the numbers are counted here.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { at } from './dialect-clients/dialect-client.ts'
import { startServer, type TestServer } from './server.ts'

const documented =
	"Hello! I'm an AI assistant here to help you with your questions. I can provide information, answer queries, assist with tasks, and engage in conversation on a wide range of topics. How can I assist you today?"

const upstream = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		const stream = at(await request.json(), 'stream') === true
		const head = { id: 'x', created: 1, model: 'm' }
		if (!stream)
			return Response.json({
				...head,
				object: 'chat.completion',
				choices: [{ index: 0, message: { role: 'assistant', content: documented }, finish_reason: 'stop' }],
			})
		const chunk = (delta: object, finish_reason: string | null) =>
			`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
		const words = documented.split(/(?<= )/)
		const text = `${words.map((content) => chunk({ content }, null)).join('')}${chunk({}, 'stop')}data: [DONE]\n\n`
		return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
	},
})
let server: TestServer

beforeAll(async () => {
	server = await startServer({
		config: `
models: { gpt-3.5-turbo-0613: { route: [m], tokenizer: cl100k_base } }
upstreams: { m: { engine: openai-compatible, url: '${upstream.url}v1' } }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

function send(more: object = {}): Promise<Response> {
	return fetch(`${server.url}/egp/v1/chat-completions`, {
		method: 'POST',
		headers: { accept: 'application/json', 'content-type': 'application/json', 'x-api-key': server.key },
		body: JSON.stringify({
			model: 'gpt-3.5-turbo-0613',
			messages: [{ role: 'user', content: 'Hello, what can you do?' }],
			...more,
		}),
	})
}

const usage = { prompt: 71, completion: 45, total: 116 }

test('the documented question has the documented answer, with its 71, 45 and 116 tokens', async () => {
	const response = await send()
	expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
	expect(await response.text()).toBe(
		JSON.stringify({
			chat_completion: { message: { role: 'agent', content: documented, tool_request: null }, finish_reason: null },
			token_usage: usage,
		}),
	)
})

test('and so has its stream', async () => {
	const text = await (await send({ stream: true })).text()
	expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('data: {'))).toEqual([])
	const events: unknown[] = text
		.split('\n\n')
		.filter((event) => event !== '')
		.map((event) => JSON.parse(event.slice('data: '.length)))
	expect(events.map((event) => at(event, 'chat_completion', 'message', 'content')).join('')).toBe(documented)
	expect(events.slice(0, -1).every((event) => at(event, 'token_usage') === null)).toBe(true)
	expect(at(events.at(-1), 'token_usage')).toEqual(usage)
})

test('the account of a call is in the request log', async () => {
	const response = await send({ account_id: 'team-7' })
	const id = response.headers.get('x-request-id')
	await response.text()
	while (!server.log().includes(`"request":"${id}"`)) await Bun.sleep(5)
	const line = server
		.log()
		.split('\n')
		.find((one) => one.includes(`"request":"${id}"`))
	expect(JSON.parse(line ?? '{}')).toMatchObject({ labels: { account: 'team-7' } })
})
