import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, errorOf, isPending, json, quiet, readerOf } from './pipeline.testing.ts'

const free = { permits: 0, queued: 0, tickets: 0 }
const resumable = { 'x-dragoman-resumable': '1' }

interface ResponseObject {
	readonly id: string
	readonly status: string
	readonly error: { readonly code: string } | null
}

/** Starts a background response. */
async function begin(app: App, input: string, as: 'alice' | 'bob' = 'alice'): Promise<ResponseObject> {
	return json<ResponseObject>(await app.post('/v1/responses', { model: 'echo', input, background: true }, { as }))
}

async function retrieve(app: App, { id }: ResponseObject): Promise<ResponseObject> {
	return json<ResponseObject>(await app.get(`/v1/responses/${id}`))
}

describe('a resumable stream', () => {
	test('continues after its client disconnects, and can be read from its beginning and from any event', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const response = await app.stream('echo:delay 50 one two', {}, { headers: resumable, signal: client.signal })
		const id = response.headers.get('x-dragoman-stream') ?? ''
		await readerOf(response).next()
		client.abort()
		const whole = (await app.get(`/v1/streams/${id}`)).text()
		while (await isPending(whole)) app.clock.advance(50)
		expect(await whole).toContain('" two"')
		expect((await whole).endsWith('data: [DONE]\n\n')).toBe(true)
		const events = (await whole).split(/(?<=\n\n)/)
		expect(await (await app.get(`/v1/streams/${id}?after=2`)).text()).toBe(events.slice(2).join(''))
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 2 }])
		expect(await app.held()).toEqual(free)
		expect(app.requests.find(({ route }) => route === '/v1/chat/completions')).toMatchObject({ left: true })
	})

	test('is the default of a key with that setting, which a header overrides', async () => {
		await using app = await App.open()
		const key = await app.addKey({ name: 'resuming', role: 'user', settings: { resumable: true } })
		expect((await app.stream('hi', {}, { key })).headers.has('x-dragoman-stream')).toBe(true)
		const plain = await app.stream('hi', {}, { key, headers: { 'x-dragoman-resumable': '0' } })
		expect(plain.headers.has('x-dragoman-stream')).toBe(false)
		expect((await app.stream('hi')).headers.has('x-dragoman-stream')).toBe(false)
	})

	test('is the same text as a stream that is not', async () => {
		await using app = await App.open()
		const plain = await (await app.stream('one two')).text()
		const detached = await (await app.stream('one two', {}, { headers: resumable })).text()
		const withoutIds = (text: string) => text.replace(/chatcmpl-\w+/g, 'ID')
		expect(withoutIds(detached)).toBe(withoutIds(plain))
	})

	test('that no upstream begins to answer fails immediately, and leaves no stream', async () => {
		await using app = await App.open()
		app.upstream().refuse(new ChatError('invalid-request', 'Wrong.'))
		const response = await app.stream('hi', {}, { headers: resumable })
		expect(response.status).toBe(400)
		expect(await app.storedStreams()).toEqual([])
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})

	test('that cannot be opened is refused before the upstream is called', async () => {
		await using app = await App.open()
		app.faults.fail('open-stream', new ChatError('overloaded', 'The storage for streams is full.'))
		expect((await app.stream('hi', {}, { headers: resumable })).status).toBe(503)
		expect(app.upstream().received).toEqual([])
	})

	test('that exceeds its maximum size ends with an error, and the received part is billed', async () => {
		await using app = await App.open({ streamBytes: 2000 })
		const text = await (await app.stream('echo:repeat 50 word', {}, { headers: resumable })).text()
		expect(text).toContain('exceeds the maximum size')
		expect(text).not.toContain('[DONE]')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})

	test('whose file cannot be written ends with an error', async () => {
		await using app = await App.open()
		app.faults.fail('append-to-stream')
		const text = await (await app.stream('one', {}, { headers: resumable })).text()
		expect(text).toContain('The server had an error')
		expect(text).not.toContain('[DONE]')
		expect(await app.held()).toEqual(free)
	})

	test('sends its end after the answer is on disk', async () => {
		await using app = await App.open()
		const release = app.faults.hold('write-settlement')
		const text = (await app.stream('one', {}, { headers: resumable })).text()
		expect(await isPending(text)).toBe(true)
		release()
		expect(await text).toContain('[DONE]')
	})

	test('is not offered by a server without storage', async () => {
		await using app = await App.open({ storage: false })
		const response = await app.stream('hi', {}, { headers: resumable })
		expect(response.status).toBe(400)
		expect((await errorOf(response)).param).toBe('x-dragoman-resumable')
		expect(app.upstream().received).toEqual([])
	})
})

const background = { calls: 2, callsPerOwner: 1, queue: 3, queueTimeoutMs: 60_000 }
const limits = { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs: 0, background }

