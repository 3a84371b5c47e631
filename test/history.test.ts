// Conversations stored by the server, on plain chat completions with headers: continued, branched, truncated, and
// stored if interrupted.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startServer, type TestServer } from './server.ts'

/** What the upstream was sent, and how it answers. */
const bodies: string[] = []
let upstream: ReturnType<typeof Bun.serve>
let server: TestServer

beforeAll(async () => {
	upstream = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		idleTimeout: 0,
		async fetch(request) {
			const text = await request.text()
			bodies.push(text)
			const { messages, stream } = JSON.parse(text)
			const last: string = messages.at(-1).content
			if (last === 'fail') return Response.json({ error: { message: 'broken', type: 'server_error' } }, { status: 500 })
			return stream === true ? answerSlowly(last) : Response.json(completion(`re: ${last}`, messages.length))
		},
	})
	server = await startServer({
		config: `
models:
  capture: { route: [capture] }
  small: { route: [capture], contextTokens: 200 }
  echo: { route: [echo] }
upstreams:
  capture: { engine: openai-compatible, url: http://127.0.0.1:${upstream.port}/v1 }
  echo: { engine: echo }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

function completion(content: string, prompt: number) {
	return {
		id: 'x',
		object: 'chat.completion',
		created: 1,
		model: 'm',
		choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', logprobs: null }],
		usage: { prompt_tokens: prompt, completion_tokens: 2, total_tokens: prompt + 2 },
	}
}

/** Two chunks immediately, and then nothing until the client disconnects; `quick` ends. */
function answerSlowly(last: string): Response {
	const chunk = (delta: object, finish: string | null = null) =>
		`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
	return new Response(
		(async function* () {
			yield chunk({ role: 'assistant', content: 'half' }) + chunk({ content: ' way' })
			if (last === 'quick') yield `${chunk({}, 'stop')}data: [DONE]\n\n`
			else await over.promise
		})(),
		{ headers: { 'content-type': 'text/event-stream' } },
	)
}

/** Slow answers end when the whole test does. */
const over = Promise.withResolvers<void>()
afterAll(() => over.resolve())

interface Turn {
	readonly status: number
	readonly conversation: string
	readonly message: string
	readonly truncated: string | null
	readonly text: string
	readonly code: string | null
}

async function send(
	text: string | readonly object[],
	conversation: string,
	headers: Record<string, string> = {},
	model = 'capture',
): Promise<Turn> {
	const messages = typeof text === 'string' ? [{ role: 'user', content: text }] : text
	const response = await server.call(
		'/v1/chat/completions',
		{ model, messages },
		{ 'x-dragoman-conversation': conversation, ...headers },
	)
	const body = JSON.parse(await response.text())
	return {
		status: response.status,
		conversation: response.headers.get('x-dragoman-conversation') ?? '',
		message: response.headers.get('x-dragoman-message') ?? '',
		truncated: response.headers.get('x-dragoman-truncated'),
		text: body.choices?.[0]?.message.content ?? body.error.message,
		code: body.error?.code ?? null,
	}
}

async function read(path: string) {
	return JSON.parse(await (await server.call(path)).text())
}

/** The texts of the last request that the upstream saw. */
function sent(): readonly string[] {
	return JSON.parse(bodies.at(-1) ?? '{}').messages.map(({ content }: { content: string }) => content)
}

async function itemsOf(
	conversation: string,
	query = '',
): Promise<readonly { id: string; status: string; content: readonly { text: string }[] }[]> {
	const response = await server.call(`/v1/conversations/${conversation}/items?order=asc${query}`)
	return JSON.parse(await response.text()).data
}

test('a conversation continues with its newest message only', async () => {
	const first = await send(
		[
			{ role: 'system', content: 'Be brief.' },
			{ role: 'user', content: 'one' },
		],
		'new',
	)
	expect(first).toMatchObject({ status: 200, text: 're: one' })
	expect(first.conversation).toMatch(/^conv_[0-9a-f]{32}$/)
	const second = await send('two', first.conversation)
	expect(second.conversation).toBe(first.conversation)
	expect(sent()).toEqual(['Be brief.', 'one', 're: one', 'two'])
	const uuid = first.conversation.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
	expect((await send('three', uuid)).conversation).toBe(first.conversation)
	expect(sent()).toEqual(['Be brief.', 'one', 're: one', 'two', 're: two', 'three'])
})

test('the upstream request begins with exactly the bytes of the previous turn', async () => {
	const { conversation } = await send(
		[
			{
				role: 'user',
				content: [
					{ type: 'text', text: 'Größe "x" \\ ' },
					{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
				],
			},
		],
		'new',
	)
	const messagesOf = (body: string) => body.slice(body.indexOf('"messages":['), body.lastIndexOf(']'))
	let before = messagesOf(bodies.at(-1) ?? '')
	for (const text of ['a', 'b', 'c']) {
		await send(text, conversation)
		const now = messagesOf(bodies.at(-1) ?? '')
		expect(now.startsWith(before)).toBe(true)
		before = now
	}
})

test('an edit and a second answer are branches beside the first', async () => {
	const first = await send('one', 'new')
	const second = await send('two', first.conversation)
	const edited = await send('two, edited', first.conversation, { 'x-dragoman-parent': first.message })
	expect(sent()).toEqual(['one', 're: one', 'two, edited'])
	await send('on the first branch', first.conversation, { 'x-dragoman-parent': second.message })
	expect(sent()).toEqual(['one', 're: one', 'two', 're: two', 'on the first branch'])
	expect(
		(await itemsOf(first.conversation, `&branch=${edited.message}`)).map(({ content }) => content[0]?.text),
	).toEqual(['one', 're: one', 'two, edited', 're: two, edited'])
	const all = await read(`/v1/conversations/${first.conversation}/export`)
	expect(JSON.stringify(all)).toContain('re: two, edited')
	expect(JSON.stringify(all)).toContain('on the first branch')
})

test('two concurrent turns become branches, or the second is rejected if its caller requested that', async () => {
	const { conversation, message } = await send('one', 'new')
	const both = await Promise.all([send('left', conversation), send('right', conversation)])
	expect(both.map(({ status }) => status)).toEqual([200, 200])
	const before = bodies.length
	const exclusive = { 'x-dragoman-parent': message, 'x-dragoman-conflict': 'refuse' }
	const second = await send('late', conversation, exclusive)
	expect(second).toMatchObject({ status: 409, code: 'conflict' })
	expect(bodies).toHaveLength(before)
	for (const { message: tip } of both) expect(await itemsOf(conversation, `&branch=${tip}`)).toHaveLength(4)
})

test('a failed turn leaves nothing stored', async () => {
	const { conversation } = await send('one', 'new')
	expect((await send('fail', conversation)).status).toBe(502)
	await send('two', conversation)
	expect(sent()).toEqual(['one', 're: one', 'two'])
	const lists = async () => (await read('/v1/conversations?limit=100')).data.length
	const before = await lists()
	expect((await send('fail', 'new')).status).toBe(502)
	// The client does not wait for the removal.
	while ((await lists()) !== before) await Bun.sleep(10)
})

test('a turn whose client disconnected stores the partial answer, marked', async () => {
	const { conversation } = await send('one', 'new')
	const disconnect = new AbortController()
	const response = await fetch(`${server.url}/v1/chat/completions`, {
		method: 'POST',
		signal: disconnect.signal,
		headers: { authorization: `Bearer ${server.key}`, 'x-dragoman-conversation': conversation },
		body: JSON.stringify({ model: 'capture', stream: true, messages: [{ role: 'user', content: 'slowly' }] }),
	})
	const reader = response.body?.getReader()
	let text = ''
	while (!text.includes(' way')) text += new TextDecoder().decode((await reader?.read())?.value)
	disconnect.abort()
	let items = await itemsOf(conversation)
	while (items.length < 4) items = await itemsOf(conversation)
	expect(items.at(-1)).toMatchObject({ status: 'incomplete', content: [{ text: 'half way' }] })
	await send('go on', conversation)
	expect(sent()).toEqual(['one', 're: one', 'slowly', 'half way', 'go on'])
})

test('a stream is stored before its last event is sent', async () => {
	const response = await server.call(
		'/v1/chat/completions',
		{ model: 'capture', stream: true, messages: [{ role: 'user', content: 'quick' }] },
		{ 'x-dragoman-conversation': 'new' },
	)
	expect(await response.text()).toEndWith('data: [DONE]\n\n')
	const items = await itemsOf(response.headers.get('x-dragoman-conversation') ?? '')
	expect(items.map(({ content, status }) => [content[0]?.text, status])).toEqual([
		['quick', 'completed'],
		['half way', 'completed'],
	])
})

describe('a conversation that is too long', () => {
	const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ')

	test('is an error, unless its oldest exchanges may be left out', async () => {
		const started = await send(
			[
				{ role: 'system', content: 'Be brief.' },
				{ role: 'user', content: words(300) },
			],
			'new',
		)
		const { conversation } = started
		for (const text of ['a', 'b']) await send(text, conversation)
		await send(words(300), conversation)
		const refused = await send('c', conversation, {}, 'small')
		expect(refused).toMatchObject({ status: 400, code: 'context_length_exceeded' })
		const cut = await send('c', conversation, { 'x-dragoman-truncation': 'auto' }, 'small')
		expect(cut.status).toBe(200)
		expect(sent()).toEqual(['Be brief.', 'c'])
		expect(cut.truncated).toBe('8')
	})

	test('stores the results of tools with their calls', async () => {
		const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
		const { conversation } = await send(
			[
				{ role: 'user', content: words(200) },
				{ role: 'assistant', content: null, tool_calls: [call] },
				{ role: 'tool', tool_call_id: 'call_1', content: 'result' },
			],
			'new',
		)
		const cut = await send('next', conversation, { 'x-dragoman-truncation': 'auto' }, 'small')
		expect(sent()).toEqual(['next'])
		expect(cut.truncated).toBe('4')
	})
})

describe('errors', () => {
	test('a conversation of another owner, or an unknown one, is not found', async () => {
		for (const id of ['conv_00000000000000000000000000000000', 'nonsense', "'; DROP TABLE turns; --"])
			expect((await send('x', id)).status).toBe(404)
		const { conversation } = await send('one', 'new')
		expect((await send('x', conversation, { 'x-dragoman-parent': 'msg_nowhere' })).status).toBe(404)
	})
	test('invalid headers are rejected', async () => {
		const { conversation } = await send('one', 'new')
		expect((await send('x', conversation, { 'x-dragoman-truncation': 'maybe' })).status).toBe(400)
		expect((await send('x', conversation, { 'x-dragoman-conflict': '?' })).status).toBe(400)
		expect((await send('x', '', { 'x-dragoman-parent': 'msg_1' })).status).toBe(400)
	})
})

test('conversations are found by their text, and all data of a caller can be removed', async () => {
	const { conversation } = await send('The Colosseum stands in Rome', 'new')
	const found = async (text: string) =>
		(await read(`/v1/conversations?search=${text}`)).data.map(({ id }: { id: string }) => id)
	expect(await found('colosseum')).toEqual([conversation])
	const removed = await fetch(`${server.url}/v1/conversations`, {
		method: 'DELETE',
		headers: { authorization: `Bearer ${server.key}` },
	})
	expect(removed.status).toBe(200)
	expect(await found('')).toEqual([])
})

test('removal also deletes the streams of the removed turns', async () => {
	const body = { model: 'echo', stream: true, messages: [{ role: 'user', content: 'secret words' }] }
	const headers = { 'x-dragoman-conversation': 'new', 'x-dragoman-resumable': '1' }
	const response = await server.call('/v1/chat/completions', body, headers)
	expect(await response.text()).toContain('secret')
	const stream = `/v1/streams/${response.headers.get('x-dragoman-stream')}`
	expect((await server.call(stream)).status).toBe(200)
	const conversation = `${server.url}/v1/conversations/${response.headers.get('x-dragoman-conversation')}`
	await fetch(conversation, { method: 'DELETE', headers: { authorization: `Bearer ${server.key}` } })
	expect((await server.call(stream)).status).toBe(404)
})
