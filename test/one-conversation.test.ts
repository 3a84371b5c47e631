// One conversation carried through every dialect in turn, each client sending its newest message alone: the model sees
// all turns of the others, and the history contains them afterwards.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { at, type DialectClient, listAt, textAt } from './dialect-clients/dialect-client.ts'
import { dialectClients } from './dialect-clients/list.ts'
import { startServer, type TestServer } from './server.ts'

/** The requests that the model received. */
const requests: (readonly unknown[])[] = []
const model = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		const messages = listAt(await request.json(), 'messages')
		requests.push(messages)
		return Response.json({
			id: 'x',
			object: 'chat.completion',
			created: 1,
			model: 'm',
			choices: [
				{ index: 0, message: { role: 'assistant', content: `answer ${requests.length}` }, finish_reason: 'stop' },
			],
			usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
		})
	},
})
let server: TestServer

beforeAll(async () => {
	server = await startServer({
		config: `
models: { m: { route: [m] } }
upstreams: { m: { engine: openai-compatible, url: '${model.url}v1' } }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await model.stop(true)
})

async function send(client: DialectClient, text: string, conversation: string): Promise<Response> {
	const { path, headers, body } = client.write({ model: 'm', turns: [{ role: 'user', text }] })
	return fetch(server.url + path, {
		method: 'POST',
		headers: {
			'content-type': 'application/json',
			'x-dragoman-conversation': conversation,
			...headers(server.key),
		},
		body: JSON.stringify(body),
	})
}

/** Without the instructions that a dialect adds. */
function contents(messages: readonly unknown[]): readonly string[] {
	return messages
		.filter((message) => at(message, 'role') !== 'system')
		.map((message) => `${textAt(message, 'role')}: ${textAt(message, 'content')}`)
}

test('each dialect continues where the others stopped', async () => {
	const texts: string[] = []
	let conversation = 'new'
	// Forwards and backwards, so that each dialect follows and precedes another.
	for (const [turn, client] of [...dialectClients, ...dialectClients.toReversed()].entries()) {
		const text = `${client.name} says ${turn + 1}`
		const response = await send(client, text, conversation)
		expect([client.name, response.status]).toEqual([client.name, 200])
		const id = response.headers.get('x-dragoman-conversation') ?? ''
		expect(id).toMatch(/^conv_[0-9a-f]{32}$/)
		if (conversation !== 'new') expect(id).toBe(conversation)
		conversation = id
		expect(client.readUnary(await response.json()).text).toBe(`answer ${turn + 1}`)
		texts.push(`user: ${text}`)
		expect([client.name, contents(requests.at(-1) ?? [])]).toEqual([client.name, texts])
		texts.push(`assistant: answer ${turn + 1}`)
	}

	const items = await (await server.call(`/v1/conversations/${conversation}/items?limit=100&order=asc`)).json()
	const stored = listAt(items, 'data').map(
		(item) =>
			`${textAt(item, 'role')}: ${listAt(item, 'content')
				.map((part) => textAt(part, 'text'))
				.join('')}`,
	)
	expect(stored).toEqual(texts)
})

test("another owner's conversation is not found, in any dialect", async () => {
	const [first] = dialectClients
	if (first === undefined) throw new Error('no dialect')
	const mine = (await send(first, 'mine', 'new')).headers.get('x-dragoman-conversation') ?? ''
	for (const client of dialectClients) {
		const answers: unknown[] = []
		for (const id of [mine.replace(/.$/, (last) => (last === '0' ? '1' : '0')), 'conv_nonsense']) {
			const response = await send(client, 'hello', id)
			answers.push([response.status, client.readError(await response.json()).replaceAll(id, 'ID')])
		}
		expect(answers[0]).toEqual(answers[1])
		expect(at(answers, 0, 0)).toBe(404)
	}
})
