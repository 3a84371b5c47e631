// Anthropic's Messages API over sockets, as far as its clients do not show it: which dialect is meant, what an upstream
// of another wire is sent, conversations, quiet streams, and the request of Claude Code.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startServer, type TestServer } from './server.ts'

let server: TestServer
let upstream: ReturnType<typeof Bun.serve>
/** What the upstream was sent last. */
let sent: Record<string, unknown> = {}
let sentBetas: string | null = null
const theirMessage = {
	id: 'msg_theirs',
	type: 'message',
	role: 'assistant',
	model: 'theirs-20260101',
	content: [
		{ type: 'text', text: 'It says', citations: [{ type: 'char_location', cited_text: 'facts', document_index: 0 }] },
		{ type: 'thinking', thinking: 'late', signature: 'c2ln' },
	],
	stop_reason: 'pause_turn',
	stop_sequence: null,
	context_management: { applied_edits: [] },
	usage: { input_tokens: 25, output_tokens: 3, cache_read_input_tokens: 5, service_tier: 'batch' },
}
const version = { 'anthropic-version': '2023-06-01' }

beforeAll(async () => {
	upstream = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			sent = JSON.parse(await request.text())
			sentBetas = request.headers.get('anthropic-beta')
			if (request.url.endsWith('/messages')) return Response.json(theirMessage)
			return Response.json({
				id: 'chatcmpl-x',
				object: 'chat.completion',
				created: 1,
				model: 'theirs',
				choices: [{ index: 0, message: { role: 'assistant', content: 'Bonjour' }, finish_reason: 'stop' }],
				usage: {
					prompt_tokens: 14,
					completion_tokens: 2,
					total_tokens: 16,
					prompt_tokens_details: { cached_tokens: 4 },
				},
			})
		},
	})
	server = await startServer({
		config: `
limits: { keepAliveMs: 30 }
models:
  echo: { route: [echo], retry: { attempts: 1 } }
  capture: { route: [capture] }
  same: { route: [same] }
upstreams:
  echo: { engine: echo }
  capture: { engine: openai-compatible, url: http://127.0.0.1:${upstream.port}/v1 }
  same: { engine: anthropic, url: http://127.0.0.1:${upstream.port}/v1, key: k, model: theirs }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

const message = (content: unknown) => ({ role: 'user', content })
const question = (content: unknown, fields: object = {}) => ({
	model: 'echo',
	max_tokens: 100,
	messages: [message(content)],
	...fields,
})

async function post(body: unknown, headers: Record<string, string> = {}, path = '/v1/messages') {
	const response = await server.call(path, body, { ...version, ...headers })
	return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

async function get(path: string, headers: Record<string, string> = {}) {
	const response = await server.call(path, undefined, headers)
	return { status: response.status, body: JSON.parse(await response.text()) }
}

describe('the selected dialect', () => {
	test('the version header selects the dialect of shared paths', async () => {
		expect((await get('/v1/models')).body).toMatchObject({ object: 'list' })
		expect((await get('/v1/models', version)).body).toMatchObject({
			has_more: false,
			first_id: 'echo',
			last_id: 'same',
		})
		expect((await get('/anthropic/v1/models')).body).toMatchObject({ has_more: false })
	})
	test('a path of this dialect alone needs no header', async () => {
		const response = await server.call('/v1/messages', question('hi'))
		expect(await response.json()).toMatchObject({ type: 'message' })
	})
	test('unknown routes return its error format, with the id of the request', async () => {
		for (const { status, body } of [await get('/v1/nothing', version), await get('/anthropic/v1/nothing')]) {
			expect(status).toBe(404)
			expect(body).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
			expect(body.request_id).toMatch(/^req_/)
		}
	})
	test('every answer has its id in the header that SDKs read', async () => {
		const { headers, body } = await post({})
		expect(headers.get('request-id')).toBe(body.request_id)
		expect(body.error).toEqual({ type: 'invalid_request_error', message: 'model: Field required' })
	})
})

describe('models', () => {
	test('are paginated', async () => {
		const first = await get('/anthropic/v1/models?limit=1')
		expect(first.body).toMatchObject({
			data: [{ type: 'model', id: 'echo' }],
			has_more: true,
			first_id: 'echo',
			last_id: 'echo',
		})
		const second = await get('/anthropic/v1/models?limit=1&after_id=echo')
		expect(second.body).toMatchObject({ data: [{ id: 'capture' }], has_more: true })
		const none = await get('/anthropic/v1/models?after_id=same')
		expect(none.body).toEqual({ data: [], has_more: false, first_id: null, last_id: null })
	})
	test('reject invalid pages', async () => {
		for (const query of ['limit=0', 'limit=x', 'limit=1001'])
			expect((await get(`/anthropic/v1/models?${query}`)).status).toBe(400)
		expect((await get('/anthropic/v1/models?after_id=nope')).status).toBe(404)
		expect((await get('/anthropic/v1/models/nope')).body.error.type).toBe('not_found_error')
	})
})

describe('an upstream of another wire', () => {
	test('receives an equivalent request in its own format', async () => {
		const look = { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 1 } }
		const { status, body } = await post({
			model: 'capture',
			max_tokens: 50,
			system: 'Be brief.',
			temperature: 0.5,
			top_p: 0.9,
			stop_sequences: ['END'],
			metadata: { user_id: 'u1' },
			tools: [{ name: 'look', description: 'looks', input_schema: { type: 'object' } }],
			tool_choice: { type: 'any', disable_parallel_tool_use: true },
			messages: [
				message([
					{ type: 'text', text: 'What is it?' },
					{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
				]),
				{ role: 'assistant', content: [{ type: 'text', text: 'I look.' }, look] },
				message([
					{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'a cat' },
					{ type: 'text', text: 'Well?' },
				]),
			],
		})
		expect(status).toBe(200)
		expect(sent).toMatchObject({
			max_tokens: 50,
			temperature: 0.5,
			top_p: 0.9,
			stop: ['END'],
			user: 'u1',
			tool_choice: 'required',
			parallel_tool_calls: false,
			tools: [{ type: 'function', function: { name: 'look', description: 'looks', parameters: { type: 'object' } } }],
			messages: [
				{ role: 'system', content: 'Be brief.' },
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'What is it?' },
						{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
					],
				},
				{
					role: 'assistant',
					content: 'I look.',
					tool_calls: [{ id: 'toolu_1', function: { name: 'look', arguments: '{"at":1}' } }],
				},
				{ role: 'tool', tool_call_id: 'toolu_1', content: 'a cat' },
				{ role: 'user', content: 'Well?' },
			],
		})
		expect(body).toMatchObject({
			content: [{ type: 'text', text: 'Bonjour' }],
			stop_reason: 'end_turn',
			usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 2 },
		})
	})
	test('fields without an equivalent are reported', async () => {
		const document = {
			type: 'document',
			source: { type: 'text', media_type: 'text/plain', data: 'facts' },
			citations: { enabled: true },
		}
		const { headers } = await post(question([document, { type: 'text', text: 'echo:say ok' }]))
		expect(headers.get('x-dragoman-dropped')).toContain('citations')
	})
	test('fields without which the answer would be wrong are rejected', async () => {
		const { status, body } = await post(
			question('hi', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
		)
		expect(status).toBe(400)
		expect(body.error).toMatchObject({
			type: 'invalid_request_error',
			message: expect.stringContaining('web_search_20250305'),
		})
	})
})

describe('an upstream of the same wire', () => {
	const cache_control = { type: 'ephemeral', ttl: '1h' }
	const request = {
		model: 'same',
		max_tokens: 5000,
		system: [{ type: 'text', text: 'Be brief.', cache_control }],
		messages: [
			message('hello'),
			{
				role: 'assistant',
				content: [
					{ type: 'thinking', thinking: 'hm', signature: 'c2ln' },
					{ type: 'redacted_thinking', data: 'ZGF0YQ==' },
					{ type: 'tool_use', id: 'toolu_1', name: 'bash', input: { command: 'ls' } },
				],
			},
			message([
				{
					type: 'tool_result',
					tool_use_id: 'toolu_1',
					content: [{ type: 'text', text: 'no' }],
					is_error: true,
					cache_control,
				},
			]),
		],
		tools: [
			{ type: 'bash_20250124', name: 'bash' },
			{ name: 'look', input_schema: { type: 'object' }, input_examples: [{}] },
		],
		thinking: { type: 'adaptive', display: 'summarized' },
		output_config: { effort: 'high' },
		context_management: { edits: [] },
		service_tier: 'standard_only',
	}

	test('receives the request unchanged', async () => {
		const { status, headers } = await post(request, { 'anthropic-beta': 'one-2026-01-01,two-2026-02-02' })
		expect([status, headers.get('x-dragoman-dropped')]).toEqual([200, null])
		const { model, messages, ...rest } = request
		expect(sent).toMatchObject({ ...rest, model: 'theirs' })
		expect(sent.messages).toMatchObject([{ role: 'user' }, ...messages.slice(1)])
		expect(sentBetas?.split(',')).toEqual(['one-2026-01-01', 'two-2026-02-02'])
	})
	test('has its answer repeated, except for the model name', async () => {
		const { body } = await post(request)
		expect(body).toMatchObject({ ...theirMessage, id: expect.stringMatching(/^msg_[0-9a-f]{32}$/), model: 'same' })
	})
})

describe('conversations', () => {
	test('continue with the newest message only, in this dialect and in another, each turn with its instructions', async () => {
		const model = 'capture'
		const first = await post(question('I am Ada.', { model, system: 'Be brief.' }), {
			'x-dragoman-conversation': 'new',
		})
		const conversation = first.headers.get('x-dragoman-conversation') ?? ''
		expect(conversation).not.toBe('')
		await post(question('Who am I?', { model, system: 'Be kind.' }), { 'x-dragoman-conversation': conversation })
		expect(sent.messages).toEqual([
			{ role: 'system', content: 'Be kind.' },
			{ role: 'user', content: 'I am Ada.' },
			{ role: 'assistant', content: 'Bonjour' },
			{ role: 'user', content: 'Who am I?' },
		])
		const other = { model, messages: [message('Are you sure?')] }
		await server.call('/openai/v1/chat/completions', other, { 'x-dragoman-conversation': conversation })
		expect(sent.messages).toHaveLength(5)
		expect(sent.messages).toMatchObject([
			{ content: 'I am Ada.' },
			{},
			{ content: 'Who am I?' },
			{},
			{ content: 'Are you sure?' },
		])
	})
	test('a tool result continues from the stored call', async () => {
		const tools = [{ name: 'look', input_schema: { type: 'object' } }]
		const first = await post(question('echo:tool look {"at": 1}', { tools }), { 'x-dragoman-conversation': 'new' })
		const [call] = first.body.content
		const conversation = first.headers.get('x-dragoman-conversation') ?? ''
		const result = [{ type: 'tool_result', tool_use_id: call.id, content: 'a cat' }]
		const second = await post(question(result, { tools }), { 'x-dragoman-conversation': conversation })
		expect(second.body.content).toMatchObject([{ type: 'text', text: 'a cat' }])
	})
})

describe('streams', () => {
	test('that are idle receive pings', async () => {
		const gone = new AbortController()
		const response = await fetch(`${server.url}/v1/messages`, {
			method: 'POST',
			headers: { ...version, 'x-api-key': server.key, 'content-type': 'application/json' },
			body: JSON.stringify(question('echo:hang-after 1', { stream: true })),
			signal: gone.signal,
		})
		expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
		let text = ''
		const decoder = new TextDecoder()
		for await (const bytes of response.body ?? []) {
			text += decoder.decode(bytes, { stream: true })
			if (text.includes('ping')) break
		}
		gone.abort()
		expect(text).toContain('event: content_block_delta\n')
		expect(text).toEndWith('event: ping\ndata: {"type":"ping"}\n\n')
	})
	test('that fail before they begin are answered by a status', async () => {
		const { status, body } = await post(question('echo:error overloaded', { stream: true }))
		expect(status).toBe(529)
		expect(body.error.type).toBe('overloaded_error')
	})
})

describe('limits', () => {
	test('a key that is missing', async () => {
		const response = await fetch(`${server.url}/v1/messages`, { method: 'POST', headers: version, body: '{}' })
		expect(response.status).toBe(401)
		expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
	})
})

// In the shape that version 2.1.197 was seen to send.
test('a request of Claude Code is accepted unchanged', async () => {
	const cache_control = { type: 'ephemeral' }
	const response = await server.call(
		'/v1/messages?beta=true',
		{
			model: 'capture',
			max_tokens: 64000,
			system: [
				{ type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197' },
				{ type: 'text', text: 'You are an agent.', cache_control },
			],
			messages: [
				message([
					{ type: 'text', text: '<system-reminder>\nToday.\n</system-reminder>' },
					{ type: 'text', text: 'Read note.txt', cache_control },
				]),
				{ role: 'system', content: 'Available agent types.' },
				{
					role: 'assistant',
					content: [
						{ type: 'thinking', thinking: 'hm', signature: '' },
						{ type: 'text', text: 'Let me look.' },
						{
							type: 'tool_use',
							id: 'call_1',
							name: 'Read',
							input: { file_path: '/note.txt' },
							caller: { type: 'direct' },
						},
					],
				},
				message([{ type: 'tool_result', tool_use_id: 'call_1', content: '1\tmarzipan', cache_control }]),
			],
			tools: [{ name: 'Read', description: 'Reads a file.', input_schema: { type: 'object', properties: {} } }],
			metadata: { user_id: '{"device_id":"d"}' },
			thinking: { type: 'adaptive' },
			context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
			output_config: { effort: 'high' },
		},
		{ ...version, 'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14' },
	)
	expect(response.status).toBe(200)
	expect(sent).toMatchObject({ reasoning_effort: 'high', max_tokens: 64000 })
	expect(sent.messages).toHaveLength(5)
	expect(sent.messages).toMatchObject([
		{ role: 'system' },
		{ role: 'user' },
		{ role: 'system' },
		{ role: 'assistant' },
		{ role: 'tool' },
	])
	const dropped = (response.headers.get('x-dragoman-dropped') ?? '').split(/,\s*/)
	for (const field of ['thinking', 'context_management', 'betas']) {
		expect(dropped).toContain(field)
		expect(sent).not.toHaveProperty(field)
	}
})
