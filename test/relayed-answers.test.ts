// What an upstream answers beyond OpenAI's API, or in an unusual order, through the whole server: what clients of its own
// wire and of others receive, and what is sent back in the next turn of a stored conversation.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startServer, type TestServer } from './server.ts'

let answer: () => Response = () => Response.json({})
let received: unknown
const upstream = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		received = await request.json()
		return answer()
	},
})
let server: TestServer

beforeAll(async () => {
	const url = `http://127.0.0.1:${upstream.port}/v1`
	server = await startServer({
		config: `models: { relay: { route: [relay] }, narrow: { route: [narrow] } }
upstreams:
  relay: { engine: openai-compatible, url: "${url}" }
  narrow: { engine: openai-compatible, url: "${url}", customTools: function }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

const head = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' }
const chunk = (delta: object, finish_reason: string | null = null, top: object = {}) => ({
	...head,
	choices: [{ index: 0, delta, logprobs: null, finish_reason }],
	...top,
})
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }

function streams(...chunks: readonly object[]): void {
	const all = [...chunks, { ...head, choices: [], usage }]
	const text = `${all.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`
	answer = () => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

function responds(message: object, finish_reason = 'stop'): void {
	const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }]
	answer = () => Response.json({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage })
}

async function post(path: string, body: object): Promise<string> {
	const response = await fetch(`${server.url}/v1/${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${server.key}` },
		body: JSON.stringify({ model: 'relay', ...body }),
	})
	const text = await response.text()
	expect([response.status, response.ok ? '' : text]).toEqual([200, ''])
	return text
}

const messages = [{ role: 'user', content: 'Hi' }]
/** The data of a stream's events, as JSON. */
function eventsOf(text: string) {
	return text
		.split('\n')
		.filter((line) => line.startsWith('data: {'))
		.map((line) => JSON.parse(line.slice('data: '.length)))
}
const countOf = (text: string, part: string) => text.split(part).length - 1

describe('a client of the same wire', () => {
	test('receives unknown fields of a stream once, also without other content', async () => {
		streams(
			chunk({ role: 'assistant', content: '' }, null, { prompt_progress: { total: 'U1' } }),
			chunk({}, null, { prompt_progress: { total: 'U2' } }),
			chunk({ reasoning: 'r', reasoning_details: [{ type: 'reasoning.encrypted', data: 'U3' }] }),
			chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'U4' }] }),
			chunk({ audio: { id: 'U5' } }),
			chunk({ content: 'a', annotations: [{ type: 'url_citation', url_citation: { url: 'U6' } }] }),
			chunk({}, 'stop', { timings: { total: 'U7' } }),
			{ ...head, choices: [], usage, timings: { total: 'U8' } },
		)
		for (const stream_options of [undefined, { include_usage: true }]) {
			const text = await post('chat/completions', { messages, stream: true, stream_options })
			for (let index = 1; index <= 8; index++) expect([index, countOf(text, `"U${index}"`)]).toEqual([index, 1])
			expect(text).toContain('"reasoning":"r"')
			expect(text).not.toContain('reasoning_content')
			expect(text).toEndWith('data: [DONE]\n\n')
		}
	})

	test('receives unknown fields of a whole answer', async () => {
		const message = {
			content: null,
			reasoning: 'r',
			reasoning_details: [{ type: 'reasoning.encrypted', data: 'E' }],
			annotations: [{ type: 'url_citation', url_citation: { url: 'https://x.test' } }],
			images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' }, index: 0 }],
			tool_calls: [
				{
					...{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"id":1234567890123456789}' } },
					extra_content: { google: { thought_signature: 'S', more: 1 } },
				},
			],
		}
		responds(message, 'tool_calls')
		const body = JSON.parse(await post('chat/completions', { messages }))
		expect(body.choices[0].message).toEqual({ role: 'assistant', refusal: null, ...message })
	})
})

describe('the next turn of a stored conversation sends back', () => {
	const tools = [{ type: 'function', name: 'f', parameters: { type: 'object' } }]
	const extra_content = { google: { thought_signature: 'S', more: 1 } }
	const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }

	async function nextTurn(stream: boolean): Promise<unknown> {
		const text = await post('responses', { input: 'Hi', tools, stream })
		const first = stream ? eventsOf(text).at(-1).response : JSON.parse(text)
		responds({ content: 'ok' })
		const output = { type: 'function_call_output', call_id: 'c1', output: 'r' }
		await post('responses', { previous_response_id: first.id, input: [output], tools })
		const { messages: sent }: { messages?: unknown } = Object(received)
		return sent
	}
	const expected = [
		{ role: 'user' },
		{
			role: 'assistant',
			reasoning_details: [{ data: 'E1' }, { data: 'E2' }],
			tool_calls: [{ ...call, extra_content }],
		},
		{ role: 'tool' },
	]

	test('what a stream had', async () => {
		streams(
			chunk({ role: 'assistant', content: '', reasoning_details: [{ data: 'E1' }] }),
			chunk({ reasoning_details: [{ data: 'E2' }] }),
			chunk({ tool_calls: [{ index: 0, ...call, extra_content }] }),
			chunk({}, 'tool_calls'),
		)
		expect(await nextTurn(true)).toMatchObject(expected)
	})

	test('what a whole answer had', async () => {
		const reasoning_details = [{ data: 'E1' }, { data: 'E2' }]
		responds({ content: null, reasoning_details, tool_calls: [{ ...call, extra_content }] }, 'tool_calls')
		expect(await nextTurn(false)).toMatchObject(expected)
	})
})

describe('text inside the arguments of a call does not tear them', () => {
	const first = { index: 0, id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city"' } }
	const rest = { index: 0, function: { arguments: ': "Paris"}' } }
	const variants = [
		['in the chunk of arguments', [chunk({ content: '\n', tool_calls: [rest] })]],
		['in its own chunk', [chunk({ content: '\n' }), chunk({ tool_calls: [rest] })]],
		['reasoning', [chunk({ reasoning_content: 'hm' }), chunk({ tool_calls: [rest] })]],
		[
			'a second call',
			[
				chunk({
					tool_calls: [{ ...first, index: 1, id: 'c2', function: { name: 'get_weather', arguments: '{"city":"R"}' } }],
				}),
				chunk({ tool_calls: [rest] }),
			],
		],
	] as const
	const parameters = { type: 'object', properties: { city: { type: 'string' } } }

	for (const [name, chunks] of variants) {
		const script = () => streams(chunk({ tool_calls: [first] }), ...chunks, chunk({}, 'tool_calls'))

		test(`${name}, Messages`, async () => {
			script()
			const tools = [{ name: 'get_weather', input_schema: parameters }]
			const events = eventsOf(await post('messages', { max_tokens: 9, messages, tools, stream: true }))
			const deltas = events.filter(({ type, index }) => type === 'content_block_delta' && index === 0)
			expect(deltas.map(({ delta }) => delta.partial_json).join('')).toBe('{"city": "Paris"}')
			let open: number | undefined
			for (const { type, index } of events) {
				if (type === 'content_block_start') expect(open).toBeUndefined()
				if (type === 'content_block_delta') expect(index).toBe(open)
				if (type === 'content_block_start') open = index
				if (type === 'content_block_stop') open = undefined
			}
		})

		test(`${name}, Responses`, async () => {
			script()
			const tools = [{ type: 'function', name: 'get_weather', parameters }]
			const { response } = eventsOf(await post('responses', { input: 'Hi', tools, stream: true })).at(-1)
			const items: readonly { readonly type: string; readonly arguments?: string }[] = response.output
			expect(items.find(({ type }) => type === 'function_call')?.arguments).toBe('{"city": "Paris"}')
		})

		test(`${name}, a custom tool as a function`, async () => {
			const named = { ...first, function: { name: 'shell', arguments: '{"input"' } }
			const fragments = chunks.map((one) =>
				JSON.parse(JSON.stringify(one).replace('Paris', 'ls').replaceAll('city', 'input')),
			)
			streams(chunk({ tool_calls: [named] }), ...fragments, chunk({}, 'tool_calls'))
			const tools = [{ type: 'custom', name: 'shell' }]
			const { response } = eventsOf(await post('responses', { model: 'narrow', input: 'Hi', tools, stream: true })).at(
				-1,
			)
			const items: readonly { readonly type: string; readonly input?: string }[] = response.output
			expect(items.find(({ type }) => type === 'custom_tool_call')?.input).toBe('ls')
		})
	}
})

test('no piece of an answer ends inside a character', async () => {
	streams(
		chunk({ role: 'assistant', content: 'a\ud83d' }),
		chunk({ content: '\ude00' }),
		chunk({ content: '\ud83d' }, 'length'),
	)
	for (const [path, body] of [
		['chat/completions', { messages, stream: true }],
		['messages', { max_tokens: 9, messages, stream: true }],
		['responses', { input: 'Hi', stream: true }],
	] as const) {
		const text = await post(path, body)
		expect(text).toContain('😀')
		expect(text).not.toMatch(/\\ud8|\\ude|\ufffd/i)
	}
})
