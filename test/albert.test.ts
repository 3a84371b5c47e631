// The Albert API of 2024 over sockets: chat with and without history, its other routes, and its errors.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { runCommand, startServer, type TestServer } from './server.ts'

let server: TestServer
let upstream: ReturnType<typeof Bun.serve>
/** What the upstream was sent last. */
let sent: Record<string, unknown> = {}
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

beforeAll(async () => {
	upstream = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			sent = JSON.parse(await request.text())
			return Response.json({
				id: 'cmpl-x',
				object: 'chat.completion',
				created: 1,
				model: 'theirs',
				choices: [
					{
						index: 0,
						message: { role: 'assistant', content: 'Bonjour !', tool_calls: [] },
						finish_reason: 'stop',
						stop_reason: 128009,
					},
				],
				usage: { prompt_tokens: 14, completion_tokens: 2, total_tokens: 16 },
			})
		},
	})
	server = await startServer({
		config: `
models:
  AgentPublic/llama3-instruct-8b: { route: [echo] }
  capture: { route: [capture] }
upstreams:
  echo: { engine: echo }
  capture: { engine: openai-compatible, url: http://127.0.0.1:${upstream.port}/v1 }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

const model = 'AgentPublic/llama3-instruct-8b'
const message = (content: string, extra: object = {}) => ({ model, messages: [{ role: 'user', content }], ...extra })

async function chat(body: object, path = '/albert/v1/chat/completions', headers: Record<string, string> = {}) {
	const response = await server.call(path, body, headers)
	return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

async function read(path: string, body?: unknown) {
	return JSON.parse(await (await server.call(path, body)).text())
}

describe('history, by the fields of the request', () => {
	test('without `user`, nothing is stored', async () => {
		const { body, headers } = await chat(message('Salut'))
		expect(body.id).toStartWith('cmpl-')
		expect(headers.get('x-dragoman-conversation')).toBeNull()
		const ignored = await chat(message('Salut', { id: '91d4ed10-9ba4-409c-8c15-01548f7f8a68' }))
		expect([ignored.status, ignored.headers.get('x-dragoman-dropped')]).toEqual([200, 'id'])
		expect((await chat(message('Salut', { user: '' }))).body.id).toStartWith('cmpl-')
	})

	test('with `user`, stored by default and continued by `id`, with a doubled slash in the path', async () => {
		const first = (await chat(message('un', { user: 'leo' }), '/albert/v1//chat/completions')).body
		expect(first.id).toMatch(uuid)
		const second = (await chat(message('deux', { user: 'leo', id: first.id }))).body
		expect(second.id).toBe(first.id)
		expect(second.usage.prompt_tokens).toBeGreaterThan(first.usage.prompt_tokens)
		const stored = await read(`/albert/v1/chat/history/leo/${first.id}`)
		expect(stored.messages).toMatchObject([
			{ role: 'user', content: 'un' },
			{ role: 'assistant', content: 'un' },
			{ role: 'user', content: 'deux' },
			{ role: 'assistant', content: 'deux' },
		])
		const all = await read('/albert/v1/chat/history/leo')
		expect(all[first.id]).toEqual(stored)
		expect(await read('/albert/v1/chat/history/mia')).toEqual({})
	})

	test('an unknown id, or one of another user, is not found', async () => {
		const { id } = (await chat(message('un', { user: 'leo' }))).body
		for (const extra of [
			{ user: 'mia', id },
			{ user: 'leo', id: '00000000-0000-4000-8000-000000000000' },
		]) {
			const { status, body } = await chat(message('deux', extra))
			expect([status, typeof body.detail]).toEqual([404, 'string'])
		}
	})

	test('on OpenAI’s paths only if enabled', async () => {
		expect((await chat(message('un', { user: 'leo' }), '/v1/chat/completions')).body.id).toStartWith('chatcmpl-')
	})

	test('not for a key that disables it; for a key that selects the Albert dialect', async () => {
		const keyFor = async (...flags: string[]) => {
			const { stdout } = await runCommand([
				'keys',
				'create',
				'--name',
				flags.join(' '),
				...flags,
				'--data',
				server.data,
			])
			return { authorization: `Bearer ${stdout.trim()}` }
		}
		const never = await keyFor('--history', 'none')
		expect((await chat(message('un', { user: 'leo' }), undefined, never)).body.id).toStartWith('cmpl-')
		const albertKey = await keyFor('--dialect', 'albert')
		expect((await chat(message('un', { user: 'leo' }), '/v1/chat/completions', albertKey)).body.id).toMatch(uuid)
	})

	test('every chunk of a stream has the conversation’s id', async () => {
		const response = await server.call('/albert/v1/chat/completions', message('un deux', { user: 'leo', stream: true }))
		const text = await response.text()
		const ids = Array.from(text.matchAll(/"id":"([^"]+)","object":"chat\.completion\.chunk"/g), ([, id]) => id)
		expect(ids.length).toBeGreaterThan(3)
		expect(new Set(ids).size).toBe(1)
		expect(ids[0]).toMatch(uuid)
		expect(text).toEndWith('data: [DONE]\n\n')
	})
})

test('the upstream receives a temperature and no id; fields that it adds reach the client', async () => {
	const { id } = (await chat({ ...message('un', { user: 'leo' }), model: 'capture' })).body
	const { body } = await chat({ ...message('deux', { user: 'leo', id }), model: 'capture' })
	expect(sent).toMatchObject({ temperature: 0.7, user: 'leo' })
	expect(sent.id).toBeUndefined()
	expect(body.choices[0]).toMatchObject({ stop_reason: 128009, message: { content: 'Bonjour !' } })
})

test('models, embeddings, tools', async () => {
	const { data } = await read('/albert/v1/models')
	expect(data[0]).toMatchObject({ id: model, object: 'model', type: 'text-generation' })
	for (const path of [model, encodeURIComponent(model)])
		expect((await read(`/albert/v1/models/${path}`)).id).toBe(model)
	const embedded = await read('/albert/v1/embeddings', { model, input: ['a', 'b'] })
	expect(embedded.data.length).toBe(2)
	const completed = await read('/albert/v1/completions', { model, prompt: 'a' })
	expect(completed.choices[0].text).toBe('a')
	expect(await read('/albert/v1/tools')).toEqual({ object: 'list', data: [] })
})

describe('errors are `detail`', () => {
	const send = async (path: string, init: RequestInit) => {
		const response = await fetch(server.url + path, init)
		return [response.status, await response.json()] as const
	}
	const authorization = () => ({ authorization: `Bearer ${server.key}` })

	test('keys', async () => {
		expect(await send('/albert/v1/models', {})).toEqual([403, { detail: 'Not authenticated' }])
		const wrong = { headers: { authorization: 'Bearer no-such-key' } }
		expect(await send('/albert/v1/models', wrong)).toEqual([403, { detail: 'Invalid API key' }])
	})
	test('unknown models and paths', async () => {
		const headers = authorization()
		const body = JSON.stringify({ ...message('x'), model: 'none' })
		expect(await send('/albert/v1/chat/completions', { method: 'POST', headers, body })).toEqual([
			404,
			{ detail: 'Model not found.' },
		])
		expect((await send('/albert/v1/models/none', { headers }))[0]).toBe(404)
		expect((await send('/albert/v1/nowhere', { headers }))[0]).toBe(404)
	})
	test('an invalid request is rejected with the reason', async () => {
		const body = JSON.stringify({ model, messages: [{ role: 'user' }] })
		const [status, error] = await send('/albert/v1/chat/completions', {
			method: 'POST',
			headers: authorization(),
			body,
		})
		expect(status).toBe(422)
		expect(error).toMatchObject({
			detail: [{ loc: ['body', 'messages', 0, 'content'], type: 'missing_required_parameter' }],
		})
	})
	test('files and collections answer 410, in this dialect only', async () => {
		const headers = authorization()
		for (const [method, path] of [
			['POST', '/albert/v1/files'],
			['GET', '/albert/v1/files/some'],
			['DELETE', '/albert/v1/collections/some/more'],
		] as const) {
			const [status, error] = await send(path, { method, headers })
			expect([status, error]).toEqual([410, { detail: expect.stringContaining('not supported') }])
		}
		expect((await send('/v1/files', { method: 'POST', headers, body: '{}' }))[0]).toBe(404)
	})
})
