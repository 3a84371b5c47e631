import { describe, expect, test } from 'bun:test'
import { App, errorOf, isPending, textOf } from './pipeline.testing.ts'

const fresh = { 'x-dragoman-conversation': 'new' }
const free = { permits: 0, queued: 0, tickets: 0 }

describe('a unary call', () => {
	test.each([
		['chat', '/v1/chat/completions', { messages: [{ role: 'user', content: 'one two' }] }],
		['complete', '/v1/completions', { prompt: 'one two' }],
		['chat', '/v1/responses', { input: 'one two' }],
	])('is answered as one object, and settled once (%s on %s)', async (operation, path, body) => {
		await using app = await App.open()
		const response = await app.post(path, { model: 'echo', ...body })
		expect(response.headers.get('content-type')).toBe('application/json')
		expect(await response.text()).toContain('"one two"')
		expect(await app.usageRecords()).toMatchObject([{ operation, outcome: 'completed', completionTokens: 2 }])
		expect(app.faults.calls('write-settlement')).toBe(1)
		expect(await app.held()).toEqual(free)
	})

	test.each(['write-settlement', 'end-turn'] as const)(
		'whose end cannot be stored (%s) is an error, not an answer',
		async (point) => {
			await using app = await App.open()
			app.faults.fail(point)
			const response = await app.chat('secret', {}, { headers: fresh })
			expect(response.status).toBe(503)
			expect((await errorOf(response)).message).toBe('The answer could not be stored.')
			expect(await app.held()).toEqual(free)
			expect(await app.conversationCount()).toBe(0)
		},
	)

	test('that fails during the answer is billed, and its turn is dropped', async () => {
		await using app = await App.open()
		const response = await app.chat('echo:error-after 3 upstream-failed', {}, { headers: fresh })
		expect(response.status).toBe(502)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', completionTokens: 3, upstream: 'a' }])
		expect(await app.conversationCount()).toBe(0)
		expect(await app.held()).toEqual(free)
	})

	test('whose client disconnects is billed, and its turn is stored as cancelled', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const sent = app.upstream().nextRequest()
		const response = app.chat('echo:hang-after 2', {}, { headers: fresh, signal: client.signal })
		await sent
		expect(await isPending(response)).toBe(true)
		client.abort()
		await response
		expect(await app.turnStates()).toEqual(['cancelled'])
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled', completionTokens: 2, upstream: 'a' }])
		expect(await app.held()).toEqual(free)
	})
})

describe('a streamed call', () => {
	test('is answered as events', async () => {
		await using app = await App.open()
		const response = await app.stream('one two', {}, { headers: fresh })
		expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
		const text = await response.text()
		expect(text.match(/"content":"( ?\w+)"/g)).toEqual(['"content":"one"', '"content":" two"'])
		const items = await app.messages(response.headers.get('x-dragoman-conversation') ?? '')
		expect(items.map(textOf)).toEqual(['one two', 'one two'])
	})

	test('whose client disconnects stores the received part', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const response = await app.stream('echo:hang-after 2', {}, { headers: fresh, signal: client.signal })
		const reader = response.body?.getReader()
		for (let text = ''; !text.includes('" word"'); ) text += new TextDecoder().decode((await reader?.read())?.value)
		client.abort()
		const items = await app.messages(response.headers.get('x-dragoman-conversation') ?? '')
		expect(items.map(textOf)).toEqual(['echo:hang-after 2', 'word word'])
		expect(await app.turnStates()).toEqual(['cancelled'])
	})

	test('whose client disconnects before the first byte is ended', async () => {
		await using app = await App.open()
		const client = new AbortController()
		await app.stream('echo:hang-after 1', {}, { signal: client.signal })
		client.abort()
		expect(await app.held()).toEqual(free)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled' }])
	})
})
