import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../chat/completion-events.ts'
import { ChatError } from '../chat/error.ts'
import { defaultBounds } from '../http/request-bounds.ts'
import { App, isPending, json, quiet, type RequestOptions } from '../pipeline/pipeline.testing.ts'
import type { SocketPeer } from './socket-peer.ts'

interface Frame {
	readonly type: string
	readonly stream_id?: string
	readonly status?: number
	readonly error?: { readonly code: string | null; readonly message: string }
	readonly response?: {
		readonly id: string
		readonly status: string
		readonly previous_response_id: string | null
		readonly output: readonly { readonly type: string; readonly call_id?: string }[]
	}
}

const ends: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** Whether it is the last frame of an answer. An error in a stream precedes `response.failed`. */
function isEnd({ type, status }: Frame): boolean {
	return ends.has(type) || (type === 'error' && status !== undefined)
}

/** A client on one WebSocket. */
class Client {
	readonly frames: Frame[] = []
	pings = 0
	readonly closeCodes: number[] = []
	readonly send: (text: string) => void
	private arrived = Promise.withResolvers<void>()
	readonly close: () => void

	private constructor(peer: SocketPeer) {
		this.send = (text) =>
			peer.message(text, {
				send: async (frame) => {
					this.frames.push(JSON.parse(frame))
					this.arrived.resolve()
					this.arrived = Promise.withResolvers()
				},
				ping: () => void this.pings++,
				close: (code) => void this.closeCodes.push(code),
			})
		this.close = () => peer.close()
	}

	static async connect(app: App, { as = 'alice' }: Pick<RequestOptions, 'as'> = {}): Promise<Client> {
		const headers = app.headersOf({ as })
		const peer = await app.handler.socket(new Request('http://localhost/v1/responses', { headers }))
		if (peer === undefined || peer instanceof Response) throw new Error('the upgrade was refused')
		return new Client(peer)
	}

	/** Sends a `response.create` that is not stored. */
	create(body: object): void {
		this.send(JSON.stringify({ type: 'response.create', model: 'echo', store: false, ...body }))
	}

	/** The same, and the frames of its answer. */
	async exchange(body: object): Promise<readonly Frame[]> {
		const from = this.frames.length
		this.create(body)
		for (;;) {
			const { promise } = this.arrived
			const frames = this.frames.slice(from)
			if (frames.some(isEnd)) return frames
			await promise
		}
	}

	/** The id of a complete response. */
	async complete(body: object): Promise<string> {
		const frames = await this.exchange(body)
		const last = frames.at(-1)
		if (last?.type !== 'response.completed') throw new Error(`not complete: ${JSON.stringify(frames.at(-1))}`)
		return last.response?.id ?? ''
	}

	/** The code of the error of a request that fails. */
	async codeOf(body: object): Promise<string | null | undefined> {
		const frames = await this.exchange(body)
		return frames.find(({ type }) => type === 'error')?.error?.code
	}
}

/** The roles and texts of the last request to the upstream. */
function lastMessages(app: App): readonly string[] {
	const { messages }: { messages: { role: string; content: { text?: string }[] }[] } = JSON.parse(
		app.upstream().received.at(-1) ?? '{}',
	)
	return messages.map(({ role, content }) => `${role}: ${content.map(({ text = '' }) => text).join('')}`)
}

const free = { permits: 0, queued: 0, tickets: 0 }
const notFound = 'previous_response_not_found'

