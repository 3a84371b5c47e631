// Every exit of a call after its admission, with each failure of what the server writes: nothing stays held, at most one
// usage record is written, and a call that was answered with an error of the server is not billed.

import { expect, test } from 'bun:test'
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
		expect(records.length).toBeLessThanOrEqual(1)
		if (response.status >= 500 && response.status !== 502)
			for (const record of records)
				expect(record).toMatchObject({ outcome: 'failed', promptTokens: 0, completionTokens: 0, costMicros: 0 })
		const after = await app.chat('again')
		expect(after.status).toBe(200)
		expect(await app.held()).toEqual(free)
	})
