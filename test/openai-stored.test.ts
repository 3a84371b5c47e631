// What OpenAI's API stores, through OpenAI's client: the dialect's routes on a store, with a constant answer in
// place of the pipeline.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import type { Completion } from '../src/chat/completion.ts'
import { asChatError, type ChatError } from '../src/chat/error.ts'
import type { AssistantMessage, Message } from '../src/chat/message.ts'
import type { ChatRequest } from '../src/chat/request.ts'
import { newConversationId } from '../src/conversations/conversation-id.ts'
import type { ScopedConversations } from '../src/conversations/conversation-store.ts'
import { ConversationService } from '../src/conversations/service.ts'
import { ShareService } from '../src/conversations/share-service.ts'
import type { Thread } from '../src/conversations/thread.ts'
import { newTurnId } from '../src/conversations/turn-id.ts'
import { type AnsweredTurn, TurnService } from '../src/conversations/turn-service.ts'
import type { ChatCall } from '../src/dialects/call.ts'
import type { Call, Route } from '../src/dialects/dialect.ts'
import { openai } from '../src/dialects/openai/openai.ts'
import { JsonPieces } from '../src/dialects/writer.ts'
import { RouteTable } from '../src/http/route-table.ts'
import { ownerId, tenantId } from '../src/keys/scope.ts'
import { isConversationOperation, runConversationOperation } from '../src/pipeline/conversation-operations.ts'
import { SqlConversationStore } from '../src/stores/sql/sql-conversation-store.ts'
import { openMemory } from '../src/stores/sqlite/memory.testing.ts'

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'counted' } as const
const called = { type: 'tool-call', kind: 'function', id: 'call_1', name: 'f', arguments: '{"a":1}' } as const

const database = await openMemory()
const store = new SqlConversationStore(database)
const table = new RouteTable<Route>()
for (const route of openai.routes) table.add(route.method, route.path, route)
/** What the model was shown last. */
let shown: readonly Message[] = []
/** Moves on with every request, so that lists have an order. */
let nowMs = Date.UTC(2026, 10, 23)

const server = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	async fetch(request) {
		const url = new URL(request.url)
		const match = table.find(request.method, url.pathname)
		if (match.type !== 'found') return new Response(match.type, { status: 404 })
		const [tenant = '', owner = ''] = (request.headers.get('authorization') ?? '').replace('Bearer ', '').split('.')
		const own = store.in({ tenant: tenantId(tenant), owner: ownerId(owner) })
		const text = await request.text()
		const body: unknown = text === '' ? undefined : JSON.parse(text)
		nowMs += 1000
		try {
			const { parameters } = match
			const result = await perform(
				await match.target.read({ body, parameters, query: () => url.searchParams, headers: request.headers }),
				own,
			)
			if (!(result instanceof JsonPieces)) return Response.json(result)
			return new Response((await Array.fromAsync(result.pieces)).join(''), {
				headers: { 'content-type': 'application/json' },
			})
		} catch (thrown) {
			const { status, body } = openai.writeError(asChatError(thrown))
			return Response.json(body, { status })
		}
	},
})

async function perform(call: Call, own: ScopedConversations): Promise<unknown> {
	const conversations = new ConversationService(own, { nowMs, process: 'p' })
	const services = { conversations, turns: new TurnService(own), shares: new ShareService(own, nowMs) }
	if (isConversationOperation(call)) return runConversationOperation(call, services)
	if (call.type === 'turns.cancel') {
		const { check, write, ...find } = call
		const checked = (found: AnsweredTurn) => {
			check(found.turn)
			return write(found)
		}
		return runConversationOperation({ ...find, type: 'turns.find', write: checked }, services)
	}
	if (call.type !== 'chat') throw new Error(`unexpected call: ${call.type}`)
	const { references } = call
	if (references === undefined) return answer(call, own)
	return answer(references.insert(await conversations.lookUp(references.lookup)), own)
}