describe('a response that is not stored', () => {
	test('can be continued on its socket, again and again', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const first = await client.complete({ input: 'one' })
		const second = await client.complete({ input: 'two', previous_response_id: first })
		const frames = await client.exchange({ input: 'three', previous_response_id: second })
		expect(lastMessages(app)).toEqual([
			...['user: one', 'assistant: one'],
			...['user: two', 'assistant: two'],
			'user: three',
		])
		expect(frames.at(-1)?.response?.previous_response_id).toBe(second)
		expect(await app.conversationCount()).toBe(0)
		expect((await app.usageRecords()).map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed'])
	})

	test('is continued with the instructions of the new request only', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const first = await client.complete({ input: 'one', instructions: 'Be brief.' })
		await client.complete({ input: 'two', instructions: 'Be kind.', previous_response_id: first })
		expect(lastMessages(app)).toEqual(['developer: Be kind.', 'user: one', 'assistant: one', 'user: two'])
	})

	test('is continued with the results of its calls', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const tools = [{ type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } }]
		const frames = await client.exchange({ input: 'echo:tool get_weather {"city":"Paris"}', tools })
		const { id, output } = frames.at(-1)?.response ?? { output: [] }
		const result = { type: 'function_call_output', call_id: output[0]?.call_id, output: 'Sunny' }
		const answer = await client.exchange({ input: [result], tools, previous_response_id: id })
		expect(answer.at(-1)?.type).toBe('response.completed')
		expect(lastMessages(app).map((message) => message.split(':')[0])).toEqual(['user', 'assistant', 'tool'])
	})

	test('retains what its client was not sent, such as signatures', async () => {
		const usage = {
			...{ promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0 },
			source: 'upstream' as const,
		}
		const signature = { wire: 'anthropic', value: 'signed', origin: 'here' } as const
		await using app = await App.open({
			upstreams: {
				a: {
					script: [
						{ type: 'start' },
						...eventsOfPart({ type: 'reasoning', text: 'think', signature }, 0),
						...eventsOfPart({ type: 'text', text: 'done' }, 0),
						{ type: 'choice-finish', choice: 0, reason: 'stop' },
						{ type: 'finish', usage },
					],
				},
			},
		})
		const client = await Client.connect(app)
		const first = await client.complete({ input: 'one' })
		expect(JSON.stringify(client.frames)).not.toContain('signed')
		await client.complete({ input: 'two', previous_response_id: first })
		expect(app.upstream().received.at(-1)).toContain('signed')
	})

	test('is unknown on another socket, to another caller and over HTTP', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const id = await client.complete({ input: 'one' })
		for (const as of ['alice', 'bob'] as const)
			expect(await (await Client.connect(app, { as })).codeOf({ input: 'two', previous_response_id: id })).toBe(
				notFound,
			)
		const response = await app.post('/v1/responses', { model: 'echo', input: 'two', previous_response_id: id })
		expect(response.status).toBe(400)
		expect((await app.get(`/v1/responses/${id}`)).status).toBe(404)
		await client.complete({ input: 'two', previous_response_id: id })
	})

	test('is unknown after another one on its socket', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const first = await client.complete({ input: 'one' })
		await client.complete({ input: 'two' })
		expect(await client.codeOf({ input: 'three', previous_response_id: first })).toBe(notFound)
	})

	test('can be continued on several streams of its socket', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const id = await client.complete({ input: 'one', stream_id: 'main' })
		await client.complete({ input: 'left', stream_id: 'fork', previous_response_id: id })
		await client.complete({ input: 'right', stream_id: 'main', previous_response_id: id })
		expect(lastMessages(app)).toEqual(['user: one', 'assistant: one', 'user: right'])
		expect(await client.codeOf({ input: 'again', stream_id: 'main', previous_response_id: id })).toBe(notFound)
	})

	test.each([
		['before its stream', { model: 'unknown' }, []],
		['because of its form', { temperature: 9 }, []],
		['at the upstream', {}, [new ChatError('upstream-failed', 'Broken.', { sent: 'yes' })]],
		['in its stream', { input: 'echo:error-after 1 upstream-failed' }, []],
	])('is dropped when a continuation fails %s', async (_, body, errors) => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const id = await client.complete({ input: 'one' })
		app.upstream().refuse(...errors)
		const frames = await client.exchange({ input: 'two', previous_response_id: id, ...body })
		expect(frames.some(({ type }) => type === 'error')).toBe(true)
		expect(await client.codeOf({ input: 'two', previous_response_id: id })).toBe(notFound)
		expect(await app.held()).toEqual(free)
	})

	test('can follow a stored one, and be followed by one', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const stored = await client.complete({ input: 'one', store: true })
		const unsaved = await client.complete({ input: 'two', previous_response_id: stored })
		const again = await client.complete({ input: 'three', previous_response_id: unsaved })
		expect(lastMessages(app)).toEqual([
			...['user: one', 'assistant: one'],
			...['user: two', 'assistant: two'],
			'user: three',
		])
		const last = await client.complete({ input: 'four', previous_response_id: again, store: true })
		const response = await app.post('/v1/responses', { model: 'echo', input: 'five', previous_response_id: last })
		expect(response.status).toBe(200)
		expect(lastMessages(app).length).toBe(9)
		expect(lastMessages(app).at(-2)).toBe('assistant: four')
	})

	test('is not held if it failed itself', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const frames = await client.exchange({ input: 'echo:error-after 1 upstream-failed' })
		const id = frames.at(-1)?.response?.id
		expect(frames.at(-1)?.type).toBe('response.failed')
		expect(await client.codeOf({ input: 'two', previous_response_id: id })).toBe(notFound)
	})

	test('is not held if its records cannot be written', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		app.faults.fail('write-settlement')
		const frames = await client.exchange({ input: 'one' })
		const created = frames.find(({ type }) => type === 'response.created')
		expect(frames.some(({ type }) => type === 'error')).toBe(true)
		expect(await client.codeOf({ input: 'two', previous_response_id: created?.response?.id })).toBe(notFound)
	})
})

