// Threads of Anthropic's Messages API on the stored conversations.

import { describe, expect, test } from 'bun:test'
import { App, json, type RequestOptions, readerOf, textOf } from './pipeline.testing.ts'

interface MessageBody {
	readonly id: string
	readonly content: readonly { readonly type: string; readonly text?: string; readonly id?: string }[]
	readonly error?: { readonly type: string; readonly message: string; readonly details?: object }
}

const tools = [{ name: 'look', input_schema: { type: 'object' } }]
const create = { thread: { type: 'create' } }
const after = (id: string) => ({ thread: { type: 'continue', previous_message_id: id } })

function send(app: App, content: unknown, fields: object = {}, options: RequestOptions = {}): Promise<Response> {
	const messages = content === undefined ? [] : [{ role: 'user', content }]
	return app.post('/anthropic/v1/messages', { model: 'echo', max_tokens: 100, messages, ...fields }, options)
}

async function begin(app: App, content = 'first', fields: object = {}): Promise<string> {
	const response = await send(app, content, { ...create, ...fields })
	expect(response.status).toBe(200)
	return (await json<MessageBody>(response)).id
}

async function next(app: App, id: string, content: unknown, fields: object = {}): Promise<MessageBody> {
	const response = await send(app, content, { ...after(id), ...fields })
	expect(response.status).toBe(200)
	return json<MessageBody>(response)
}

/** Status, type and details of an error. */
async function failure(response: Response | Promise<Response>): Promise<readonly unknown[]> {
	const answer = await response
	const { error } = await json<MessageBody>(answer)
	return [answer.status, error?.type, error?.details]
}

const refused = (code: string, more: object = {}) => [400, 'invalid_request_error', { error_code: code, ...more }]
const notFound = [404, 'not_found_error', { error_code: 'thread_not_found' }]

/** The matching parts of the upstream's last request. */
function received(app: App, pattern: RegExp): readonly string[] {
	return [...(app.upstream().received.at(-1)?.match(pattern) ?? [])]
}

describe('a thread', () => {
	test('sends the stored conversation, its system and its tools with each request', async () => {
		await using app = await App.open()
		const first = await begin(app, 'first', { system: 'Be brief.', tools })
		const { id } = await next(app, first, 'second', { tool_choice: { type: 'auto' } })
		expect(received(app, /Be brief|"look"|first|second/g)).toEqual(['Be brief', 'first', 'first', 'second', '"look"'])
		await next(app, id, 'third')
		expect(received(app, /Be brief|"look"|second|third/g)).toEqual([
			...['Be brief', 'second', 'second', 'third', '"look"'],
		])
	})

	test('is continued after a streamed message', async () => {
		await using app = await App.open()
		const first = await begin(app)
		const streamed = await send(app, 'second', { ...after(first), stream: true })
		const text = await streamed.text()
		const id = /"id":"(msg_[0-9a-f]{32})"/.exec(text)?.[1] ?? ''
		await next(app, id, 'third')
		expect(received(app, /first|second|third/g)).toEqual(['first', 'first', 'second', 'second', 'third'])
	})

	test('gets tool results alone', async () => {
		await using app = await App.open()
		const first = await json<MessageBody>(await send(app, 'echo:tool look {"at": 1}', { ...create, tools }))
		const [call] = first.content
		const result = [{ type: 'tool_result', tool_use_id: call?.id, content: 'a cat' }]
		expect((await next(app, first.id, result)).content).toMatchObject([{ type: 'text', text: 'a cat' }])
	})

	test('accepts its own system and tools, and refuses others by name', async () => {
		await using app = await App.open()
		const first = await begin(app, 'first', { system: 'Be brief.', tools })
		const { id } = await next(app, first, 'second', { system: 'Be brief.', tools: [{ ...tools[0] }] })
		expect(received(app, /Be brief/g)).toHaveLength(1)
		const changed = await send(app, 'third', { ...after(id), system: 'Be kind.', tools: [] })
		expect((await json<MessageBody>(changed)).error).toMatchObject({
			message: expect.stringMatching(/^'system':/),
			details: { error_code: 'thread_fingerprint_mismatch' },
		})
		const more = [...tools, { name: 'more', input_schema: { type: 'object' } }]
		expect(await failure(send(app, 'third', { ...after(id), tools: more }))).toEqual(
			refused('thread_fingerprint_mismatch'),
		)
		await next(app, id, 'third')
	})

	test('counts the tokens of its conversation', async () => {
		await using app = await App.open()
		const first = await begin(app)
		const count = async (fields: object) => {
			const body = { model: 'echo', messages: [{ role: 'user', content: 'second' }], ...fields }
			return (
				await json<{ readonly input_tokens: number }>(await app.post('/anthropic/v1/messages/count_tokens', body))
			).input_tokens
		}
		expect(await count(after(first))).toBeGreaterThan(await count({}))
		await next(app, first, 'second')
	})

	test('refuses fields that rewrite its conversation', async () => {
		await using app = await App.open()
		for (const name of ['context_management', 'fallbacks', 'compaction'])
			expect(await failure(send(app, 'hi', { ...create, [name]: {} }))).toEqual(
				refused('thread_unsupported_request', { unsupported: [name] }),
			)
		expect(await app.conversationCount()).toBe(0)
	})

	test('reports unknown fields, and checks the form of known ones', async () => {
		await using app = await App.open()
		const response = await send(app, 'hi', { thread: { type: 'create', ttl: 5 } })
		expect([response.status, response.headers.get('x-dragoman-dropped')]).toEqual([200, 'thread.ttl'])
		expect((await failure(send(app, 'hi', { thread: { type: 'continue' } })))[0]).toBe(400)
		expect((await failure(send(app, 'hi', { thread: { type: 'fork' } })))[0]).toBe(400)
	})
})

