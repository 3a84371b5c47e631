// Anthropic's Messages API over sockets, where its clients do not show it: which dialect is selected, what an upstream
// of another wire is sent, conversations, quiet streams, and the request of Claude Code.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startServer, type TestServer } from './server.ts'

let server: TestServer
let upstream: ReturnType<typeof Bun.serve>
/** What the upstream was sent last. */
let sent: Record<string, unknown> = {}
let sentBetas: string | null = null
/** What the upstream answers next instead of its message, if anything. */
let nextAnswers: Response[] = []
/** Number of requests that the upstream received. */
let calls = 0
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
			calls++
			const next = nextAnswers.shift()
			if (next !== undefined) return next
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
	test('receives tools that run on its servers, and fields that other wires lack', async () => {
		const own = {
			tools: [
				{ type: 'web_search_20260318', name: 'web_search', max_uses: 2 },
				{ type: 'mcp_toolset', mcp_server_name: 'x' },
				{ name: 'look', input_schema: { type: 'object' } },
			],
			tool_choice: { type: 'tool', name: 'web_search' },
			mcp_servers: [{ type: 'url', url: 'https://x.example', name: 'x' }],
			container: { skills: [{ type: 'custom', skill_id: 's' }] },
			compaction: { type: 'summarize' },
			fallbacks: [{ model: 'other' }],
			diagnostics: { previous_message_id: 'msg_0' },
			cache_control: { type: 'ephemeral' },
			inference_geo: 'eu',
			speed: 'fast',
		}
		const { status, headers } = await post(question('hi', { model: 'same', ...own }))
		expect([status, headers.get('x-dragoman-dropped')]).toEqual([200, null])
		expect(sent).toMatchObject(own)
		await server.call(
			'/v1/messages/count_tokens',
			{ model: 'same', messages: [message('hi')], tools: own.tools },
			version,
		)
		expect(sent.tools).toEqual(own.tools)
	})
	test('is the only one that receives them, and other models refuse them by field', async () => {
		for (const [name, value] of Object.entries({
			mcp_servers: [{ type: 'url', url: 'https://x.example', name: 'x' }],
			compaction: { type: 'summarize' },
			container: { skills: [{ type: 'custom', skill_id: 's' }] },
		})) {
			const { status, body } = await post(question('hi', { [name]: value }))
			expect([status, body.error.type]).toEqual([400, 'invalid_request_error'])
			expect(body.error.message).toStartWith(`${name}: `)
		}
		const named = await post(
			question('hi', { container: 'c', fallbacks: [{ model: 'other' }], context_management: { edits: [] } }),
		)
		expect(named.status).toBe(200)
		expect(named.headers.get('x-dragoman-dropped')).toBe('container, fallbacks, context_management')
		for (const model of ['echo', 'same']) {
			const { status, body } = await post(question('hi', { model, safeguards: [{ type: 'x' }] }))
			expect([status, body.error.message]).toEqual([400, expect.stringContaining('safeguards')])
		}
	})
	test('receives changes of tools in the middle of a conversation, which other models refuse', async () => {
		const messages = [
			message('hi'),
			{
				role: 'system',
				content: [
					{ type: 'text', text: 'Search now.' },
					{ type: 'tool_addition', tool: { type: 'tool_reference', name: 'look' } },
				],
				clear_at: 'never',
			},
			{ role: 'assistant', content: [{ type: 'text', text: 'Yes.' }] },
			message('Well?'),
		]
		expect((await post({ model: 'same', max_tokens: 9, messages })).status).toBe(200)
		expect(sent.messages).toEqual(
			messages.map(({ content, ...rest }) => ({
				...rest,
				content: typeof content === 'string' ? [{ type: 'text', text: content }] : content,
			})),
		)
		const { status, body } = await post({ model: 'echo', max_tokens: 9, messages })
		expect([status, body.error.message]).toEqual([
			400,
			expect.stringMatching(/^messages.1.content.1: .*'tool_addition'/),
		])
	})
	test('has its unfinished turns resumed by threads, with its own blocks in their positions', async () => {
		const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'cats' } }
		const content = [{ type: 'text', text: 'I search.' }, search]
		nextAnswers = [Response.json({ ...theirMessage, content, container: { id: 'container_1', expires_at: 'x' } })]
		const tools = [{ type: 'web_search_20260318', name: 'web_search' }]
		const first = await post(question('hi', { model: 'same', tools, thread: { type: 'create' } }))
		expect(first.body).toMatchObject({ content, stop_reason: 'pause_turn', container: { id: 'container_1' } })
		const thread = { type: 'continue', previous_message_id: first.body.id }
		const second = await post({ model: 'same', max_tokens: 100, messages: [], thread })
		expect(second.status).toBe(200)
		expect(sent).toMatchObject({ tools })
		expect(sent).not.toHaveProperty('thread')
		expect(sent.messages).toEqual([
			{ role: 'user', content: [{ type: 'text', text: 'hi' }] },
			{ role: 'assistant', content },
		])
	})
	test('has the details of its errors repeated, in responses and in streams', async () => {
		const details = { error_code: 'image_dimensions_too_large', max_side_length_pixels: 8000, paths: ['x'] }
		const error = { type: 'error', error: { type: 'invalid_request_error', message: 'Too large.', details } }
		nextAnswers = [Response.json(error, { status: 400 })]
		const { status, body } = await post(question('hi', { model: 'same' }))
		expect([status, body.error]).toEqual([400, error.error])
		const start = { type: 'message_start', message: { ...theirMessage, content: [], stop_reason: null } }
		const events = [start, error].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
		nextAnswers = [new Response(events, { headers: { 'content-type': 'text/event-stream' } })]
		const streamed = await server.call('/v1/messages', question('hi', { model: 'same', stream: true }), version)
		expect(await streamed.text()).toContain(`"details":${JSON.stringify(details)}`)
		nextAnswers = [Response.json(error, { status: 400 })]
		const other = { model: 'same', messages: [message('hi')] }
		const chat = await server.call('/openai/v1/chat/completions', other)
		expect(await chat.json()).not.toHaveProperty('error.details')
	})
	test('has its answer repeated, except for the model name', async () => {
		const { body } = await post(request)
		expect(body).toMatchObject({ ...theirMessage, id: expect.stringMatching(/^msg_[0-9a-f]{32}$/), model: 'same' })
	})
})

