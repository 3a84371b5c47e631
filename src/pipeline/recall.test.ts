import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, errorOf, json, textOf } from './pipeline.testing.ts'

const conversation = 'x-dragoman-conversation'

/** Starts a conversation. @returns its id. */
async function begin(app: App, content = 'first'): Promise<string> {
	const response = await app.chat(content, {}, { headers: { [conversation]: 'new' } })
	expect(response.status).toBe(200)
	return response.headers.get(conversation) ?? ''
}

describe('a conversation', () => {
	test('is sent to the upstream before the new message, and extended by the turn', async () => {
		await using app = await App.open()
		const id = await begin(app)
		const response = await app.chat('second', {}, { headers: { [conversation]: id } })
		expect(response.headers.get(conversation)).toBe(id)
		expect(response.headers.get('x-dragoman-message')).toMatch(/^msg_/)
		const [, received = ''] = app.upstream().received
		expect(received.match(/first|second/g)).toEqual(['first', 'first', 'second'])
		expect((await app.messages(id)).map(textOf)).toEqual(['first', 'first', 'second', 'second'])
	})

	test('continues with the result of its last call alone, which begins no conversation', async () => {
		await using app = await App.open()
		const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }
		const called = await app.chat(
			'Look.',
			{ tools: [tool], tool_choice: 'required' },
			{ headers: { [conversation]: 'new' } },
		)
		const id = called.headers.get(conversation) ?? ''
		const { choices } = (await called.json()) as { choices: [{ message: { tool_calls: [{ id: string }] } }] }
		const result = { role: 'tool', tool_call_id: choices[0].message.tool_calls[0].id, content: 'sunny' }
		const body = { model: 'echo', messages: [result] }
		const continued = await app.post('/v1/chat/completions', body, { headers: { [conversation]: id } })
		expect(continued.status).toBe(200)
		expect((await app.messages(id)).length).toBe(4)
		for (const headers of [undefined, { [conversation]: 'new' }]) {
			const alone = await app.post('/v1/chat/completions', body, { headers })
			expect(alone.status).toBe(400)
			expect(await errorOf(alone)).toMatchObject({ param: 'messages.[0].role' })
		}
	})

	test('of another caller is not found', async () => {
		await using app = await App.open()
		const id = await begin(app)
		const response = await app.chat('second', {}, { as: 'bob', headers: { [conversation]: id } })
		expect(response.status).toBe(404)
		expect(app.upstream().received.length).toBe(1)
		expect((await app.messages(id)).length).toBe(2)
		expect(await app.usageRecords('bob')).toEqual([])
	})

	test.each(['nonsense', 'conv_00000000000000000000000000000000'])('with the id %s is not found', async (id) => {
		await using app = await App.open()
		const response = await app.chat('hi', {}, { headers: { [conversation]: id } })
		expect(response.status).toBe(404)
		expect(app.upstream().received).toEqual([])
	})

	test('is continued from the message that the request names', async () => {
		await using app = await App.open()
		const id = await begin(app)
		const [, answer] = await app.messages(id)
		await app.chat('second', {}, { headers: { [conversation]: id } })
		await app.chat('instead', {}, { headers: { [conversation]: id, 'x-dragoman-parent': answer?.id ?? '' } })
		expect(
			app
				.upstream()
				.received.at(-1)
				?.match(/first|second|instead/g),
		).toEqual(['first', 'first', 'instead'])
	})

	test('has another beginning beside its first messages, if the request asks for none of them', async () => {
		await using app = await App.open()
		const id = await begin(app)
		await app.chat('second', {}, { headers: { [conversation]: id } })
		const response = await app.chat('instead', {}, { headers: { [conversation]: id, 'x-dragoman-parent': 'none' } })
		expect(response.headers.get(conversation)).toBe(id)
		expect(app.upstream().received.at(-1)).not.toContain('first')
		await app.chat('after', {}, { headers: { [conversation]: id } })
		expect(
			app
				.upstream()
				.received.at(-1)
				?.match(/first|second|instead|after/g),
		).toEqual(['instead', 'instead', 'after'])
	})

	test('that does not exist has no other beginning either', async () => {
		await using app = await App.open()
		const headers = { [conversation]: 'conv_00000000000000000000000000000000', 'x-dragoman-parent': 'none' }
		expect((await app.chat('hi', {}, { headers })).status).toBe(404)
		expect(app.upstream().received).toEqual([])
	})

	test('that cannot be read fails the request before it is billed', async () => {
		await using app = await App.open()
		const id = await begin(app)
		app.faults.fail('read-history', new ChatError('unavailable', 'The database cannot be reached.'))
		expect((await app.chat('second', {}, { headers: { [conversation]: id } })).status).toBe(503)
		expect(app.upstream().received.length).toBe(1)
		expect((await app.usageRecords()).length).toBe(1)
	})

	test('is read but not extended by a count', async () => {
		await using app = await App.open()
		const id = await begin(app)
		const body = { model: 'echo', messages: [{ role: 'user', content: 'second' }] }
		const path = '/v1/chat/completions/input_tokens'
		const alone = await json<{ readonly input_tokens: number }>(await app.post(path, body))
		const response = await app.post(path, body, { headers: { [conversation]: id } })
		expect(response.headers.has('x-dragoman-message')).toBe(false)
		const joined = await json<{ readonly input_tokens: number }>(response)
		expect(joined.input_tokens).toBeGreaterThan(alone.input_tokens)
		expect(app.faults.calls('begin-turn')).toBe(1)
		expect((await app.messages(id)).length).toBe(2)
	})
})

