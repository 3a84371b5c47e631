// Turns of Anthropic's API over sockets: an answer with every kind of block, read by Anthropic's SDK, returns to its
// upstream unchanged; after a fail-over its signatures do not reach another service; and torn arguments of a chat
// upstream arrive in one block.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { isObject } from '../src/chat/json.ts'
import { startServer, type TestServer } from './server.ts'

const citation = { type: 'web_search_result_location', cited_text: 'x', url: 'https://x.example', title: 'X' }
const turn = [
	{ type: 'thinking', thinking: 'First.', signature: 'U0lHMQ==' },
	{ type: 'text', text: 'I look.', citations: [citation] },
	{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
	{ type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ type: 'web_search_result', url: 'u' }] },
	{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 1 }, caller: { type: 'direct' } },
	{ type: 'thinking', thinking: 'Then.', signature: 'U0lHMg==' },
	{ type: 'tool_use', id: 'toolu_2', name: 'look', input: {}, caller: { type: 'direct' } },
	{ type: 'redacted_thinking', data: 'ZGF0YQ==' },
	{ type: 'text', text: 'Done.' },
]

/** The events of `block`, whose content is in its deltas. */
function eventsOf(block: (typeof turn)[number], index: number): readonly object[] {
	const start = (fields: object) => ({ type: 'content_block_start', index, content_block: { ...block, ...fields } })
	const delta = (fields: object) => ({ type: 'content_block_delta', index, delta: fields })
	const stop = { type: 'content_block_stop', index }
	const { text, thinking, signature, input, citations = [] } = block
	if (text !== undefined)
		return [
			start({ text: '', citations: null }),
			delta({ type: 'text_delta', text }),
			...citations.map((one) => delta({ type: 'citations_delta', citation: one })),
			stop,
		]
	if (thinking !== undefined)
		return [
			start({ thinking: '', signature: '' }),
			delta({ type: 'thinking_delta', thinking }),
			delta({ type: 'signature_delta', signature }),
			stop,
		]
	if (input === undefined) return [start({}), stop]
	return [start({ input: {} }), delta({ type: 'input_json_delta', partial_json: JSON.stringify(input) }), stop]
}

function eventStream(events: readonly object[]): Response {
	const text = events
		.map((event) => `event: ${Reflect.get(event, 'type') ?? 'message'}\ndata: ${JSON.stringify(event)}\n\n`)
		.join('')
	return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_reason: 'tool_use' }
const usage = { input_tokens: 25, output_tokens: 3 }

function listenMessages() {
	const service = { sent: {} as unknown, isDown: false }
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			if (service.isDown) return Response.json({ type: 'error', error: { type: 'api_error' } }, { status: 500 })
			service.sent = await request.json()
			if (!isObject(service.sent) || service.sent.stream !== true)
				return Response.json({ ...head, content: turn, usage })
			return eventStream([
				{ type: 'message_start', message: { ...head, content: [], stop_reason: null, usage } },
				...turn.flatMap(eventsOf),
				{ type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage },
				{ type: 'message_stop' },
			])
		},
	})
	return { service, server }
}

const [first, second] = [listenMessages(), listenMessages()]
const chunk = (delta: object, finish_reason: string | null = null) => ({
	id: 'c',
	object: 'chat.completion.chunk',
	choices: [{ index: 0, delta, finish_reason }],
})
const torn = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	fetch: () =>
		eventStream([
			chunk({
				tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'look', arguments: '{"city"' } }],
			}),
			chunk({ content: '\n' }),
			chunk({ tool_calls: [{ index: 0, function: { arguments: ': "Paris"}' } }] }),
			chunk({}, 'tool_calls'),
		]),
})

let server: TestServer
let client: Anthropic
beforeAll(async () => {
	server = await startServer({
		config: `
models:
  single: { route: [first] }
  pair: { route: [first, second] }
  torn: { route: [torn] }
upstreams:
  first: { engine: anthropic, url: http://127.0.0.1:${first.server.port}/v1, key: k, model: claude }
  second: { engine: anthropic, url: http://127.0.0.1:${second.server.port}/v1, key: k, model: claude }
  torn: { engine: openai-compatible, url: http://127.0.0.1:${torn.port}/v1 }
`,
	})
	client = new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 0 })
})
afterAll(async () => {
	await server.stop()
	await Promise.all([first.server.stop(true), second.server.stop(true), torn.stop(true)])
})

type Messages = Anthropic.MessageCreateParams['messages']
const request = (model: string, messages: Messages = [{ role: 'user', content: 'hi' }]) => ({
	model,
	max_tokens: 100,
	messages,
	tools: [{ name: 'look', input_schema: { type: 'object' as const } }],
})

async function contentOf(model: string, isStreamed: boolean): Promise<Anthropic.Message['content']> {
	const message = isStreamed
		? await client.messages.stream(request(model)).finalMessage()
		: await client.messages.create(request(model))
	return JSON.parse(JSON.stringify(message.content))
}

/** Sends the turn back with the results of its calls; returns what the service receives of it. */
async function sendBack({ service }: typeof first, model: string, content: Anthropic.Message['content']) {
	const results = ['toolu_1', 'toolu_2'].map((tool_use_id) => ({ type: 'tool_result' as const, tool_use_id }))
	await client.messages.create(
		request(model, [
			{ role: 'user', content: 'hi' },
			{ role: 'assistant', content },
			{ role: 'user', content: results },
		]),
	)
	const messages = isObject(service.sent) && Array.isArray(service.sent.messages) ? service.sent.messages : []
	return messages[1]?.content
}

const direct = turn.map(({ caller: _, ...block }) => block)

describe.each([true, false])('a turn, streamed: %p', (isStreamed) => {
	test('reaches the client, and returns to its upstream, unchanged', async () => {
		const content = await contentOf('single', isStreamed)
		expect(content).toEqual(JSON.parse(JSON.stringify(turn)))
		expect(await sendBack(first, 'single', content)).toEqual(direct)
	})
	test('loses its thinking after a fail-over, and only then', async () => {
		const content = await contentOf('pair', isStreamed)
		expect(await sendBack(first, 'pair', content)).toEqual(direct)
		first.service.isDown = true
		const received = await sendBack(second, 'pair', content)
		first.service.isDown = false
		expect(received).toEqual(direct.filter(({ type }) => type !== 'thinking' && type !== 'redacted_thinking'))
	})
})

test('the torn arguments of a call arrive in one block', async () => {
	const content = await contentOf('torn', true)
	expect(content).toMatchObject([{ type: 'tool_use', name: 'look', input: { city: 'Paris' } }, { type: 'text' }])
})
