import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { MemoryLimiter } from '../limits/memory-limiter.testing.ts'
import { App, type AppOptions, errorOf, isPending, json, quiet, readerOf } from './pipeline.testing.ts'

const free = { permits: 0, queued: 0, tickets: 0 }
const keepAliveMs = 15_000
const limits = { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs }
const comment = ': keep-alive\n\n'
const fresh = { 'x-dragoman-conversation': 'new' }
const overloaded = () => new ChatError('overloaded', 'Too many requests.', { sent: 'nothing' })
const broken = () => new ChatError('upstream-failed', 'The upstream failed.', { sent: 'yes' })

function openApp({ handler, ...options }: AppOptions = {}): Promise<App> {
	return App.open({ ...options, handler: { limits, ...handler } })
}

/** Lets `ms` pass after everything that is ready has run. */
async function pass(app: App, ms: number): Promise<void> {
	await quiet()
	app.clock.advance(ms)
	await quiet()
}

/** The response to a request whose upstream is silent for longer than `keepAliveMs`. */
async function early(app: App, pending: Promise<Response>): Promise<Response> {
	await pass(app, keepAliveMs - 1)
	expect(await isPending(pending)).toBe(true)
	await pass(app, 1)
	return pending
}

/** Requests for streams, by dialect, and what an error event contains. */
const dialects = {
	openai: {
		path: '/v1/chat/completions',
		body: { messages: [{ role: 'user', content: 'one two' }] },
		heartbeat: comment,
		end: 'data: [DONE]\n\n',
		error: '"error":{"message":"The upstream failed."',
	},
	'openai, legacy completions': {
		path: '/v1/completions',
		body: { prompt: 'one two' },
		heartbeat: comment,
		end: 'data: [DONE]\n\n',
		error: '"error":{"message":"The upstream failed."',
	},
	'openai, responses': {
		path: '/v1/responses',
		body: { input: 'one two' },
		heartbeat: comment,
		end: 'data: [DONE]\n\n',
		error: 'event: error\ndata: {"type":"error"',
	},
	anthropic: {
		path: '/v1/messages',
		body: { max_tokens: 100, messages: [{ role: 'user', content: 'one two' }] },
		headers: { 'anthropic-version': '2023-06-01' },
		heartbeat: 'event: ping\ndata: {"type":"ping"}\n\n',
		end: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
		error: 'event: error\ndata: {"type":"error"',
	},
	albert: {
		path: '/albert/v1/chat/completions',
		body: { messages: [{ role: 'user', content: 'one two' }] },
		heartbeat: comment,
		end: 'data: [DONE]\n\n',
		error: 'The upstream failed.',
	},
	opengatellm: {
		path: '/opengatellm/v1/chat/completions',
		body: { messages: [{ role: 'user', content: 'one two' }] },
		heartbeat: comment,
		end: 'data: [DONE]\n\n',
		error: 'The upstream failed.',
	},
}

/** Dialects whose clients parse each line as JSON. */
const silent = {
	'aleph-alpha': {
		path: '/aleph-alpha/chat/completions',
		body: { messages: [{ role: 'user', content: 'one two' }] },
	},
	egp: {
		path: '/egp/v5/chat/completions',
		body: { messages: [{ role: 'user', content: 'one two' }] },
	},
}

type StreamRequest = { readonly path: string; readonly body: object; readonly headers?: Record<string, string> }

function post(app: App, { path, body, headers }: StreamRequest): Promise<Response> {
	return app.post(path, { model: 'echo', stream: true, ...body }, { headers })
}

for (const [name, dialect] of Object.entries(dialects))
	describe(`a stream of ${name} whose upstream is silent`, () => {
		test('is committed after the quiet timeout, and its events follow the heartbeat', async () => {
			await using app = await openApp()
			const release = app.upstream().hold()
			const response = await early(app, post(app, dialect))
			expect(response.status).toBe(200)
			expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
			const reader = readerOf(response)
			expect(await reader.next()).toBe(dialect.heartbeat)
			release()
			let text = ''
			for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) text += piece
			expect(text).toEndWith(dialect.end)
			expect(text).toContain('two')
			expect(app.requests).toMatchObject([{ status: 200, upstream: 'a' }])
			expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 2 }])
			expect(await app.held()).toEqual(free)
		})

		test('reports a failure as its last event', async () => {
			await using app = await openApp()
			app.upstream().refuse(broken())
			const release = app.upstream().hold()
			const response = await early(app, post(app, dialect))
			release()
			const text = await response.text()
			expect(text).toStartWith(dialect.heartbeat)
			expect(text).toContain(dialect.error)
			expect(text).toContain('The upstream failed.')
			expect(app.requests).toMatchObject([{ status: 200, error: 'upstream-failed' }])
			expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
			expect(app.faults.calls('write-settlement')).toBe(1)
			expect(await app.held()).toEqual(free)
		})
	})