describe('a message of a thread', () => {
	test('is continued once', async () => {
		await using app = await App.open()
		const first = await begin(app)
		await next(app, first, 'second')
		expect(await failure(send(app, 'again', after(first)))).toEqual(refused('thread_already_continued'))
		expect(await failure(send(app, 'again', { ...after(first), stream: true }))).toEqual(
			refused('thread_already_continued'),
		)
	})

	test('begins a branch if the request allows that', async () => {
		await using app = await App.open()
		const first = await begin(app)
		await next(app, first, 'second')
		const headers = { 'x-dragoman-conflict': 'branch' }
		const other = await json<MessageBody>(await send(app, 'instead', after(first), { headers }))
		await next(app, other.id, 'third')
		expect(received(app, /first|second|instead|third/g)).toEqual(['first', 'first', 'instead', 'instead', 'third'])
	})

	test('is not continued while another request continues it', async () => {
		await using app = await App.open()
		const first = await begin(app)
		const running = await send(app, 'echo:hang-after 2', { ...after(first), stream: true })
		const reader = readerOf(running)
		const id = /"id":"(msg_[0-9a-f]{32})"/.exec((await reader.next()) ?? '')?.[1] ?? ''
		expect(await failure(send(app, 'again', after(first)))).toEqual(refused('thread_continue_in_flight'))
		expect(await failure(send(app, 'again', after(id)))).toEqual(refused('thread_continue_in_flight'))
	})

	test('is continued again after a failure', async () => {
		await using app = await App.open()
		const first = await begin(app)
		expect((await send(app, 'echo:error invalid-request', after(first))).status).toBe(400)
		const broken = await send(app, 'echo:error-after 1 upstream-failed', { ...after(first), stream: true })
		const id = /"id":"(msg_[0-9a-f]{32})"/.exec(await broken.text())?.[1] ?? ''
		expect(await failure(send(app, 'again', after(id)))).toEqual(notFound)
		await next(app, first, 'second')
		expect(received(app, /first|echo:error|second/g)).toEqual(['first', 'first', 'second'])
	})

	test.each(['nonsense', 'msg_00000000000000000000000000000000', ''])('with the id %s is not found', async (id) => {
		await using app = await App.open()
		const [status, type, details] = await failure(send(app, 'hi', after(id)))
		if (id === '') expect([status, details]).toEqual([400, undefined])
		else expect([status, type, details]).toEqual(notFound)
		expect(app.upstream().received).toEqual([])
	})

	test('of another caller, and of a deleted conversation, is not found', async () => {
		await using app = await App.open()
		const response = await send(app, 'first', create)
		const { id } = await json<MessageBody>(response)
		expect(await failure(send(app, 'hi', after(id), { as: 'bob' }))).toEqual(notFound)
		await app.delete(`/v1/conversations/${response.headers.get('x-dragoman-conversation')}`)
		expect(await failure(send(app, 'hi', after(id)))).toEqual(notFound)
	})

	test('needs new messages if it is finished', async () => {
		await using app = await App.open()
		const first = await begin(app)
		expect((await failure(send(app, undefined, after(first))))[0]).toBe(400)
		expect((await failure(send(app, undefined, create)))[0]).toBe(400)
	})

	test('that is unfinished is resumed without new messages', async () => {
		const rest = { wire: 'anthropic', fields: { stop_reason: 'pause_turn' } }
		await using app = await App.open({
			upstreams: {
				a: {
					script: [
						{ type: 'start' },
						{ type: 'part-start', choice: 0, part: { type: 'text' } },
						{ type: 'part-delta', choice: 0, part: 'text', text: 'so far' },
						{ type: 'part-end', choice: 0 },
						{ type: 'rest', choice: 0, rest },
						{ type: 'choice-finish', choice: 0, reason: 'stop' },
						{
							type: 'finish',
							usage: {
								promptTokens: 1,
								completionTokens: 1,
								cachedTokens: 0,
								reasoningTokens: 0,
								source: 'upstream',
							},
						},
					],
				},
			},
		})
		const first = await begin(app)
		await next(app, first, undefined)
		expect(received(app, /first|so far/g)).toEqual(['first', 'so far'])
		expect(await failure(send(app, undefined, after(first)))).toEqual(refused('thread_already_continued'))
	})
})