async function answer({ request, thread, writer }: ChatCall, own: ScopedConversations): Promise<unknown> {
	const token = newTurnId()
	const identity = { token, created: Math.floor(nowMs / 1000), model: request.model, now: () => nowMs }
	if (thread === undefined) {
		shown = request.messages
		return writer.completion(completionOf(request), identity)
	}
	const { conversation, parent } = await positionOf(thread, own)
	const history = await own.history.read(conversation, { maxBytes: 1e9, tip: parent })
	shown = [...(history?.messages.map(({ message }) => message) ?? []), ...request.messages]
	const last = history?.messages.at(-1)?.id
	const create = { id: conversation, metadata: {}, listed: thread.listed, createdAtMs: nowMs, updatedAtMs: nowMs }
	const completion = completionOf(request)
	await own.turns.begin({
		...thread,
		id: token,
		process: 'p',
		conversation,
		...(history === undefined ? { create } : {}),
		...(last === undefined ? {} : { parent: last }),
		inputs: thread.incoming,
		model: request.model,
		createdAtMs: nowMs,
	})
	const answers = completion.choices.map(({ finishReason, parts }) => {
		const message: AssistantMessage = { role: 'assistant', content: parts }
		return { message, partial: false, finishReason }
	})
	await own.turns.end(token, { state: 'completed', endedAtMs: nowMs, answers, usage })
	return writer.completion(completion, { ...identity, conversation })
}

/** The text `call` makes it call a tool; any other text is repeated. */
function completionOf({ messages }: ChatRequest): Completion {
	const last = messages.at(-1)?.content[0]
	const text = last !== undefined && 'text' in last ? last.text : ''
	const calls = text === 'call'
	return {
		choices: [
			{
				parts: [calls ? called : { type: 'text', text: `You said: ${text}` }],
				finishReason: calls ? 'tool-calls' : 'stop',
			},
		],
		usage,
	}
}

async function positionOf({ origin }: Thread, own: ScopedConversations) {
	if (origin.type === 'new') return { conversation: newConversationId(), parent: undefined }
	if (origin.type === 'conversation') {
		if ((await own.index.find(origin.id)) === undefined) throw origin.notFound()
		return { conversation: origin.id, parent: undefined }
	}
	const turn = await own.turns.find(origin.id)
	if (turn === undefined) throw origin.notFound()
	return { conversation: turn.conversation, parent: turn.answers[0]?.message }
}

const clientOf = (apiKey: string) => new OpenAI({ baseURL: `http://127.0.0.1:${server.port}`, apiKey, maxRetries: 0 })
const client = clientOf('t.alice')
const otherClient = clientOf('t.mallory')
const model = 'm'

beforeAll(() => {
	shown = []
})
afterAll(async () => {
	await server.stop(true)
	await database.close()
})

async function ids<Item extends { readonly id?: string | null }>(list: AsyncIterable<Item>): Promise<readonly Item[]> {
	const all: Item[] = []
	for await (const item of list) all.push(item)
	return all
}

/** The reason that a promise of the client is rejected with. The client sends nothing before it is awaited. */
async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
	try {
		await promise
	} catch (thrown) {
		return thrown
	}
	throw new Error('nothing went wrong')
}

const lastText = () => shown.map((message) => message.content.map((part) => ('text' in part ? part.text : '')).join(''))

