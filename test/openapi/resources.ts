// Objects that a test calls the operations of the document with: each call makes new ones, so that it may delete them. It
// knows where an id of each kind comes from, and nothing about answers.

import { at, textAt } from '../dialect-clients/dialect-client.ts'
import type { TestServer } from '../server.ts'

const chat = { model: 'echo', messages: [{ role: 'user', content: 'Hello!' }] }

/** The values of the parameters of a path. */
export async function parametersFor(server: TestServer, path: string): Promise<Readonly<Record<string, string>>> {
	const make = makers.find(([pattern]) => pattern.test(path))?.[1]
	return make === undefined ? {} : await make(server)
}

type Make = (server: TestServer) => Promise<Readonly<Record<string, string>>>

const makers: readonly (readonly [RegExp, Make])[] = [
	[/\/models\/\{name\}/, async () => ({ name: 'echo' })],
	[/\/models\/\{model\}/, async () => ({ model: 'echo' })],
	[/\/models\/\{id\}/, async () => ({ id: 'echo' })],
	[/\{path\}/, async () => ({ path: 'x' })],
	[/\/chat\/history\//, makeHistory],
	[/\/chat\/completions\/\{id\}/, makeCompletion],
	[/\/responses\/\{id\}/, makeResponse],
	[/\/streams\/\{id\}/, makeStream],
	[/\/shares/, makeShare],
	[/\/conversations\/\{id\}/, makeConversation],
	[/\/(keys|tokens)\/\{id\}/, makeKey],
]

async function created(server: TestServer, path: string, body: object): Promise<unknown> {
	const response = await server.call(path, body)
	if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
	return response.json()
}

async function makeCompletion(server: TestServer) {
	return { id: textAt(await created(server, '/openai/v1/chat/completions', { ...chat, store: true }), 'id') }
}

/** In the background, so that it can be cancelled and streamed. */
async function makeResponse(server: TestServer) {
	const body = { model: 'echo', input: 'Hello!', background: true, stream: true }
	const response = await server.call('/openai/v1/responses', body)
	const id = /"id":"(resp_\w+)"/.exec(await response.text())?.[1]
	if (id === undefined) throw new Error('no response')
	return { id }
}

async function makeStream(server: TestServer) {
	const response = await server.call(
		'/openai/v1/chat/completions',
		{ ...chat, stream: true },
		{ 'x-dragoman-resumable': '1' },
	)
	await response.text()
	return { id: response.headers.get('x-dragoman-stream') ?? '' }
}

async function makeConversation(server: TestServer) {
	const items = [{ type: 'message', role: 'user', content: 'Hello!' }]
	const id = textAt(await created(server, '/openai/v1/conversations', { items }), 'id')
	await created(server, '/openai/v1/responses', { model: 'echo', input: 'Again!', conversation: id })
	const list = await (await server.call(`/openai/v1/conversations/${id}/items`)).json()
	return { id, item: textAt(list, 'data', 0, 'id') }
}

async function makeShare(server: TestServer) {
	const { id } = await makeConversation(server)
	const share = textAt(await created(server, `/openai/v1/conversations/${id}/shares`, {}), 'id')
	return { id, share }
}

async function makeHistory(server: TestServer) {
	const answer = await created(server, '/albert/v1/chat/completions', { ...chat, user: 'leo' })
	return { user: 'leo', id: textAt(answer, 'id') }
}

async function makeKey(server: TestServer) {
	const key = await created(server, '/opengatellm/v1/keys', { name: 'laptop' })
	return { id: String(at(key, 'id')) }
}