describe('a message that generates nothing', () => {
	test('has no output, no upstream and no usage, and can be continued', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const frames = await client.exchange({ generate: false, input: 'one', instructions: 'Be brief.', tools: [] })
		expect(frames.map(({ type }) => type)).toEqual(['response.created', 'response.in_progress', 'response.completed'])
		expect(frames.at(-1)?.response).toMatchObject({ status: 'completed', output: [], error: null })
		expect(app.upstream().received).toEqual([])
		expect(await app.usageRecords()).toEqual([])
		expect(app.requests.at(-1)).toMatchObject({ status: 200, model: 'echo' })
		const id = frames.at(-1)?.response?.id
		await client.complete({ input: 'two', instructions: 'Be brief.', previous_response_id: id })
		expect(lastMessages(app)).toEqual(['developer: Be brief.', 'user: one', 'user: two'])
		expect((await app.usageRecords()).length).toBe(1)
	})

	test('can be continued without further input, as Codex does', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const id = await client.complete({ generate: false, input: 'one' })
		await client.complete({ input: [], previous_response_id: id })
		expect(lastMessages(app)).toEqual(['user: one'])
	})

	test('continues a response', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const first = await client.complete({ input: 'one' })
		const prepared = await client.complete({ generate: false, input: 'two', previous_response_id: first })
		await client.complete({ input: 'three', previous_response_id: prepared })
		expect(lastMessages(app)).toEqual(['user: one', 'assistant: one', 'user: two', 'user: three'])
	})

	test('is stored by default, also over HTTP', async () => {
		await using app = await App.open()
		const body = { model: 'echo', generate: false, input: 'one' }
		const response = await app.post('/v1/responses', body)
		expect(response.status).toBe(200)
		const { id, status, output, usage } = await json<{ id: string; status: string; output: []; usage: object }>(
			response,
		)
		expect([status, output, usage]).toMatchObject(['completed', [], { total_tokens: 0 }])
		const stream = await app.post('/v1/responses', { ...body, stream: true })
		expect(await stream.text()).toContain('event: response.completed')
		expect(app.upstream().received).toEqual([])
		expect(await app.usageRecords()).toEqual([])
		expect(await json(await app.get(`/v1/responses/${id}`))).toMatchObject({ status: 'completed', output: [] })
		const next = await app.post('/v1/responses', { model: 'echo', input: 'two', previous_response_id: id })
		expect(next.status).toBe(200)
		expect(lastMessages(app)).toEqual(['user: one', 'user: two'])
	})

	test('fails for what would fail if it generated', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const body = { generate: false, input: 'one' }
		expect(await client.codeOf({ ...body, model: 'unknown' })).toBe('model_not_found')
		expect(await client.codeOf({ ...body, previous_response_id: 'resp_gone' })).toBe(notFound)
		app.faults.fail('end-turn')
		expect((await client.exchange({ ...body, store: true })).at(-1)).toMatchObject({ type: 'error', status: 503 })
		expect(await app.turnStates()).toEqual([])
	})
})