for (const [name, dialect] of Object.entries(silent))
	test(`a stream of ${name}, which has no heartbeats, waits for its upstream and its status`, async () => {
		await using app = await openApp()
		app.upstream().refuse(broken())
		const release = app.upstream().hold()
		const pending = post(app, dialect)
		await pass(app, 4 * keepAliveMs)
		expect(await isPending(pending)).toBe(true)
		release()
		expect((await pending).status).toBe(502)
		expect(await app.held()).toEqual(free)
	})

describe('a stream whose upstream answers in time', () => {
	test('has no heartbeat, and all headers', async () => {
		await using app = await openApp()
		app.upstream().drops = ['top_k']
		const release = app.upstream().hold()
		const pending = app.stream('one two')
		await pass(app, keepAliveMs - 1)
		release()
		const response = await pending
		expect(response.headers.get('x-dragoman-dropped')).toBe('top_k')
		await pass(app, keepAliveMs)
		expect(await response.text()).toStartWith('data: ')
	})

	test('has the status of a failure', async () => {
		await using app = await openApp()
		app.upstream().refuse(broken())
		const release = app.upstream().hold()
		const pending = app.stream('one two')
		await pass(app, keepAliveMs - 1)
		release()
		expect((await pending).status).toBe(502)
		expect(app.requests).toMatchObject([{ status: 502, error: 'upstream-failed' }])
	})
})

test('a stream waits as long as it takes if keep-alive is off', async () => {
	await using app = await openApp({ handler: { limits: { ...limits, keepAliveMs: 0 } } })
	app.upstream().hold()
	const pending = app.stream('one two')
	await pass(app, 100 * keepAliveMs)
	expect(await isPending(pending)).toBe(true)
})

test('a unary answer waits as long as it takes', async () => {
	await using app = await openApp()
	app.upstream().refuse(broken())
	const release = app.upstream().hold()
	const pending = app.chat('one two')
	await pass(app, 4 * keepAliveMs)
	expect(await isPending(pending)).toBe(true)
	release()
	expect((await pending).status).toBe(502)
})

describe('after an early commitment', () => {
	test('another upstream answers if one fails', async () => {
		await using app = await openApp({ upstreams: { a: {}, b: {} } })
		app.upstream('a').refuse(overloaded())
		const release = app.upstream('a').hold()
		const response = await early(app, app.stream('one two'))
		release()
		expect(await response.text()).toEndWith('data: [DONE]\n\n')
		expect(app.requests).toMatchObject([
			{ status: 200, upstream: 'b', attempts: [{ upstream: 'a' }, { upstream: 'b' }] },
		])
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', upstream: 'b' }])
	})

	test('a call waits for a permit', async () => {
		await using app = await openApp({
			upstreams: { a: { concurrency: { limit: 1, queueTimeoutMs: 600_000 } } },
		})
		const release = app.upstream().hold()
		const first = app.stream('first')
		await quiet()
		const second = await early(app, app.stream('second'))
		expect(app.upstream().received.length).toBe(1)
		release()
		await (await first).text()
		const text = await second.text()
		expect(text).toStartWith(comment)
		expect(text).toContain('second')
		expect(await app.held()).toEqual(free)
	})

	test('what the upstream cannot express is named in the stream and in the log, because the headers are sent', async () => {
		await using app = await openApp()
		app.upstream().drops = ['top_k', 'top_k', 'naïve\nfield']
		const release = app.upstream().hold()
		const response = await early(app, app.stream('one two'))
		expect(response.headers.has('x-dragoman-dropped')).toBe(false)
		release()
		expect(await response.text()).toStartWith(`${comment}: x-dragoman-dropped: top_k, na?ve?field\n\ndata: {`)
		expect(app.requests).toMatchObject([{ dropped: 'top_k, top_k, naïve\nfield' }])
	})

	test('the headers name what the dialect does not support', async () => {
		await using app = await openApp()
		const release = app.upstream().hold()
		const response = await early(app, post(app, { path: '/v1/responses', body: { input: 'hi', seed: 7 } }))
		expect(response.headers.get('x-dragoman-dropped')).toBe('seed')
		release()
		expect(await response.text()).not.toContain('x-dragoman-dropped')
	})

	test('a reservation is settled once', async () => {
		const limiter = new MemoryLimiter({ amount: 100, step: 4 })
		await using app = await openApp({ handler: { limiter } })
		app.upstream().refuse(broken())
		const release = app.upstream().hold()
		const response = await early(app, app.stream('one two'))
		expect(limiter.reserved).toBeGreaterThan(0)
		release()
		await response.text()
		expect(await app.held()).toEqual(free)
		expect([limiter.used, limiter.reserved]).toEqual([0, 0])
	})
})