describe('responses', () => {
	test('are retrieved unchanged', async () => {
		const created = await client.responses.create({
			model,
			input: 'Hi',
			instructions: 'Be kind',
			temperature: 0.5,
			metadata: { a: 'b' },
			tools: [{ type: 'function', name: 'f', parameters: {}, strict: false }],
		})
		const read = await client.responses.retrieve(created.id)
		expect(read).toEqual(created)
		expect(read.output_text).toBe('You said: Hi')
		expect(read).toMatchObject({ instructions: 'Be kind', temperature: 0.5, metadata: { a: 'b' }, store: true })
		expect(read.completed_at).toBe(created.created_at)
	})

	test('have every key that Open Responses and OpenAI require', async () => {
		const { output_text: _, ...response } = await client.responses.create({ model, input: 'Hi' })
		const keys = [
			...[
				'id',
				'object',
				'created_at',
				'completed_at',
				'status',
				'incomplete_details',
				'model',
				'previous_response_id',
			],
			...[
				'instructions',
				'output',
				'error',
				'tools',
				'tool_choice',
				'truncation',
				'parallel_tool_calls',
				'text',
				'top_p',
			],
			...['presence_penalty', 'frequency_penalty', 'top_logprobs', 'temperature', 'reasoning', 'usage', 'metadata'],
			...['max_output_tokens', 'max_tool_calls', 'store', 'background', 'service_tier', 'safety_identifier'],
			...['prompt_cache_key', 'conversation'],
		]
		expect(
			Object.keys(response)
				.filter((key) => key !== '_request_id')
				.toSorted(),
		).toEqual(keys.toSorted())
	})

	test('continue one another, and list all input of the model', async () => {
		const first = await client.responses.create({ model, input: 'call', instructions: 'once' })
		const second = await client.responses.create({
			model,
			previous_response_id: first.id,
			input: [
				{ type: 'function_call_output', call_id: 'call_1', output: '42' },
				{
					role: 'user',
					content: [
						{ type: 'input_text', text: 'And?' },
						{ type: 'input_text', text: ' Now?' },
					],
				},
			],
		})
		expect(lastText()).toEqual(['call', '', '42', 'And? Now?'])
		expect(second.previous_response_id).toBe(first.id)
		const listed = await ids(client.responses.inputItems.list(second.id, { order: 'asc', limit: 2 }))
		expect(listed.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output', 'message'])
		expect(listed[1]).toMatchObject({ id: first.output[0]?.id ?? '', call_id: 'call_1', arguments: '{"a":1}' })
		const backwards = await ids(client.responses.inputItems.list(second.id, { limit: 1 }))
		expect(backwards.map(({ id }) => id)).toEqual(listed.map(({ id }) => id).toReversed())
	})

	test('resolve references to stored items', async () => {
		const first = await client.responses.create({ model, input: 'One' })
		const [item] = first.output
		await client.responses.create({
			model,
			input: [
				{ role: 'user', content: 'One' },
				{ type: 'item_reference', id: item?.id ?? '' },
				{ type: 'item_reference', id: item?.id ?? '' },
				{ role: 'user', content: 'Two' },
			],
		})
		expect(lastText()).toEqual(['One', 'You said: One', 'Two'])
		await client.responses.create({
			model,
			previous_response_id: first.id,
			input: [
				{ type: 'item_reference', id: item?.id ?? '' },
				{ role: 'user', content: 'Two' },
			],
		})
		expect(lastText()).toEqual(['One', 'You said: One', 'Two'])
		const input = [{ type: 'item_reference' as const, id: item?.id ?? '' }]
		expect(await failure(otherClient.responses.create({ model, input }))).toMatchObject({ status: 404 })
	})

	test('are compacted to the user’s messages and a summary that is accepted as input', async () => {
		const first = await client.responses.create({ model, input: 'Long story' })
		const compacted = await client.responses.compact({ model, previous_response_id: first.id, input: 'More' })
		expect(lastText().slice(0, -1)).toEqual(['Long story', 'You said: Long story', 'More'])
		expect(compacted.object).toBe('response.compaction')
		expect(compacted.output.map(({ type }) => type as string)).toEqual(['message', 'message', 'compaction'])
		const input = [...compacted.output, { role: 'user', content: 'Go on' }] as OpenAI.Responses.ResponseInput
		await client.responses.create({ model, input })
		expect(lastText().map((text) => text.slice(0, 30))).toEqual([
			'Long story',
			'More',
			'A summary of the conversation ',
			'Go on',
		])
	})

	test('are deleted', async () => {
		const { id } = await client.responses.create({ model, input: 'Hi' })
		await client.responses.delete(id)
		expect(await failure(client.responses.retrieve(id))).toMatchObject({ status: 404, type: 'invalid_request_error' })
		expect(await failure(client.responses.delete(id))).toMatchObject({ status: 404 })
	})

	test('that do not run in the background cannot be cancelled', async () => {
		const { id } = await client.responses.create({ model, input: 'Hi' })
		expect(await failure(client.responses.cancel(id))).toMatchObject({ status: 400 })
		const background = await client.responses.create({ model, input: 'Hi', background: true })
		expect((await client.responses.cancel(background.id)).status).toBe('completed')
	})
})

describe('conversations', () => {
	test('contain the added items and the answers', async () => {
		const conversation = await client.conversations.create({
			metadata: { topic: 'demo' },
			items: [{ type: 'message', role: 'user', content: 'Hello!' }],
		})
		expect(conversation).toMatchObject({ object: 'conversation', metadata: { topic: 'demo' } })
		const added = await client.conversations.items.create(conversation.id, {
			items: [
				{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'A' }] },
				{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'B' }] },
			],
		})
		expect(added.data).toHaveLength(2)
		const response = await client.responses.create({ model, conversation: conversation.id, input: 'C' })
		expect(lastText()).toEqual(['Hello!', 'A', 'B', 'C'])
		expect(response.conversation).toEqual({ id: conversation.id })
		expect((await client.responses.retrieve(response.id)).conversation).toEqual({ id: conversation.id })
		const items = await ids(client.conversations.items.list(conversation.id, { order: 'asc', limit: 2 }))
		const roles: readonly string[] = items.map((item) => (item.type === 'message' ? item.role : item.type))
		expect(roles).toEqual(['user', 'user', 'user', 'user', 'assistant'])
		expect(items[1]).toEqual(added.data[0] as never)
		expect(items.at(-1)?.id).toBe(response.output[0]?.id ?? '')
	})

	test('return single items, and delete them', async () => {
		const { id: conversation_id } = await client.conversations.create({
			items: [
				{ type: 'message', role: 'user', content: 'A' },
				{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
				{ type: 'custom_tool_call', call_id: 'c2', name: 'g', input: 'free' },
				{ type: 'custom_tool_call_output', call_id: 'c2', output: 'done' },
			],
		})
		const items = await ids(client.conversations.items.list(conversation_id, { order: 'asc' }))
		expect(items.map(({ type }) => type)).toEqual([
			...(['message', 'function_call', 'custom_tool_call', 'custom_tool_call_output'] as const),
		])
		for (const item of items)
			expect(await client.conversations.items.retrieve(item.id ?? '', { conversation_id })).toEqual(item)
		const [, call, , output] = items
		await client.conversations.items.delete(call?.id ?? '', { conversation_id })
		const left = await client.conversations.items.delete(output?.id ?? '', { conversation_id })
		expect(left.id).toBe(conversation_id)
		const after = await ids(client.conversations.items.list(conversation_id, { order: 'asc' }))
		expect(after.map(({ id }) => id)).toEqual([items[0]?.id, items[2]?.id])
		const deleted = client.conversations.items.retrieve(call?.id ?? '', { conversation_id })
		expect(await failure(deleted)).toMatchObject({ status: 404 })
	})

	test('beyond OpenAI: delete an item with everything after it', async () => {
		const { id: conversation_id } = await client.conversations.create()
		const first = await client.responses.create({ model, conversation: conversation_id, input: 'A' })
		const left = await client.responses.create({ model, previous_response_id: first.id, input: 'L' })
		const right = await client.responses.create({ model, previous_response_id: first.id, input: 'R' })
		const after = await client.responses.create({ model, previous_response_id: right.id, input: 'after' })
		const remove = (item: string, following = 'true'): Promise<unknown> =>
			client.delete(`/conversations/${conversation_id}/items/${item}`, { query: { following } })
		const question = `msg_${right.id.replace('resp_', '')}-0`
		expect(await failure(remove(question, 'yes'))).toMatchObject({ status: 400, param: 'following' })
		expect(await remove(question)).toMatchObject({ id: conversation_id, object: 'conversation' })
		expect(await failure(remove(question))).toMatchObject({ status: 404 })
		expect(await failure(remove('msg_no'))).toMatchObject({ status: 404 })
		for (const gone of [right, after])
			expect(await failure(client.responses.retrieve(gone.id))).toMatchObject({ status: 404 })
		await client.responses.create({ model, conversation: conversation_id, input: 'next' })
		expect(lastText()).toEqual(['A', 'You said: A', 'L', 'You said: L', 'next'])
		expect((await client.responses.retrieve(left.id)).id).toBe(left.id)
	})

	test('beyond OpenAI: take items of elsewhere, with their time, their parent, their model and metadata', async () => {
		const own = clientOf('t.importer')
		const { id }: { readonly id: string } = await own.post('/conversations', {
			body: { title: 'Old', created_at: 1_600_000_000 },
		})
		const add = async (content: string, fields: object): Promise<string> => {
			const body = { items: [{ role: 'user', content }], ...fields }
			const added: { readonly last_id: string } = await own.post(`/conversations/${id}/items`, { body })
			return added.last_id
		}
		const first = await add('A', { created_at: 1_600_000_100, model: 'gpt-4', metadata: { edited: 'true' } })
		await add('L', { parent: first, created_at: 1_600_000_200 })
		await add('R', { parent: first, created_at: 1_600_000_300 })
		await add('other start', { parent: 'none', created_at: 1_600_000_050 })
		const exported: unknown = await own.get(`/conversations/${id}/export`)
		const raw = first.replace(/^msg_/, '')
		expect(exported).toMatchObject({
			conversation: { created_at: 1_600_000_000, updated_at: 1_600_000_300 },
			messages: [
				{ id: raw, parent: null, created_at: 1_600_000_100 },
				{ parent: raw, created_at: 1_600_000_200 },
				{ parent: raw, created_at: 1_600_000_300 },
				{ parent: null, created_at: 1_600_000_050 },
			],
			turns: expect.arrayContaining([
				expect.objectContaining({ model: 'gpt-4', created_at: 1_600_000_100, metadata: { edited: 'true' } }),
			]),
		})
		expect(await failure(add('x', { parent: 'msg_no' }))).toMatchObject({ status: 404 })
		for (const fields of [
			{ created_at: -1 },
			{ created_at: 'x' },
			{ created_at: 1e300 },
			{ parent: 7 },
			{ metadata: { a: 1 } },
		])
			expect(await failure(add('x', fields))).toMatchObject({ status: 400 })
	})

	test('are renamed and deleted', async () => {
		const { id } = await client.conversations.create()
		expect((await client.conversations.update(id, { metadata: { a: 'b' } })).metadata).toEqual({ a: 'b' })
		const titled: unknown = await client.post(`/conversations/${id}`, { body: { title: 'T' } })
		expect(titled).toMatchObject({ title: 'T', metadata: { a: 'b' } })
		expect(titled).toMatchObject({ updated_at: expect.any(Number) })
		expect(await client.conversations.delete(id)).toMatchObject({ id, deleted: true, object: 'conversation.deleted' })
		expect(await failure(client.conversations.retrieve(id))).toMatchObject({ status: 404 })
	})

	test('beyond OpenAI: are listed, searched, exported, and deleted together', async () => {
		const own = clientOf('t.bob')
		const create = (body: object): Promise<{ readonly id: string }> => own.post('/conversations', { body })
		const items = (content: string) => [{ role: 'user', content }]
		const first = await create({ title: 'First', user: 'u1', items: items('the needle') })
		const second = await create({ title: 'Second', user: 'u2', items: items('hay') })
		const list = async (query: object) =>
			(await own.get<{ readonly data: readonly { readonly id: string }[] }>('/conversations', { query })).data.map(
				({ id }) => id,
			)
		expect(await list({})).toEqual([second.id, first.id])
		expect(await list({ limit: 1, after: second.id })).toEqual([first.id])
		expect(await list({ search: 'NEEDLE' })).toEqual([first.id])
		expect(await list({ search: 'first' })).toEqual([first.id])
		expect([await list({ search: 'ne' }), await list({ search: 'ir' })]).toEqual([[], [first.id]])
		expect(await list({ search: '😀'.repeat(200) })).toEqual([])
		for (const search of ['a'.repeat(201), '😀'.repeat(201), 'a'.repeat(6000)])
			expect(await failure(list({ search }))).toMatchObject({
				status: 400,
				param: 'search',
				code: 'string_above_max_length',
			})
		expect(await list({ user: 'u2' })).toEqual([second.id])
		await own.post(`/conversations/${second.id}`, { body: { metadata: { folder: 'Work/Q1' } } })
		expect(await list({ metadata: { folder: 'Work/Q1' } })).toEqual([second.id])
		expect(await list({ metadata: { folder: '' } })).toEqual([second.id])
		expect(await list({ metadata: { folder: 'Work' } })).toEqual([])
		expect(await list({ order_by: 'updated_at' })).toEqual([second.id, first.id])
		await own.conversations.items.create(first.id, { items: [{ role: 'user', content: 'again' }] })
		expect(await list({ order_by: 'updated_at' })).toEqual([first.id, second.id])
		expect(await failure(list({ order_by: 'title' }))).toMatchObject({ status: 400, param: 'order_by' })
		const exported: unknown = await own.get(`/conversations/${first.id}/export`)
		expect(exported).toMatchObject({
			object: 'conversation.export',
			conversation: { id: first.id, title: 'First', user: 'u1' },
			messages: [{ message: { role: 'user', content: [{ type: 'text', text: 'the needle' }] }, parent: null }, {}],
		})
		const deleteAll = (query: object): Promise<unknown> => own.delete('/conversations', { query })
		expect(await deleteAll({ user: 'u1' })).toEqual({ object: 'conversation.list.deleted', deleted: 1 })
		expect(await list({})).toEqual([second.id])
		expect(await deleteAll({})).toMatchObject({ deleted: 1 })
		expect(await list({})).toEqual([])
	})

	test('show another branch by its last message', async () => {
		const conversation = await client.conversations.create()
		const first = await client.responses.create({ model, conversation: conversation.id, input: 'A' })
		const left = await client.responses.create({ model, previous_response_id: first.id, input: 'L' })
		const right = await client.responses.create({ model, previous_response_id: first.id, input: 'R' })
		const texts = async (query: object) =>
			(await ids(client.conversations.items.list(conversation.id, { order: 'asc', ...query }))).map((item) =>
				item.type === 'message' ? item.content.map((part) => ('text' in part ? part.text : '')).join('') : '',
			)
		expect(await texts({})).toEqual(['A', 'You said: A', 'R', 'You said: R'])
		expect(await texts({ branch: left.output[0]?.id })).toEqual(['A', 'You said: A', 'L', 'You said: L'])
		expect(right.output[0]?.id).not.toBe(left.output[0]?.id)
		expect(await failure(texts({ branch: 'nonsense' }))).toMatchObject({ status: 404 })
	})
})

