import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, isPending, json } from './pipeline.testing.ts'

const free = { permits: 0, queued: 0, tickets: 0 }
const embed = (app: App, input = 'one two') => app.post('/v1/embeddings', { model: 'echo', input })

describe('a unary operation', () => {
	test.each([
		['embed', '/v1/embeddings', { input: 'one two' }, 2],
		['rerank', '/v1/rerank', { query: 'one', documents: ['one', 'two'] }, 3],
	])('is answered and billed (%s)', async (operation, path, body, promptTokens) => {
		await using app = await App.open()
		expect((await app.post(path, { model: 'echo', ...body })).status).toBe(200)
		expect(await app.usageRecords()).toMatchObject([{ operation, outcome: 'completed', promptTokens, upstream: 'a' }])
		expect(await app.held()).toEqual(free)
		expect(app.requests).toMatchObject([{ promptTokens }])
	})

	test('is sent after its settlement is on disk', async () => {
		await using app = await App.open()
		const release = app.faults.hold('write-settlement')
		const response = embed(app)
		expect(await isPending(response)).toBe(true)
		expect(app.upstream().endpoint.gauges().running).toBe(0)
		release()
		expect((await response).status).toBe(200)
	})

	test('that cannot be settled is an error', async () => {
		await using app = await App.open()
		app.faults.fail('write-settlement')
		expect((await embed(app)).status).toBe(500)
		expect(await app.held()).toEqual(free)
	})

	test('that fails is settled as failed', async () => {
		await using app = await App.open()
		expect((await embed(app, 'echo:error invalid-request')).status).toBe(400)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', source: 'none' }])
		expect(await app.held()).toEqual(free)
	})

	test('that its client leaves is settled as cancelled', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const arrived = app.upstream().nextRequest()
		const body = { model: 'echo', input: 'echo:hang' }
		const response = app.post('/v1/embeddings', body, { signal: client.signal })
		await arrived
		client.abort()
		await response
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled' }])
		expect(await app.held()).toEqual(free)
	})

	test('is retried on the next upstream', async () => {
		await using app = await App.open({ upstreams: { a: {}, b: {} } })
		app.upstream('a').refuse(new ChatError('unavailable', 'Gone.'))
		expect((await embed(app)).status).toBe(200)
		expect(await app.usageRecords()).toMatchObject([{ upstream: 'b' }])
	})

	test('reports what the upstream cannot express', async () => {
		await using app = await App.open()
		app.upstream().drops = ['dimensions']
		expect((await embed(app)).headers.get('x-dragoman-dropped')).toBe('dimensions')
	})

	test('has the status of its route, and its result', async () => {
		await using app = await App.open()
		const { data } = await json<{ readonly data: readonly { readonly embedding: readonly number[] }[] }>(
			await embed(app),
		)
		expect(data.map(({ embedding }) => embedding.length)).toEqual([64])
	})
})