describe('the conversation of a thread', () => {
	const conversation = 'x-dragoman-conversation'

	test('is continued in another dialect, and back', async () => {
		await using app = await App.open()
		const response = await send(app, 'first', { ...create, system: 'Be brief.' })
		const { id } = await json<MessageBody>(response)
		const headers = { [conversation]: response.headers.get(conversation) ?? '' }
		const chat = await app.chat('second', {}, { headers })
		expect(received(app, /Be brief|first|second/g)).toEqual(['Be brief', 'first', 'first', 'second'])
		expect(await failure(send(app, 'again', after(id)))).toEqual(refused('thread_already_continued'))
		await next(app, chat.headers.get('x-dragoman-message') ?? '', 'third')
		expect(received(app, /Be brief|first|second|third/g)).toEqual([
			...['Be brief', 'first', 'first', 'second', 'second', 'third'],
		])
		expect((await app.messages(headers[conversation])).map(textOf).slice(-2)).toEqual(['third', 'third'])
	})

	test('may be one that the headers name', async () => {
		await using app = await App.open()
		const chat = await app.chat('first', {}, { headers: { [conversation]: 'new' } })
		const headers = { [conversation]: chat.headers.get(conversation) ?? '' }
		const { id } = await json<MessageBody>(await send(app, 'second', create, { headers }))
		expect((await send(app, 'third', after(id), { headers })).status).toBe(200)
		expect(received(app, /first|second|third/g)).toEqual(['first', 'first', 'second', 'second', 'third'])
		const other = await app.chat('other', {}, { headers: { [conversation]: 'new' } })
		const wrong = { [conversation]: other.headers.get(conversation) ?? '' }
		expect(await failure(send(app, 'fourth', after(id), { headers: wrong }))).toEqual(notFound)
	})
})

test.each([
	['storage', { storage: false }],
	['keys', { keys: false }],
] as const)('without %s, a thread is refused', async (_, options) => {
	await using app = await App.open(options)
	const expected = refused('thread_unsupported_request', { unsupported: ['storage'] })
	const as = 'keys' in options ? 'anonymous' : 'alice'
	for (const thread of [create, after('msg_00000000000000000000000000000000')])
		expect(await failure(send(app, 'hi', thread, { as }))).toEqual(expected)
	expect((await send(app, 'hi', {}, { as })).status).toBe(200)
})