describe('stored chat completions', () => {
	const messages = [
		{ role: 'system' as const, content: 'S' },
		{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] },
	]

	test('are stored only if requested', async () => {
		const own = clientOf('t.carol')
		await own.chat.completions.create({ model, messages })
		const first = await own.chat.completions.create({ model, messages, store: true, metadata: { a: '1' }, seed: 7 })
		const second = await own.chat.completions.create({ model: 'n', messages, store: true, metadata: { a: '2' } })
		const all = await ids(own.chat.completions.list({ limit: 1 }))
		expect(all.map(({ id }) => id)).toEqual([first.id, second.id])
		expect(await ids(own.chat.completions.list({ model: 'n' }))).toHaveLength(1)
		expect((await ids(own.chat.completions.list({ metadata: { a: '1' } }))).map(({ id }) => id)).toEqual([first.id])
		const read = await own.chat.completions.retrieve(first.id)
		expect(read).toMatchObject({ ...first, seed: 7, metadata: { a: '1' } } as object)
		expect(read.choices[0]?.message.content).toBe('You said: S'.replace('S', 'Hi'))
	})

	test('return their messages, accept new metadata, and are deleted', async () => {
		const { id } = await client.chat.completions.create({ model, messages, store: true })
		const sent = await ids(client.chat.completions.messages.list(id, { limit: 1 }))
		expect(sent).toMatchObject([
			{ id: `${id}-0`, role: 'system', content: 'S' },
			{ id: `${id}-1`, role: 'user', content: 'Hi' },
		])
		const changed = await client.chat.completions.update(id, { metadata: { b: 'c' } })
		expect(changed).toMatchObject({ id, metadata: { b: 'c' } })
		expect(await client.chat.completions.delete(id)).toEqual({ object: 'chat.completion.deleted', id, deleted: true })
		expect(await failure(client.chat.completions.retrieve(id))).toMatchObject({ status: 404 })
	})
})