describe('the messages of a socket', () => {
	test('are answered one after the other, unless their streams differ', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		const release = app.upstream().hold()
		client.create({ input: 'one' })
		client.create({ input: 'two' })
		client.create({ input: 'other', stream_id: 'other' })
		while (app.upstream().received.length < 2) await quiet()
		expect(app.upstream().received.length).toBe(2)
		expect(app.upstream().received.join()).not.toContain('two')
		release()
		while (client.frames.filter(({ type }) => type === 'response.completed').length < 3) await quiet()
		const plain = client.frames.filter(({ stream_id }) => stream_id === undefined)
		const ended = plain.findIndex(({ type }) => type === 'response.completed')
		expect(plain[ended + 1]?.type).toBe('response.created')
	})

	test('have the bounds of requests', async () => {
		const limits = { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs: 0 }
		const bounds = { ...defaultBounds, messages: 2 }
		await using app = await App.open({ handler: { limits: { ...limits, bounds } } })
		const client = await Client.connect(app)
		const input = ['one', 'two', 'three'].map((content) => ({ role: 'user', content }))
		expect(await client.codeOf({ input })).toBe('array_above_max_length')
		expect(await client.codeOf({ input: input.slice(1) })).toBeUndefined()
	})

	test('are refused before they are parsed if they have too many values', async () => {
		const limits = { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs: 0 }
		await using app = await App.open({
			handler: { limits: { ...limits, bounds: { ...defaultBounds, jsonValues: 50 } } },
		})
		const client = await Client.connect(app)
		client.frames.length = 0
		// What cannot be parsed would be refused with another error.
		client.send(`{"type":"response.create","input":[${'0,'.repeat(100)}`)
		expect(client.frames).toMatchObject([{ type: 'error', status: 413 }])
		expect(await client.codeOf({ input: 'one' })).toBeUndefined()
	})

	test('keep their connection alive while the upstream is silent, and report its failure', async () => {
		const limits = { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs: 15_000 }
		await using app = await App.open({ handler: { limits } })
		const client = await Client.connect(app)
		const id = await client.complete({ input: 'one' })
		app.upstream().refuse(new ChatError('upstream-failed', 'Broken.', { sent: 'yes' }))
		const release = app.upstream().hold()
		const arrived = app.upstream().nextRequest()
		const exchange = client.exchange({ input: 'two', previous_response_id: id })
		await arrived
		expect(client.pings).toBe(0)
		app.clock.advance(limits.keepAliveMs)
		while (client.pings === 0) await quiet()
		release()
		expect(await exchange).toMatchObject([
			{ type: 'error', error: { message: 'Broken.' } },
			{ type: 'response.failed' },
		])
		expect(await client.codeOf({ input: 'two', previous_response_id: id })).toBe(notFound)
	})

	test('that wait are not sent after the client disconnects', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		app.upstream().hold()
		const arrived = app.upstream().nextRequest()
		client.create({ input: 'one' })
		client.create({ input: 'two' })
		await arrived
		client.close()
		await quiet()
		expect(app.upstream().received.length).toBe(1)
		expect(await app.held()).toEqual(free)
	})

	test('are limited in number, including those that wait', async () => {
		await using app = await App.open()
		const client = await Client.connect(app)
		app.upstream().hold()
		for (let count = 0; count < 17; count++) client.create({ input: String(count) })
		expect(client.frames).toMatchObject([{ type: 'error', status: 429 }])
		expect(await isPending(client.exchange({ input: 'more' }))).toBe(false)
	})
})