describe('a request for no output', () => {
	test('reads the prompt on upstreams of the same wire', async () => {
		await post({ ...question('hi', { model: 'same' }), max_tokens: 0 })
		expect(sent).toMatchObject({ model: 'theirs', max_tokens: 0 })
	})
	test.each(['capture', 'echo'])('is counted on others (%s)', async (model) => {
		const before = calls
		const { status, body } = await post({ ...question('one two three', { model }), max_tokens: 0 })
		expect(status).toBe(200)
		expect(body).toMatchObject({ content: [], stop_reason: 'max_tokens', usage: { output_tokens: 0 } })
		expect(body.usage.input_tokens).toBeGreaterThan(2)
		const stream = await server.call(
			'/v1/messages',
			{ ...question('one two three', { model, stream: true }), max_tokens: 0 },
			version,
		)
		const text = await stream.text()
		expect(text).toContain('"stop_reason":"max_tokens"')
		expect(text).not.toContain('content_block')
		expect(calls).toBe(before)
	})
})

describe('many stop sequences', () => {
	const stop_sequences = ['one', 'two', 'three', 'four', 'five', 'six']
	test('are sent', async () => {
		await post(question('hi', { model: 'capture', stop_sequences }))
		expect(sent.stop).toEqual(stop_sequences)
		await post(question('hi', { model: 'same', stop_sequences }))
		expect(sent.stop_sequences).toEqual(stop_sequences)
	})
	test('are enforced', async () => {
		const { body } = await post(question('echo:say zero six seven', { stop_sequences }))
		expect(body).toMatchObject({ content: [{ text: 'zero ' }], stop_reason: 'stop_sequence', stop_sequence: 'six' })
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
	test('begin with the count of the prompt if the engine knows it', async () => {
		const response = await server.call('/v1/messages', question('one two three', { stream: true }), version)
		const [start] = (await response.text()).split('\n\n')
		expect(start).toContain('"input_tokens":3')
	})
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