describe('resources of another owner', () => {
	test('get the same answer as unknown ones', async () => {
		const response = await client.responses.create({ model, input: 'Hi' })
		const completion = await client.chat.completions.create({
			model,
			messages: [{ role: 'user', content: 'Hi' }],
			store: true,
		})
		const { id } = await client.conversations.create({ items: [{ role: 'user', content: 'A' }] })
		const [item] = await ids(client.conversations.items.list(id))
		const none = newTurnId()
		const unusedId = newConversationId().replaceAll('-', '')
		const ownIds = [
			response.id.slice('resp_'.length),
			completion.id.slice('chatcmpl-'.length),
			id.slice('conv_'.length),
		]
		const messageId = item?.id ?? ''
		const paths: readonly (readonly [string, string])[] = [
			['GET', `/responses/resp_${ownIds[0]}`],
			['DELETE', `/responses/resp_${ownIds[0]}`],
			['POST', `/responses/resp_${ownIds[0]}/cancel`],
			['GET', `/responses/resp_${ownIds[0]}/input_items`],
			['GET', `/chat/completions/chatcmpl-${ownIds[1]}`],
			['DELETE', `/chat/completions/chatcmpl-${ownIds[1]}`],
			['GET', `/chat/completions/chatcmpl-${ownIds[1]}/messages`],
			['GET', `/chat/completions?after=chatcmpl-${ownIds[1]}`],
			['GET', `/conversations/conv_${ownIds[2]}`],
			['DELETE', `/conversations/conv_${ownIds[2]}`],
			['GET', `/conversations/conv_${ownIds[2]}/items`],
			['GET', `/conversations/conv_${ownIds[2]}/items/${messageId}`],
			['DELETE', `/conversations/conv_${ownIds[2]}/items/${messageId}`],
			['GET', `/conversations/conv_${ownIds[2]}/export`],
			['GET', `/conversations?after=conv_${ownIds[2]}`],
		]
		for (const [method, path] of paths) {
			const errorAt = async (at: string) => {
				const answered = await fetch(`http://127.0.0.1:${server.port}${at}`, {
					method,
					headers: { authorization: 'Bearer t.mallory' },
				})
				return [answered.status, (await answered.text()).replaceAll(none, ownIds[0] ?? '')]
			}
			const unknown = [ownIds[0], ownIds[1]]
				.reduce<string>((text, token) => text.replace(token ?? '', none), path)
				.replace(ownIds[2] ?? '', unusedId)
			const blank = (text: unknown) =>
				[none, unusedId, ...ownIds].reduce<string>((so, token) => so.replaceAll(token, 'x'), String(text))
			const [otherError, unknownError] = [await errorAt(path), await errorAt(unknown)]
			expect([otherError[0], blank(otherError[1])], `${method} ${path}`).toEqual([404, blank(unknownError[1])])
		}
		expect((await client.responses.retrieve(response.id)).id).toBe(response.id)
		expect(await ids(client.conversations.items.list(id))).toHaveLength(1)
	})
})

test('a stream resumes after the events that its client has received', async () => {
	const route = table.find('GET', '/responses/resp_0193a0000000700080000000000000ab')
	if (route.type !== 'found') throw new Error('no such route')
	const read = (query: string) =>
		route.target.read({
			body: undefined,
			parameters: route.parameters,
			query: () => new URLSearchParams(query),
			headers: new Headers(),
		})
	expect(read('stream=true')).toMatchObject({
		type: 'streams.read',
		turn: '0193a0000000700080000000000000ab',
		after: 0,
	})
	expect(read('stream=true&starting_after=4')).toMatchObject({ type: 'streams.read', after: 5 })
	expect(() => read('stream=true&starting_after=x')).toThrow("Invalid type for 'starting_after'")
	const call = await read('stream=true')
	const missing: ChatError | undefined = call.type === 'streams.read' ? call.notFound('turn') : undefined
	expect(missing?.kind).toBe('not-found')
})
