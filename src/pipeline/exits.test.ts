// Every exit of a call after its admission, with each failure of what the server writes: nothing stays held, at most one
// usage record is written, and a call that was answered with an error of the server is not billed.

import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, type FaultPoint } from './pipeline.testing.ts'

const free = { permits: 0, queued: 0, tickets: 0 }
const stored = { 'x-dragoman-conversation': 'new' }
const resumable = { 'x-dragoman-resumable': '1' }

type Send = (app: App) => Promise<Response>

const calls: Readonly<Record<string, Send>> = {
	unary: (app) => app.chat('one two'),
	'unary, stored': (app) => app.chat('one two', {}, { headers: stored }),
	'unary that fails': (app) => app.chat('echo:error-after 1 upstream-failed', {}, { headers: stored }),
	'text completion': (app) => app.post('/v1/completions', { model: 'echo', prompt: 'one two' }),
	embeddings: (app) => app.post('/v1/embeddings', { model: 'echo', input: 'one two' }),
	stream: (app) => app.stream('one two'),
	'stream, stored': (app) => app.stream('one two', {}, { headers: stored }),
	'stream that fails': (app) => app.stream('echo:error-after 1 upstream-failed', {}, { headers: stored }),
	resumable: (app) => app.stream('one two', {}, { headers: resumable }),
	'resumable, stored': (app) => app.stream('one two', {}, { headers: { ...resumable, ...stored } }),
	background: (app) => app.post('/v1/responses', { model: 'echo', input: 'one two', background: true }),
	'background stream': (app) =>
		app.post('/v1/responses', { model: 'echo', input: 'one two', background: true, stream: true }),
	'background that fails': (app) =>
		app.post('/v1/responses', { model: 'echo', input: 'echo:error-after 1 upstream-failed', background: true }),
}

const points = [
	'begin-turn',
	'end-turn',
	'drop-turn',
	'open-ticket',
	'write-opening',
	'write-settlement',
	'open-stream',
	'append-to-stream',
] as const satisfies readonly FaultPoint[]

for (const [name, send] of Object.entries(calls))
	test.each(points)(`${name}: %s fails`, async (point) => {
		await using app = await App.open()
		app.faults.fail(point)
		const response = await send(app)
		await response.text()
		const records = await app.usageRecords()
		expect(await app.held()).toEqual(free)
		expect(await app.pendingTurns()).toBe(0)
		expect(await app.turnStates()).not.toContain('running')
		expect(records.length).toBeLessThanOrEqual(1)
		if (response.status >= 500 && response.status !== 502)
			for (const record of records)
				expect(record).toMatchObject({ outcome: 'failed', promptTokens: 0, completionTokens: 0, costMicros: 0 })
		const after = await app.chat('again')
		expect(after.status).toBe(200)
		expect(await app.held()).toEqual(free)
	})

/** Calls whose turn is stored, with the state that it has after a complete answer. */
const storedCalls = ['unary, stored', 'stream, stored', 'resumable, stored', 'background', 'background stream'] as const

for (const name of storedCalls) {
	test(`${name}: the end of the turn arrives once the database is available`, async () => {
		await using app = await App.open()
		app.faults.fail('end-turn', new ChatError('unavailable', 'The database is temporarily unavailable.'))
		const response = await calls[name]?.(app)
		expect(response?.status).toBe(200)
		await response?.text()
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed' }])
		expect(await app.pendingTurns()).toBe(0)
		expect(await app.turnStates()).toEqual(['completed'])
	})

	test(`${name}: a turn whose answer the database refuses fails, and a refused removal arrives later`, async () => {
		await using app = await App.open()
		app.faults.fail('end-turn', new ChatError('invalid-request', 'A text contains the character U+0000.'))
		app.faults.fail('drop-turn')
		const response = await calls[name]?.(app)
		await response?.text()
		expect(await app.held()).toEqual(free)
		expect(await app.pendingTurns()).toBe(0)
		expect(await app.turnStates()).toEqual(name === 'unary, stored' ? [] : ['failed'])
	})

	test(`${name}: a turn whose beginning has an unknown outcome is dropped`, async () => {
		await using app = await App.open()
		app.faults.loseAnswer('begin-turn')
		app.faults.fail('drop-turn', new ChatError('unavailable', 'The database is temporarily unavailable.'))
		const response = await calls[name]?.(app)
		await response?.text()
		expect(await app.held()).toEqual(free)
		expect(await app.pendingTurns()).toBe(0)
		expect([await app.turnStates(), await app.conversationCount()]).toEqual([[], 0])
	})
}