describe('messages that are not stored', () => {
	/**
	 * A turn of a history that the request names by `user`: the messages between its instructions and its last message
	 * are not stored.
	 */
	async function send(app: App, own: string, fields: object = {}, headers: Readonly<Record<string, string>> = {}) {
		const messages = [
			{ role: 'system', content: 'rules' },
			{ role: 'user', content: 'example' },
			{ role: 'assistant', content: 'sample' },
			{ role: 'user', content: own },
		]
		const response = await app.post(
			'/v1/chat/completions',
			{ model: 'echo', user: 'leo', messages, ...fields },
			{ headers },
		)
		expect(response.status).toBe(200)
		return json<{ readonly id: string }>(response)
	}
	const sent = (app: App) =>
		app
			.upstream()
			.received.at(-1)
			?.match(/rules|example|sample|first|second|word/g)

	test('go after the instructions and the conversation, before the new message', async () => {
		await using app = await App.open({ userIdHistory: true })
		const { id } = await send(app, 'first')
		expect(sent(app)).toEqual(['rules', 'example', 'sample', 'first'])
		await send(app, 'second', { id })
		expect(sent(app)).toEqual(['rules', 'first', 'first', 'example', 'sample', 'second'])
	})

	test('are not part of the conversation', async () => {
		await using app = await App.open({ userIdHistory: true })
		const { id } = await send(app, 'first')
		await send(app, 'second', { id })
		expect((await app.messages(id)).map(textOf)).toEqual(['first', 'first', 'second', 'second'])
	})

	test('remain in front of the new message if the oldest messages are omitted', async () => {
		await using app = await App.open({ userIdHistory: true, models: { echo: { contextTokens: 70 } } })
		const { id } = await send(app, 'word '.repeat(60))
		const headers = { [conversation]: id, 'x-dragoman-truncation': 'auto' }
		await send(app, 'first', {}, headers)
		await send(app, 'second', {}, headers)
		expect(sent(app)).toEqual(['rules', 'first', 'first', 'example', 'sample', 'second'])
	})

	test('count among the messages that must fit into the context', async () => {
		await using app = await App.open({ userIdHistory: true, models: { echo: { contextTokens: 60 } } })
		const { id } = await send(app, 'first')
		await send(app, 'second', {}, { [conversation]: id, 'x-dragoman-truncation': 'auto' })
		expect(sent(app)).toEqual(['rules', 'example', 'sample', 'second'])
	})
})

describe('a header', () => {
	test.each([
		['x-dragoman-parent', { 'x-dragoman-parent': 'msg_1' }],
		['x-dragoman-truncation', { [conversation]: 'new', 'x-dragoman-truncation': 'perhaps' }],
		['x-dragoman-conflict', { [conversation]: 'new', 'x-dragoman-conflict': 'perhaps' }],
	])('%s that is wrong is reported', async (header, headers) => {
		await using app = await App.open()
		const response = await app.chat('hi', {}, { headers })
		expect(response.status).toBe(400)
		expect((await errorOf(response)).param).toBe(header)
		expect(app.upstream().received).toEqual([])
	})
})

test('a response that only has results of tools continues the conversation of its header', async () => {
	await using app = await App.open()
	const tools = [{ type: 'function', name: 'look', parameters: { type: 'object' } }]
	const send = (input: string | readonly object[], id: string) =>
		app.post('/v1/responses', { model: 'echo', tools, input }, { headers: { [conversation]: id } })
	const first = await send('echo:tool look {}', 'new')
	const { output } = (await first.json()) as { output: [{ call_id: string }] }
	const result = { type: 'function_call_output', call_id: output[0].call_id, output: 'a cat' }
	const second = await send([result], first.headers.get(conversation) ?? '')
	expect(await second.json()).toMatchObject({ output: [{ content: [{ text: 'a cat' }] }] })
	const unrelated = await send([result], 'new')
	expect([unrelated.status, (await errorOf(unrelated)).message]).toEqual([
		400,
		expect.stringContaining('No tool call found'),
	])
})

