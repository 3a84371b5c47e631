import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, contentOf, errorOf, isPending, textOf } from './pipeline.testing.ts'

const fresh = { 'x-dragoman-conversation': 'new' }
const free = { permits: 0, queued: 0, tickets: 0 }
const refused = () => new ChatError('invalid-request', 'Wrong.')

describe('a call that no upstream answers', () => {
	test.each([
		['unary', false],
		['stream', true],
	])('leaves no conversation, and is settled as failed without usage (%s)', async (_, stream) => {
		await using app = await App.open()
		app.upstream().refuse(refused())
		expect((await app.chat('hi', { stream }, { headers: fresh })).status).toBe(400)
		expect(await app.conversationCount()).toBe(0)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', source: 'none', upstream: '' }])
		expect(await app.held()).toEqual(free)
	})

	test('because its client disconnected is settled as cancelled', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const arrived = app.upstream().nextRequest()
		const response = app.stream('echo:hang', {}, { headers: fresh, signal: client.signal })
		await arrived
		client.abort()
		await response
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled', source: 'none' }])
		expect(await app.conversationCount()).toBe(0)
		expect(await app.held()).toEqual(free)
	})

	test('answers even if its turn cannot be dropped, and the log says so', async () => {
		await using app = await App.open()
		app.upstream().refuse(refused())
		app.faults.fail('drop-turn')
		expect((await app.chat('hi', {}, { headers: fresh })).status).toBe(400)
		await app.settled()
		expect(app.log.map(({ msg }) => msg)).toContain('dropping a turn failed')
	})
})

describe('an answer', () => {
	test('that is unary is sent after its settlement is on disk', async () => {
		await using app = await App.open()
		const release = app.faults.hold('write-settlement')
		const response = app.chat('hi')
		expect(await isPending(response)).toBe(true)
		release()
		expect(await contentOf(await response)).toBe('hi')
		expect(app.upstream().ended).toBe(1)
	})

	test('that is streamed is settled at its end, not at its beginning', async () => {
		await using app = await App.open()
		const response = await app.stream('one two')
		await app.settled()
		expect(app.faults.calls('write-settlement')).toBe(0)
		await response.text()
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 2 }])
		expect(app.upstream().ended).toBe(1)
	})
})

describe('a stored turn', () => {
	test('is written while the upstream works, and is on disk before the first byte', async () => {
		await using app = await App.open()
		const release = app.faults.hold('begin-turn')
		const arrived = app.upstream().nextRequest()
		const response = app.stream('hi', {}, { headers: fresh })
		await arrived
		expect(await isPending(response)).toBe(true)
		release()
		expect(await (await response).text()).toContain('[DONE]')
	})

	test('that allows no concurrent turn is on disk before the upstream is called', async () => {
		await using app = await App.open()
		const release = app.faults.hold('begin-turn')
		const response = app.chat('hi', {}, { headers: { ...fresh, 'x-dragoman-conflict': 'refuse' } })
		expect(await isPending(response)).toBe(true)
		expect(app.upstream().received).toEqual([])
		release()
		expect((await response).status).toBe(200)
	})

	test('that loses against a concurrent one is a conflict, and the upstream is not called', async () => {
		await using app = await App.open()
		const first = await app.chat('first', {}, { headers: fresh })
		const id = first.headers.get('x-dragoman-conversation') ?? ''
		const headers = { 'x-dragoman-conversation': id, 'x-dragoman-conflict': 'refuse' }
		const release = app.faults.hold('begin-turn')
		const both = [app.chat('one', {}, { headers }), app.chat('two', {}, { headers })]
		expect(await isPending(Promise.race(both))).toBe(true)
		release()
		const statuses = (await Promise.all(both)).map(({ status }) => status)
		expect(statuses.toSorted()).toEqual([200, 409])
		expect(app.upstream().received.length).toBe(2)
		expect((await app.messages(id)).length).toBe(4)
		expect((await app.usageRecords()).map(({ outcome }) => outcome).toSorted()).toEqual([
			'completed',
			'completed',
			'failed',
		])
	})

	test('that cannot be written fails the stream before its first byte, and releases what it holds', async () => {
		await using app = await App.open()
		app.faults.fail('begin-turn', new ChatError('unavailable', 'The database cannot be reached.'))
		const response = await app.stream('hi', {}, { headers: fresh })
		expect(response.status).toBe(503)
		expect((await errorOf(response)).message).toBe('The database cannot be reached.')
		expect(app.upstream().ended).toBe(1)
		expect(await app.held()).toEqual(free)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
	})

	test('of a conversation that was deleted meanwhile is not found', async () => {
		await using app = await App.open()
		const first = await app.chat('first', {}, { headers: fresh })
		const id = first.headers.get('x-dragoman-conversation') ?? ''
		const release = app.faults.hold('begin-turn')
		const response = app.chat('second', {}, { headers: { 'x-dragoman-conversation': id } })
		expect(await isPending(response)).toBe(true)
		expect((await app.delete(`/v1/conversations/${id}`)).status).toBe(200)
		release()
		expect((await response).status).toBe(404)
		expect(await app.held()).toEqual(free)
	})
})

describe('the headers of a response', () => {
	test('name the conversation and the answer, by the ids under which they are stored', async () => {
		await using app = await App.open()
		const { headers } = await app.stream('hi', {}, { headers: fresh })
		const items = await app.messages(headers.get('x-dragoman-conversation') ?? '')
		expect(items.find(({ role }) => role === 'user')?.id).not.toBe(headers.get('x-dragoman-message'))
		expect(headers.get('x-dragoman-conversation')).toMatch(/^conv_[0-9a-f]{32}$/)
		expect(headers.get('x-dragoman-message')).toMatch(/^msg_/)
	})

	test('name the message of a unary answer', async () => {
		await using app = await App.open()
		const { headers } = await app.chat('hi', {}, { headers: fresh })
		const items = await app.messages(headers.get('x-dragoman-conversation') ?? '')
		expect(items.find(({ id }) => id === headers.get('x-dragoman-message'))).toBeDefined()
		expect(items.map(textOf)).toEqual(['hi', 'hi'])
	})

	test('do not mention conversations if none is stored', async () => {
		await using app = await App.open()
		const { headers } = await app.chat('hi')
		expect([...headers.keys()].filter((name) => name.startsWith('x-dragoman'))).toEqual([])
	})

	test.each([
		['unary', false],
		['stream', true],
	])('name what the upstream cannot express, without repetition and in plain characters (%s)', async (_, stream) => {
		await using app = await App.open()
		app.upstream().drops = ['top_k', 'metadata', 'top_k', 'naïve\r\nfield']
		const response = await app.chat('hi', { stream })
		expect(response.headers.get('x-dragoman-dropped')).toBe('top_k, metadata, na?ve??field')
	})

	test('do not name what another upstream than the answering one cannot express', async () => {
		await using app = await App.open({ upstreams: { a: {}, b: {} } })
		app.upstream('a').drops = ['top_k']
		app.upstream('a').refuse(new ChatError('unavailable', 'Gone.'))
		expect((await app.chat('hi')).headers.has('x-dragoman-dropped')).toBe(false)
	})
})
