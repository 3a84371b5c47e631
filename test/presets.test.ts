// Presets and denied fields through the whole server: what an upstream receives of an agent's requests, and what the
// agent gets back.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { z } from 'zod'
import { startServer, type TestServer } from './server.ts'

const bodySchema = z.looseObject({ messages: z.array(z.json()) })
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
let received: z.infer<typeof bodySchema> | undefined
const upstream = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		received = bodySchema.parse(await request.json())
		const call = {
			id: 'call_1',
			type: 'function',
			function: { name: 'apply_patch', arguments: '{"input":"*** Begin"}' },
		}
		if (received.stream === true) {
			const chunk = (delta: object, finish_reason: string | null) =>
				`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
			const start = { index: 0, ...call, function: { ...call.function, arguments: '{"input":' } }
			const rest = { index: 0, function: { arguments: '"*** Begin"}' } }
			const counts = `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage })}\n\n`
			const chunks = [
				chunk({ role: 'assistant', content: null, tool_calls: [start] }, null),
				chunk({ tool_calls: [rest] }, null),
			]
			return new Response(`${chunks.join('')}${chunk({}, 'tool_calls')}${counts}data: [DONE]\n\n`, {
				headers: { 'content-type': 'text/event-stream' },
			})
		}
		const message = received.tools === undefined ? { content: 'ok' } : { content: null, tool_calls: [call] }
		return Response.json({
			id: 'x',
			object: 'chat.completion',
			created: 1,
			model: 'm',
			choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
			usage,
		})
	},
})
let server: TestServer

beforeAll(async () => {
	const url = `http://127.0.0.1:${upstream.port}/v1`
	server = await startServer({
		config: `models: { qwen: { route: [vllm] }, mistral: { route: [mistral] } }
upstreams:
  vllm: { engine: openai-compatible, preset: vllm, url: "${url}", textContent: string, deny: [user] }
  mistral: { engine: openai-compatible, preset: mistral, url: "${url}" }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

function post(path: string, body: object): Promise<Response> {
	return fetch(server.url + path, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${server.key}` },
		body: JSON.stringify(body),
	})
}

/**
 * A turn of a coding agent: several blocks of instructions, some within the conversation, a failed tool, no thinking.
 */
const agentTurn = {
	max_tokens: 100,
	thinking: { type: 'disabled' },
	metadata: { user_id: 'u'.repeat(186) },
	system: [
		{ type: 'text', text: 'A.' },
		{ type: 'text', text: 'B.', cache_control: { type: 'ephemeral' } },
	],
	messages: [
		{ role: 'user', content: 'hi' },
		{ role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
		{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'boom', is_error: true }] },
		{ role: 'system', content: 'C.' },
	],
}

test('a turn of a coding agent, for vLLM', async () => {
	const response = await post('/v1/messages', { model: 'qwen', ...agentTurn })
	expect(response.status).toBe(200)
	expect(received?.messages).toEqual([
		{ role: 'system', content: 'A.\nB.' },
		{ role: 'user', content: 'hi' },
		{
			role: 'assistant',
			content: null,
			tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
		},
		{ role: 'tool', tool_call_id: 'toolu_1', content: 'Error: boom' },
		{ role: 'user', content: '<system>\nC.\n</system>' },
	])
	expect(received).toMatchObject({ chat_template_kwargs: { enable_thinking: false } })
	expect(received).not.toHaveProperty('user')
	expect(response.headers.get('x-dragoman-dropped')).toBe('cache_control, user')
})

test('what a server rejects is left out and listed', async () => {
	const response = await post('/v1/messages', { model: 'mistral', ...agentTurn })
	expect(received).not.toHaveProperty('user')
	expect(response.headers.get('x-dragoman-dropped')).toBe('cache_control, reasoning_effort, user')
})

test('a custom tool is a function for the server and custom for the agent', async () => {
	const response = await post('/v1/responses', {
		model: 'qwen',
		input: 'patch it',
		tools: [{ type: 'custom', name: 'apply_patch', description: 'Applies a patch.' }],
	})
	expect(received?.tools).toMatchObject([{ type: 'function', function: { name: 'apply_patch' } }])
	expect(await response.json()).toMatchObject({
		output: [{ type: 'custom_tool_call', call_id: 'call_1', name: 'apply_patch', input: '*** Begin' }],
	})
})

const chatRequest = {
	model: 'qwen',
	messages: [{ role: 'user', content: 'patch it' }],
	tools: [{ type: 'custom', custom: { name: 'apply_patch' } }],
}

test('a custom tool of a chat client is custom in the answer, not as the server wrote it', async () => {
	const response = await post('/v1/chat/completions', chatRequest)
	expect(await response.json()).toMatchObject({
		choices: [
			{
				message: {
					tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'apply_patch', input: '*** Begin' } }],
				},
			},
		],
	})
})

test('the same in a stream', async () => {
	const text = await (await post('/v1/chat/completions', { ...chatRequest, stream: true })).text()
	expect(text).toContain('"type":"custom"')
	expect(text).toContain('*** Begin')
	expect(text).not.toContain('"function"')
})