describe('a conversation that exceeds the context of the model', () => {
	const long = 'word '.repeat(60)
	const open = () => App.open({ models: { echo: { contextTokens: 40 } } })

	test('is refused by default', async () => {
		await using app = await open()
		const id = await begin(app, long)
		for (let turn = 0; turn < 2; turn++) await app.chat(long, {}, { headers: { [conversation]: id } })
		const received = app.upstream().received.length
		const response = await app.chat('last', {}, { headers: { [conversation]: id } })
		expect(response.status).toBe(400)
		expect((await errorOf(response)).code).toBe('context_length_exceeded')
		expect(app.upstream().received.length).toBe(received)
	})

	test('loses its oldest messages if the request permits it, and the response reports how many', async () => {
		await using app = await open()
		const id = await begin(app, long)
		const response = await app.chat('last', {}, { headers: { [conversation]: id, 'x-dragoman-truncation': 'auto' } })
		expect(response.status).toBe(200)
		expect(response.headers.get('x-dragoman-truncated')).toBe('2')
		expect(app.upstream().received.at(-1)).not.toContain('word')
		expect((await app.messages(id)).length).toBe(4)
	})

	test.each([
		['the body permits it', {}, 200],
		['the header forbids what the body permits', { 'x-dragoman-truncation': 'refuse' }, 400],
	])('beside the truncation of a response: %s', async (_, headers, status) => {
		await using app = await open()
		const id = await begin(app, long)
		for (let turn = 0; turn < 2; turn++) await app.chat(long, {}, { headers: { [conversation]: id } })
		const body = { model: 'echo', input: 'last', truncation: 'auto' }
		const response = await app.post('/v1/responses', body, { headers: { [conversation]: id, ...headers } })
		expect(response.status).toBe(status)
	})
})

describe('a server without storage', () => {
	test('rejects a request that names a conversation', async () => {
		await using app = await App.open({ storage: false })
		const response = await app.chat('hi', {}, { headers: { [conversation]: 'new' } })
		expect(response.status).toBe(400)
		expect((await errorOf(response)).message).toContain('not stored')
	})

	test('answers a request that is stored only by default', async () => {
		await using app = await App.open({ storage: false })
		expect((await app.post('/v1/responses', { model: 'echo', input: 'hi' })).status).toBe(200)
	})
})

describe('a response', () => {
	test('continues the response that it names', async () => {
		await using app = await App.open()
		const first = await json<{ readonly id: string }>(
			await app.post('/v1/responses', { model: 'echo', input: 'first' }),
		)
		const next = { model: 'echo', input: 'second', previous_response_id: first.id }
		expect((await app.post('/v1/responses', next)).status).toBe(200)
		expect(
			app
				.upstream()
				.received.at(-1)
				?.match(/first|second/g),
		).toEqual(['first', 'first', 'second'])
		const foreign = await app.post('/v1/responses', next, { as: 'bob' })
		expect((await errorOf(foreign)).code).toBe('previous_response_not_found')
	})

	test('is not stored if the request forbids it', async () => {
		await using app = await App.open()
		await app.post('/v1/responses', { model: 'echo', input: 'hi', store: false })
		expect(await app.conversationCount()).toBe(0)
		await app.post('/v1/responses', { model: 'echo', input: 'hi' })
		expect(await app.conversationCount()).toBe(1)
	})

	test('that must not be stored reads the response that it names, and leaves it as it is', async () => {
		await using app = await App.open()
		const first = await json<{ readonly id: string }>(
			await app.post('/v1/responses', { model: 'echo', input: 'first' }),
		)
		const body = { model: 'echo', input: 'second', previous_response_id: first.id, store: false }
		const response = await app.post('/v1/responses', body)
		expect(app.upstream().received.at(-1)).toContain('first')
		expect(response.headers.has('x-dragoman-message')).toBe(false)
		expect(await app.turnStates()).toEqual(['completed'])
	})

	test('cannot continue one that is still in progress', async () => {
		await using app = await App.open()
		const body = { model: 'echo', input: 'echo:hang-after 1', background: true }
		const running = await json<{ readonly id: string }>(await app.post('/v1/responses', body))
		const response = await app.post('/v1/responses', { model: 'echo', input: 'hi', previous_response_id: running.id })
		expect(response.status).toBe(400)
		expect((await errorOf(response)).code).toBe('previous_response_in_progress')
	})
})
