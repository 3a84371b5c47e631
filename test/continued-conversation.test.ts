// A stored conversation that is continued: the parts of its answers return to the service that made them, unchanged and
// in the same order, also after another service continued it. On both databases.

import { afterAll, describe, expect, test } from 'bun:test'
import { freshDatabase, postgresServer } from '../src/stores/postgres/server.testing.ts'
import { startServer, type TestServer } from './server.ts'

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }

/** The first answer: reasoning between text and calls, and a tool that the provider runs. */
const interleaved = [
	{ type: 'thinking', thinking: 'A picture.', signature: 'c2lnMQ==' },
	{ type: 'text', text: 'I search first.' },
	{ type: 'redacted_thinking', data: 'c2VjcmV0' },
	{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'weather Köln' } },
	{
		type: 'web_search_tool_result',
		tool_use_id: 'srvtoolu_1',
		content: [{ type: 'web_search_result', title: 'W', url: 'https://w.example', encrypted_content: 'ZW5j' }],
	},
	{ type: 'thinking', thinking: 'Now two tools.', signature: 'c2lnMg==' },
	{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Köln', exact: true } },
	{ type: 'thinking', thinking: 'And the other.', signature: 'c2lnMw==' },
	{ type: 'tool_use', id: 'toolu_2', name: 'map', input: {} },
]

/** The messages that each service received, by request. */
const received: { readonly anthropic: unknown[]; readonly openai: unknown[] } = { anthropic: [], openai: [] }

function eventsOf(content: readonly { readonly [name: string]: unknown }[], stop: string): string {
	const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
	const blocks = content.map((block, index) => {
		const delta = (given: object) => event('content_block_delta', { index, delta: given })
		const pieces = () => {
			switch (block.type) {
				case 'thinking':
					return (
						event('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } }) +
						delta({ type: 'thinking_delta', thinking: block.thinking }) +
						delta({ type: 'signature_delta', signature: block.signature })
					)
				case 'text':
					return (
						event('content_block_start', { index, content_block: { type: 'text', text: '' } }) +
						delta({ type: 'text_delta', text: block.text })
					)
				case 'tool_use':
				case 'server_tool_use':
					return (
						event('content_block_start', { index, content_block: { ...block, input: {} } }) +
						delta({ type: 'input_json_delta', partial_json: JSON.stringify(block.input) })
					)
				default:
					return event('content_block_start', { index, content_block: block })
			}
		}
		return pieces() + event('content_block_stop', { index })
	})
	const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'a', content: [], stop_reason: null }
	return [
		event('message_start', { message: { ...message, usage: { input_tokens: 1, output_tokens: 1 } } }),
		...blocks,
		event('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 9 } }),
		event('message_stop', {}),
	].join('')
}

const services = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		const body = (await request.json()) as { readonly stream?: boolean; readonly messages: readonly unknown[] }
		if (new URL(request.url).pathname.startsWith('/openai')) {
			received.openai.push(body.messages)
			const message = { role: 'assistant', content: 'It rains.' }
			const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
			const head = { id: 'x', object: 'chat.completion', created: 1, model: 'o' }
			return Response.json({ ...head, choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
		}
		const isFirst = body.messages.length === 1
		received.anthropic.push(body.messages)
		const content = isFirst ? interleaved : [{ type: 'text', text: 'It is 9 °C.' }]
		const stop = isFirst ? 'tool_use' : 'end_turn'
		if (body.stream === true)
			return new Response(eventsOf(content, stop), { headers: { 'content-type': 'text/event-stream' } })
		const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'a', stop_reason: stop, stop_sequence: null }
		return Response.json({ ...head, content, usage: { input_tokens: 1, output_tokens: 9 } })
	},
})
afterAll(() => services.stop(true))

const upstreams = `
models: { a: { route: [a] }, o: { route: [o] } }
upstreams:
  a: { engine: anthropic, url: '${services.url}anthropic/v1', key: k }
  o: { engine: openai-compatible, url: '${services.url}openai/v1' }
`

const question = { role: 'user', content: [{ type: 'text', text: 'What is the weather here?' }, image] }
const results = {
	role: 'user',
	content: [
		{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '9 °C' }] },
		{ type: 'tool_result', tool_use_id: 'toolu_2', is_error: true, content: [{ type: 'text', text: 'no map' }, image] },
	],
}

/** @returns the response, whose body was read. */
async function send(server: TestServer, model: string, message: object, conversation: string, stream: boolean) {
	const tools = ['weather', 'map'].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }))
	const response = await server.call(
		'/anthropic/v1/messages',
		{ model, max_tokens: 100, stream, tools, messages: [message] },
		{ 'x-dragoman-conversation': conversation },
	)
	expect(await response.text()).not.toContain('"type":"error"')
	return response
}

function continuationTests(name: string, database: () => Promise<{ readonly config: string; drop(): Promise<void> }>) {
	describe(`a conversation in ${name}`, () => {
		test.each([
			['a unary answer', false],
			['a streamed answer', true],
		])(
			'continues after %s with the same parts',
			async (_, stream) => {
				const { config, drop } = await database()
				const server = await startServer({ config: config + upstreams })
				try {
					const first = await send(server, 'a', question, 'new', stream)
					const conversation = first.headers.get('x-dragoman-conversation') ?? ''
					await send(server, 'a', results, conversation, stream)
					expect(received.anthropic.at(-1)).toEqual([question, { role: 'assistant', content: interleaved }, results])

					const other = await send(server, 'o', { role: 'user', content: 'And tomorrow?' }, conversation, stream)
					expect(JSON.stringify(received.openai.at(-1))).not.toMatch(/c2lnM|c2VjcmV0|srvtoolu/)
					expect(other.headers.get('x-dragoman-dropped')).not.toBeNull()

					await send(server, 'a', { role: 'user', content: 'Thanks.' }, conversation, stream)
					expect(received.anthropic.at(-1)).toEqual([
						question,
						{ role: 'assistant', content: interleaved },
						results,
						{ role: 'assistant', content: [{ type: 'text', text: 'It is 9 °C.' }] },
						{ role: 'user', content: [{ type: 'text', text: 'And tomorrow?' }] },
						{ role: 'assistant', content: [{ type: 'text', text: 'It rains.' }] },
						{ role: 'user', content: [{ type: 'text', text: 'Thanks.' }] },
					])
				} finally {
					await server.stop()
					await drop()
				}
			},
			60_000,
		)
	})
}

continuationTests('SQLite', async () => ({ config: '', drop: async () => undefined }))

if (postgresServer !== undefined)
	continuationTests('PostgreSQL', async () => {
		const { url, drop } = await freshDatabase(postgresServer as string)
		return { config: `database: ${url}\n`, drop }
	})
