import { describe, expect, test } from 'bun:test'
import { App, errorOf } from './pipeline.testing.ts'

describe('an operation', () => {
	test('that the type of the model excludes is rejected before it reaches an upstream', async () => {
		await using app = await App.open({ models: { echo: { type: 'text-embeddings-inference' } } })
		const response = await app.chat('hi')
		expect(response.status).toBe(404)
		expect((await errorOf(response)).message).toContain('not a chat model')
		expect(app.upstream().received).toEqual([])
		expect((await app.post('/v1/embeddings', { model: 'echo', input: 'hi' })).status).toBe(200)
	})

	test('that the upstream does not report is rejected before it reaches the upstream', async () => {
		await using app = await App.open({ upstreams: { a: { operations: ['chat'] } } })
		const response = await app.post('/v1/embeddings', { model: 'echo', input: 'hi' })
		expect(response.status).toBe(404)
		expect((await errorOf(response)).message).toContain('This is a chat model')
		expect(app.upstream().received).toEqual([])
	})

	test('that the engine does not have is rejected before it reaches the upstream', async () => {
		await using app = await App.open()
		const response = await app.post('/v1/tokenize', { model: 'echo', prompt: 'hi' })
		expect(response.status).toBe(404)
		expect((await errorOf(response)).message).toContain('does not support tokenization')
		expect(app.upstream().received).toEqual([])
		expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
	})
})

test('an upstream receives its own name for the model, or the public one', async () => {
	await using app = await App.open({ upstreams: { a: { model: 'llama-3' }, b: {} } })
	await app.chat('hi')
	app.upstream('a').endpoint.healthy = false
	await app.chat('hi')
	expect([app.upstream('a').models, app.upstream('b').models]).toEqual([['llama-3'], ['echo']])
})

test('a model without an available upstream is reported as unavailable', async () => {
	await using app = await App.open()
	app.upstream().endpoint.healthy = false
	const response = await app.chat('hi')
	expect(response.status).toBe(503)
	expect(app.upstream().received).toEqual([])
	expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', upstream: '', source: 'none' }])
})

test('a client that disconnects before the answer begins cancels the upstream request', async () => {
	await using app = await App.open()
	const client = new AbortController()
	const arrived = app.upstream().nextRequest()
	const response = app.chat('echo:hang', {}, { signal: client.signal })
	await arrived
	client.abort()
	await response
	expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
	expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled', completionTokens: 0 }])
})