describe('before a stream is committed early', () => {
	for (const point of ['begin-turn', 'write-opening'] as const)
		test(`its opening is on disk (${point})`, async () => {
			await using app = await openApp()
			app.upstream().hold()
			const release = app.faults.hold(point)
			const pending = app.stream('hi', {}, { headers: fresh })
			await pass(app, 2 * keepAliveMs)
			expect(await isPending(pending)).toBe(true)
			release()
			expect((await pending).status).toBe(200)
		})

	test('a turn that cannot be written is a status, and the upstream is aborted', async () => {
		await using app = await openApp()
		app.upstream().hold()
		app.faults.fail('begin-turn', new ChatError('unavailable', 'The database cannot be reached.'))
		const pending = app.stream('hi', {}, { headers: fresh })
		await pass(app, keepAliveMs)
		expect((await pending).status).toBe(503)
		expect((await errorOf(await pending)).message).toBe('The database cannot be reached.')
		expect(app.upstream().aborted).toBe(1)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})

	test('a conflict of turns is a status, however long the database takes', async () => {
		await using app = await openApp()
		const first = await app.chat('first', {}, { headers: fresh })
		const id = first.headers.get('x-dragoman-conversation') ?? ''
		const headers = { 'x-dragoman-conversation': id, 'x-dragoman-conflict': 'refuse' }
		const release = app.faults.hold('begin-turn')
		const both = [app.stream('one', {}, { headers }), app.stream('two', {}, { headers })]
		await pass(app, 2 * keepAliveMs)
		expect(await isPending(Promise.race(both))).toBe(true)
		release()
		const responses = await Promise.all(both)
		expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 409])
		for (const response of responses) await response.text()
	})
})

describe('the turn of a stream that is committed early', () => {
	test('is named by the headers, and stored with its answer', async () => {
		await using app = await openApp()
		const release = app.upstream().hold()
		const response = await early(app, app.stream('hi', {}, { headers: fresh }))
		const id = response.headers.get('x-dragoman-conversation') ?? ''
		expect(response.headers.get('x-dragoman-message')).toMatch(/^msg_/)
		release()
		await response.text()
		expect(await app.messages(id)).toMatchObject([{ role: 'user' }, { role: 'assistant' }])
		expect(await app.turnStates()).toEqual(['completed'])
	})

	test('reports the failure, and the conversation continues without it', async () => {
		await using app = await openApp()
		const first = await app.chat('first', {}, { headers: fresh })
		const headers = { 'x-dragoman-conversation': first.headers.get('x-dragoman-conversation') ?? '' }
		app.upstream().refuse(broken())
		const release = app.upstream().hold()
		const response = await early(app, app.stream('lost', {}, { headers }))
		release()
		expect(await response.text()).toContain('The upstream failed.')
		expect(await app.turnStates()).toEqual(['completed', 'failed'])
		await app.chat('second', {}, { headers })
		expect(app.upstream().received.at(-1)).not.toContain('lost')
		expect(app.upstream().received.at(-1)).toContain('first')
	})

	test('of a stored response is failed, and can be retrieved', async () => {
		await using app = await openApp()
		app.upstream().refuse(broken())
		const release = app.upstream().hold()
		const response = await early(app, post(app, dialects['openai, responses']))
		release()
		const id = /"id":"(resp_\w+)"/.exec(await response.text())?.[1]
		await app.settled()
		expect(await json(await app.get(`/v1/responses/${id}`))).toMatchObject({ status: 'failed', output: [] })
	})
})

