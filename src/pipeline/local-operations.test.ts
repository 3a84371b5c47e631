import { describe, expect, spyOn, test } from 'bun:test'
import { Occupancy } from '../system/occupancy.ts'
import { App, errorOf, isPending, json, readerOf } from './pipeline.testing.ts'

const fresh = { 'x-dragoman-conversation': 'new' }

describe('models', () => {
	test('are listed with the context length that their upstream reports', async () => {
		await using app = await App.open({
			upstreams: { a: { contextTokens: 1234 } },
			models: { first: {}, second: { contextTokens: 99 } },
		})
		expect(await json<object>(await app.get('/v1/models'))).toMatchObject({
			data: [
				{ id: 'first', max_context_length: 1234 },
				{ id: 'second', max_context_length: 99 },
			],
		})
	})

	test('are shown by name or alias', async () => {
		await using app = await App.open({ models: { first: { aliases: ['alias'] } } })
		expect(await json<object>(await app.get('/v1/models/alias'))).toMatchObject({ id: 'first' })
		expect((await app.get('/v1/models/unknown')).status).toBe(404)
		expect(app.requests.map(({ model }) => model)).toEqual(['first', undefined])
	})

	test('are listed with their health and their price', async () => {
		const price = { currency: 'EUR', input: 0.4, output: 1.2 }
		await using app = await App.open({ upstreams: { a: {}, b: {} }, models: { first: { price }, second: {} } })
		app.upstream('a').endpoint.healthy = false
		const { data } = await json<{ data: readonly object[] }>(await app.get('/v1/models'))
		const costs = { prompt_tokens: 0.4, completion_tokens: 1.2, currency: 'EUR' }
		expect(data).toMatchObject([
			{ id: 'first', health: 'limited', costs },
			{ id: 'second', health: 'limited' },
		])
		expect(data[1]).not.toHaveProperty('costs')
	})

	test('are listed with what they can do, and with their speed after answers', async () => {
		await using app = await App.open({
			models: { echo: { capabilities: ['reasoning', 'tools'] }, sees: { type: 'image-text-to-text' }, plain: {} },
		})
		const facts = async () => {
			type Facts = { readonly capabilities: readonly string[]; readonly speed?: number }
			const { data } = await json<{ data: readonly Facts[] }>(await app.get('/v1/models'))
			return data.map(({ capabilities, speed }) => [capabilities, speed])
		}
		const expected = [[['tools', 'reasoning']], [['images']], [[]]]
		expect(await facts()).toEqual(expected.map(([capabilities]) => [capabilities, undefined]))
		for (const stream of [true, false]) {
			const answered = app.chat('echo:delay 50 one two three four five six', { stream }).then((answer) => answer.text())
			while (await isPending(answered)) app.clock.advance(50)
			await answered
		}
		await app.settled()
		expect((await facts()).map(([, speed]) => speed)).toEqual([20, undefined, undefined])
	})

	test('report the health of their upstreams', async () => {
		await using app = await App.open({ upstreams: { a: {}, b: {} } })
		const health = async () => JSON.stringify(await json<object>(await app.get('/opengatellm/health/models')))
		const well = await health()
		app.upstream('a').endpoint.healthy = false
		const limited = await health()
		app.upstream('b').endpoint.healthy = false
		expect(new Set([well, limited, await health()]).size).toBe(3)
	})
})

describe('stored data', () => {
	test('is written in the turns of its caller if it is long', async () => {
		await using app = await App.open()
		// All of them together are read in one piece.
		const text = 'word '.repeat(1000)
		const items = Array.from({ length: 5 }, () => ({ type: 'message', role: 'user', content: text }))
		const { id } = await json<{ id: string }>(await app.post('/v1/conversations', { items }))
		for (let more = 0; more < 9; more++) await app.post(`/v1/conversations/${id}/items`, { items })
		const run = spyOn(Occupancy.prototype, 'run')
		try {
			expect((await app.get(`/v1/conversations/${id}`)).status).toBe(200)
			expect(run).not.toHaveBeenCalled()
			const { data } = await json<{ data: readonly { content: readonly { text: string }[] }[] }>(
				await app.get(`/v1/conversations/${id}/items?limit=100`),
			)
			expect(data.map(({ content: [part] }) => part?.text === text)).toEqual(Array.from({ length: 50 }, () => true))
			expect(run.mock.calls.map(([[, owner]]) => owner)).toEqual(['alice'])
		} finally {
			run.mockRestore()
		}
	})

	test('is readable by its owner only', async () => {
		await using app = await App.open()
		const response = await app.chat('hi', {}, { headers: fresh })
		const path = `/v1/conversations/${response.headers.get('x-dragoman-conversation')}`
		expect((await app.get(path)).status).toBe(200)
		for (const as of ['bob', 'root'] as const) {
			expect((await app.get(path, { as })).status).toBe(404)
			expect((await app.delete(path, { as })).status).toBe(404)
		}
		expect((await app.delete(path)).status).toBe(200)
		expect((await app.get(path)).status).toBe(404)
	})

	test('is not offered by a server without storage', async () => {
		await using app = await App.open({ storage: false })
		const response = await app.get('/v1/conversations')
		expect(response.status).toBe(400)
		expect((await errorOf(response)).message).toContain('not stored')
	})

	test('is created without a body only if its route needs none', async () => {
		await using app = await App.open()
		const created = await app.post('/v1/conversations', undefined)
		expect([created.status, await json<object>(created)]).toMatchObject([200, { object: 'conversation', metadata: {} }])
		expect((await app.post('/v1/responses', undefined)).status).toBe(400)
	})

	test('needs no upstream and is not billed', async () => {
		await using app = await App.open()
		app.upstream().endpoint.healthy = false
		expect((await app.get('/v1/conversations')).status).toBe(200)
		expect(await app.usageRecords()).toEqual([])
	})

	test('is created with the status of its route', async () => {
		await using app = await App.open()
		expect((await app.post('/opengatellm/v1/me/keys', { name: 'new' })).status).toBe(201)
	})
})

