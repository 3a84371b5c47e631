// What a stored answer says about the request that its upstream received, through the real server: which model answered, and
// what of the request and of the conversation was left out. In the last event, the response, the export and a share.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startServer, type TestServer } from './server.ts'

const upstream = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	fetch: () =>
		Response.json({
			id: 'x',
			object: 'chat.completion',
			created: 1,
			model: 'm-2026-11',
			choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
			usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
		}),
})

let server: TestServer
beforeAll(async () => {
	server = await startServer({
		config: `
models:
  plain: { route: [echo] }
  small: { route: [echo], contextTokens: 100 }
  alias: { route: [dated] }
upstreams:
  echo: { engine: echo }
  dated: { engine: openai-compatible, url: 'http://127.0.0.1:${upstream.port}/v1' }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

interface Stored {
	readonly id: string
	readonly model: string
	readonly conversation: { readonly id: string }
	readonly dropped?: readonly string[]
	readonly truncated?: number
}

const json = async <Body>(path: string, body?: unknown) => (await server.call(path, body)).json() as Promise<Body>

async function startConversation(): Promise<string> {
	return (await json<{ readonly id: string }>('/v1/conversations', {})).id
}

async function exported(conversation: string) {
	const { turns } = await json<{ readonly turns: readonly object[] }>(`/v1/conversations/${conversation}/export`)
	return turns.at(-1)
}

/** The response as the last event of its stream has it. */
async function streamed(body: object): Promise<Stored> {
	const events = await (await server.call('/v1/responses', { ...body, stream: true })).text()
	return JSON.parse(/event: response\.completed\ndata: (.+)\n/.exec(events)?.[1] ?? '{}').response
}

test('parts of a request that its upstream cannot receive are in the stored answer, however it was requested', async () => {
	for (const background of [false, true]) {
		const conversation = await startConversation()
		const asked = { model: 'plain', input: 'Hi', conversation, reasoning: { effort: 'low' }, background }
		const last = await streamed(asked)
		expect(last.dropped).toEqual([expect.stringMatching(/effort/)])
		expect(await json<Stored>(`/v1/responses/${last.id}`)).toMatchObject({
			dropped: last.dropped ?? [],
			model: 'plain',
		})
		expect(await exported(conversation)).toMatchObject({
			dropped: last.dropped ?? [],
			truncated: 0,
			answer_model: null,
		})
	}
	const unary = await json<Stored>('/v1/responses', { model: 'plain', input: 'Hi', reasoning: { effort: 'low' } })
	expect(unary.dropped).toEqual([expect.stringMatching(/effort/)])
	const complete = await json<Stored>('/v1/responses', { model: 'plain', input: 'Hi' })
	expect([complete.dropped, complete.truncated]).toEqual([undefined, undefined])
	const many = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`field_${index}_${'x'.repeat(200)}`, 1]))
	const bounded = await json<Stored>('/v1/responses', { model: 'plain', input: 'Hi', ...many })
	expect(bounded.dropped?.length).toBe(50)
	expect(Math.max(...(bounded.dropped ?? []).map((name) => name.length))).toBe(100)
}, 60_000)

test('the number of messages that were left out is in the stored answer', async () => {
	const conversation = await startConversation()
	for (const text of ['one', 'two'])
		await json('/v1/responses', { model: 'plain', input: `${text} `.repeat(60), conversation })
	const last = await streamed({ model: 'small', input: 'three', conversation, truncation: 'auto', background: true })
	expect(last.truncated).toBe(4)
	expect(await json<Stored>(`/v1/responses/${last.id}`)).toMatchObject({ truncated: 4 })
	expect(await exported(conversation)).toMatchObject({ truncated: 4 })
}, 60_000)

test('the model that answered is in the stored answer and in a share', async () => {
	for (const stream of [false, true]) {
		const conversation = await startConversation()
		const asked = { model: 'alias', input: 'Hi', conversation }
		const made = stream ? await streamed({ ...asked, background: true }) : await json<Stored>('/v1/responses', asked)
		expect(made.model).toBe('m-2026-11')
		expect((await json<Stored>(`/v1/responses/${made.id}`)).model).toBe('m-2026-11')
		expect(await exported(conversation)).toMatchObject({ model: 'alias', answer_model: 'm-2026-11' })
		const share = await json<{ readonly id: string }>(`/v1/conversations/${conversation}/shares`, {})
		const { messages } = await json<{ readonly messages: readonly object[] }>(`/v1/shares/${share.id}`)
		expect(messages.at(-1)).toMatchObject({ model: 'm-2026-11' })
	}
}, 60_000)