describe('a committed stream without an upstream', () => {
	test('whose client disconnects aborts its call, and is settled once', async () => {
		await using app = await openApp()
		app.upstream().hold()
		const client = new AbortController()
		const response = await early(app, app.stream('hi', {}, { headers: fresh, signal: client.signal }))
		const reader = readerOf(response)
		await reader.next()
		client.abort()
		await app.settled()
		expect(app.upstream().aborted).toBe(1)
		expect(app.requests).toMatchObject([{ status: 200, left: true }])
		expect(app.requests[0]).not.toHaveProperty('error')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled' }])
		expect(await app.turnStates()).toEqual(['cancelled'])
		expect(app.faults.calls('write-settlement')).toBe(1)
		expect(await app.held()).toEqual(free)
	})

	test('whose client disconnects while it is queued leaves the queue', async () => {
		await using app = await openApp({ upstreams: { a: { concurrency: { limit: 1, queueTimeoutMs: 600_000 } } } })
		app.upstream().hold()
		void app.stream('first')
		await quiet()
		const client = new AbortController()
		const second = await early(app, app.stream('second', {}, { signal: client.signal }))
		await readerOf(second).next()
		client.abort()
		expect(await app.held()).toMatchObject({ queued: 0, permits: 1 })
	})

	test('whose upstream answers after the cancellation releases it', async () => {
		await using app = await openApp()
		const release = app.upstream().hold({ stubborn: true })
		const client = new AbortController()
		const response = await early(app, app.stream('hi', {}, { signal: client.signal }))
		await readerOf(response).next()
		client.abort()
		await quiet()
		release()
		expect(await app.held()).toEqual(free)
		expect(app.upstream().ended).toBe(1)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled' }])
	})

	test('that the server interrupts ends with an error, and aborts its call', async () => {
		await using app = await openApp()
		app.upstream().hold()
		const reader = readerOf(await early(app, app.stream('hi')))
		expect(await reader.next()).toBe(comment)
		const last = reader.next()
		app.handler.interrupt()
		expect(await last).toContain('The server is closing.')
		expect(await reader.next()).toBeUndefined()
		await app.handler.idle()
		expect(app.upstream().aborted).toBe(1)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})
})

describe('a resumable stream whose upstream is silent', () => {
	const headers = { 'x-dragoman-resumable': '1' }

	test('is committed, and can be read while it waits', async () => {
		await using app = await openApp()
		const release = app.upstream().hold()
		const response = await early(app, app.stream('one two', {}, { headers }))
		const id = response.headers.get('x-dragoman-stream') ?? ''
		const again = app.get(`/v1/streams/${id}`)
		release()
		const text = await response.text()
		expect(text).toStartWith(comment)
		expect(text).toEndWith('data: [DONE]\n\n')
		expect(comment + (await (await again).text())).toBe(text)
		expect(app.requests.find(({ route }) => route === '/v1/chat/completions')).toMatchObject({ status: 200 })
	})

	test('continues after its client disconnects', async () => {
		await using app = await openApp()
		const release = app.upstream().hold()
		const client = new AbortController()
		const response = await early(app, app.stream('one two', {}, { headers, signal: client.signal }))
		const id = response.headers.get('x-dragoman-stream') ?? ''
		await readerOf(response).next()
		client.abort()
		release()
		expect(await (await app.get(`/v1/streams/${id}`)).text()).toEndWith('data: [DONE]\n\n')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed' }])
		expect(await app.held()).toEqual(free)
	})

	test('stores the failure as its last event', async () => {
		await using app = await openApp()
		app.upstream().refuse(broken())
		const release = app.upstream().hold()
		const response = await early(app, app.stream('one two', {}, { headers }))
		const id = response.headers.get('x-dragoman-stream') ?? ''
		release()
		expect(await response.text()).toContain('The upstream failed.')
		expect(await (await app.get(`/v1/streams/${id}`)).text()).toContain('The upstream failed.')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})

	test('that the server interrupts ends with an error, and aborts its call', async () => {
		await using app = await openApp()
		app.upstream().hold()
		const response = await early(app, app.stream('one two', {}, { headers }))
		const text = response.text()
		await app.interrupt()
		await text
		expect(app.upstream().aborted).toBe(1)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})
})