describe('a stored stream', () => {
	test('is readable by its owner only', async () => {
		await using app = await App.open()
		const response = await app.stream('hi', {}, { headers: { 'x-dragoman-resumable': '1' } })
		const text = await response.text()
		const path = `/v1/streams/${response.headers.get('x-dragoman-stream')}`
		const again = await app.get(path)
		expect(again.headers.get('x-dragoman-stream')).toBe(response.headers.get('x-dragoman-stream'))
		expect(await again.text()).toBe(text)
		expect((await app.get(path, { as: 'bob' })).status).toBe(404)
		expect((await app.get(`${path}?after=x`)).status).toBe(400)
	})

	test('may lose its reader while it runs, which is logged', async () => {
		await using app = await App.open()
		const headers = { 'x-dragoman-resumable': '1' }
		const response = await app.stream('echo:hang-after 1', {}, { headers })
		const reader = new AbortController()
		const path = `/v1/streams/${response.headers.get('x-dragoman-stream')}`
		await readerOf(await app.get(path, { signal: reader.signal })).next()
		reader.abort()
		expect(app.requests).toMatchObject([{ route: '/v1/streams/{id}', left: true }])
		expect(app.upstream().endpoint.gauges().running).toBe(1)
	})
})

describe('a background response', () => {
	test('is cancelled by its owner only', async () => {
		await using app = await App.open()
		const body = { model: 'echo', input: 'echo:hang-after 1', background: true }
		const { id } = await json<{ readonly id: string }>(await app.post('/v1/responses', body))
		expect((await app.post(`/v1/responses/${id}/cancel`, {}, { as: 'bob' })).status).toBe(404)
		expect(app.upstream().endpoint.gauges().running).toBe(1)
		const cancelled = await app.post(`/v1/responses/${id}/cancel`, {})
		expect(await json<object>(cancelled)).toMatchObject({ status: 'cancelled' })
		expect(app.upstream().endpoint.gauges().running).toBe(0)
	})
})

describe('usage', () => {
	interface UsageReport {
		readonly data: readonly { readonly results: readonly { readonly num_model_requests: number }[] }[]
	}

	async function requests(app: App, as: 'alice' | 'bob' | 'root'): Promise<number> {
		const day = Math.floor(app.clock.now() / 86_400_000) * 86_400
		const response = await app.get(`/v1/organization/usage/completions?start_time=${day}`, { as })
		const { data } = await json<UsageReport>(response)
		return data.flatMap(({ results }) => results).reduce((sum, result) => sum + result.num_model_requests, 0)
	}

	test('is that of the caller, or of all callers for an administrator', async () => {
		await using app = await App.open()
		await app.chat('hi')
		await app.chat('hi')
		await app.chat('hi', {}, { as: 'bob' })
		expect([await requests(app, 'alice'), await requests(app, 'bob'), await requests(app, 'root')]).toEqual([2, 1, 3])
	})

	test('that cannot be queried is an error', async () => {
		await using app = await App.open()
		app.faults.fail('query-usage')
		expect((await app.get('/v1/organization/usage/completions?start_time=0')).status).toBe(500)
	})

	test('lists the records of the caller with the names of keys', async () => {
		await using app = await App.open()
		await app.chat('hi')
		await app.chat('hi', {}, { as: 'bob' })
		const text = await (await app.get('/opengatellm/v1/me/usage')).text()
		expect(text).toContain('"alice"')
		expect(text).not.toContain('"bob"')
	})

	test('is not offered by a server without a ledger', async () => {
		await using app = await App.open({ storage: false })
		expect((await app.get('/v1/organization/usage/completions?start_time=0')).status).toBe(400)
	})
})

describe('the caller', () => {
	test('is described without its secret', async () => {
		await using app = await App.open()
		const text = await (await app.get('/opengatellm/v1/me', { as: 'bob' })).text()
		expect(text).toContain('"id":"bob"')
		expect(text).not.toContain('dgm-')
	})

	test('is unknown on a server without keys', async () => {
		await using app = await App.open({ keys: false, storage: false })
		expect((await app.get('/opengatellm/v1/me', { as: 'anonymous' })).status).toBe(422)
		expect((await app.get('/opengatellm/v1/me/keys', { as: 'anonymous' })).status).toBe(422)
	})

	test('has keys without the day of their last use on a server that records no usage', async () => {
		await using app = await App.open({ storage: false })
		const text = await (await app.get('/opengatellm/v1/me/keys')).text()
		expect(text).toContain('"alice"')
		expect(text).not.toContain('last_used_on')
	})

	test('sees only its own keys', async () => {
		await using app = await App.open()
		const text = await (await app.get('/opengatellm/v1/me/keys')).text()
		expect(text).toContain('"alice"')
		expect(text).not.toContain('"bob"')
	})
})