describe('background responses beyond the limit', () => {
	test('are queued, and run in a fair order', async () => {
		await using app = await App.open({ handler: { limits } })
		const first = await begin(app, 'echo:hang')
		const second = await begin(app, 'two')
		const third = await begin(app, 'three')
		const other = await begin(app, 'echo:hang', 'bob')
		while (app.upstream().received.length < 2) await quiet()
		const states = async () => {
			const all = [first, second, third].map((response) => retrieve(app, response))
			return (await Promise.all(all)).map(({ status }) => status)
		}
		expect(await states()).toEqual(['in_progress', 'queued', 'queued'])
		await app.post(`/v1/responses/${first.id}/cancel`, undefined)
		while ((await states()).includes('queued')) await quiet()
		await app.post(`/v1/responses/${other.id}/cancel`, undefined, { as: 'bob' })
		while ((await states()).includes('in_progress')) await quiet()
		expect(await states()).toEqual(['cancelled', 'completed', 'completed'])
		expect(await app.held()).toEqual(free)
	})

	test('are refused if the queue is full, the newest of the owner with the most first', async () => {
		await using app = await App.open({ handler: { limits } })
		for (let response = 0; response < 3; response++) await begin(app, 'echo:hang')
		const newest = await begin(app, 'echo:hang')
		const body = { model: 'echo', input: 'hi', background: true }
		expect((await app.post('/v1/responses', body)).status).toBe(503)
		await begin(app, 'echo:hang', 'bob')
		const bobs = await begin(app, 'one', 'bob')
		expect(bobs.status).toBe('queued')
		while (['queued', 'in_progress'].includes((await retrieve(app, newest)).status)) await quiet()
		expect(await retrieve(app, newest)).toMatchObject({ status: 'failed' })
	})

	test('can be cancelled while they are queued', async () => {
		await using app = await App.open({ handler: { limits } })
		await begin(app, 'echo:hang')
		const waiting = await begin(app, 'echo:hang')
		await app.post(`/v1/responses/${waiting.id}/cancel`, undefined)
		expect((await retrieve(app, waiting)).status).toBe('cancelled')
		expect(app.upstream().received.length).toBe(1)
	})
})

describe('a background response', () => {
	test('is accepted before it is answered, and completes without its client', async () => {
		await using app = await App.open()
		const accepted = await begin(app, 'echo:delay 50 one')
		expect(accepted.status).toBe('queued')
		expect((await retrieve(app, accepted)).status).toBe('in_progress')
		await app.clock.asleep(50)
		app.clock.advance(50)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 1 }])
		expect(await retrieve(app, accepted)).toMatchObject({
			status: 'completed',
			output: [{ content: [{ text: 'one' }] }],
		})
		expect(await app.held()).toEqual(free)
	})

	test('is accepted after its turn is on disk', async () => {
		await using app = await App.open()
		const release = app.faults.hold('begin-turn')
		const accepted = begin(app, 'hi')
		expect(await isPending(accepted)).toBe(true)
		expect(app.upstream().received).toEqual([])
		release()
		expect((await accepted).status).toBe('queued')
	})

	test('whose turn cannot be stored is refused', async () => {
		await using app = await App.open()
		app.faults.fail('begin-turn', new ChatError('unavailable', 'The database cannot be reached.'))
		const body = { model: 'echo', input: 'hi', background: true }
		expect((await app.post('/v1/responses', body)).status).toBe(503)
		expect(app.upstream().received).toEqual([])
		expect(await app.storedStreams()).toEqual([])
	})

	test('that no upstream answers is stored as failed, and settled', async () => {
		await using app = await App.open()
		app.upstream().refuse(new ChatError('invalid-request', 'Wrong.'))
		const accepted = await begin(app, 'hi')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', source: 'none' }])
		expect(await retrieve(app, accepted)).toMatchObject({ status: 'failed', error: { message: 'Wrong.' } })
		expect(await app.held()).toEqual(free)
	})

	test.each([
		['before its first event', 'echo:hang'],
		['during its answer', 'echo:hang-after 2'],
	])('that is cancelled %s is stored as cancelled, and settled', async (_, input) => {
		await using app = await App.open()
		const arrived = app.upstream().nextRequest()
		const accepted = await begin(app, input)
		await arrived
		const cancelled = await json<ResponseObject>(await app.post(`/v1/responses/${accepted.id}/cancel`, {}))
		expect(cancelled.status).toBe('cancelled')
		expect(await app.turnStates()).toEqual(['cancelled'])
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled' }])
		expect(await app.held()).toEqual(free)
	})

	test('is interrupted by a shutdown, and stored as failed', async () => {
		await using app = await App.open()
		const arrived = app.upstream().nextRequest()
		const accepted = await begin(app, 'echo:hang-after 1')
		await arrived
		await app.interrupt()
		await app.settled()
		expect((await retrieve(app, accepted)).status).toBe('failed')
		expect(await app.held()).toEqual(free)
	})
})
