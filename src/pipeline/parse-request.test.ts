import { describe, expect, test } from 'bun:test'
import type { HistoryMode } from '../keys/history-mode.ts'
import { App, errorOf, json } from './pipeline.testing.ts'

describe('a body', () => {
	const send = (app: App, body: string) =>
		app.addKey({ name: 'sender', role: 'user' }).then((secret) =>
			app.fetch(
				new Request('http://localhost/v1/chat/completions', {
					method: 'POST',
					headers: { authorization: `Bearer ${secret}` },
					body,
				}),
			),
		)

	test.each([
		['that is not JSON', '{"model":', 400],
		['that is too large', JSON.stringify({ model: 'echo', messages: 'x'.repeat(100_001) }), 413],
		['that is nested too deep', `${'['.repeat(30)}${']'.repeat(30)}`, 400],
		['without a required field', '{"model":"echo"}', 400],
	])('%s is rejected', async (_, body, status) => {
		await using app = await App.open()
		expect((await send(app, body)).status).toBe(status)
		expect(app.upstream().received).toEqual([])
		expect(app.requests.at(-1)).toMatchObject({ status, route: '/v1/chat/completions', key: 'sender' })
	})

	test('is not expected on GET', async () => {
		await using app = await App.open()
		expect((await app.get('/v1/models')).status).toBe(200)
	})
})

describe('the dialect that a key selects', () => {
	test('serves the paths that dialects share', async () => {
		await using app = await App.open()
		const key = await app.addKey({ name: 'albert', role: 'user', settings: { dialect: 'aleph-alpha' } })
		const [usual, selected] = [
			await app.chat('hi', { model: 'unknown' }),
			await app.chat('hi', { model: 'unknown' }, { key }),
		]
		expect(await json<object>(usual)).toHaveProperty('error.type', 'invalid_request_error')
		expect(await json<object>(selected)).not.toHaveProperty('error.type', 'invalid_request_error')
	})

	test('alone serves its explicit paths', async () => {
		await using app = await App.open()
		const key = await app.addKey({ name: 'gatellm', role: 'user', settings: { dialect: 'opengatellm' } })
		expect((await app.post('/v1/collections', {})).status).toBe(404)
		expect((await app.post('/v1/collections', {}, { key })).status).not.toBe(404)
	})
})

describe('`user` and `id` of a chat request store a conversation', () => {
	/** Whether the id of the answer is that of a stored conversation. */
	async function isStored(app: App, path: string, history?: HistoryMode): Promise<boolean> {
		const key = await app.addKey({ name: `${path} ${history}`, role: 'user', settings: { history } })
		const body = { model: 'echo', user: 'leo', messages: [{ role: 'user', content: 'hi' }] }
		const { id } = await json<{ readonly id: string }>(await app.post(path, body, { key }))
		return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id)
	}
	const [openai, albert] = ['/openai/v1/chat/completions', '/albert/v1/chat/completions']

	for (const userIdHistory of [false, true])
		test(`if the key, the configuration (${userIdHistory}) or the dialect says so, in this order`, async () => {
			await using app = await App.open({ userIdHistory })
			expect([await isStored(app, openai), await isStored(app, albert)]).toEqual([userIdHistory, true])
			for (const path of [openai, albert])
				expect([await isStored(app, path, 'user-id'), await isStored(app, path, 'none')]).toEqual([true, false])
		})
})

describe('the request log', () => {
	test('contains the route and whether the response is a stream', async () => {
		await using app = await App.open()
		await (await app.stream('hi')).text()
		expect(app.requests.at(-1)).toMatchObject({ route: '/v1/chat/completions', stream: true, model: 'echo' })
	})

	test('contains the prompt and the answer only if content is enabled', async () => {
		await using silent = await App.open()
		await silent.chat('secret words')
		expect(JSON.stringify(silent.log)).not.toContain('secret')
		await using verbose = await App.open({ content: true })
		await verbose.chat('secret words')
		expect(verbose.requests.at(-1)).toMatchObject({
			prompt: { messages: [{ content: 'secret words' }] },
			answer: 'secret words',
		})
	})

	test('never contains the path itself, whose values are unbounded', async () => {
		await using app = await App.open()
		expect((await errorOf(await app.get('/v1/models/some-model'))).code).toBe('model_not_found')
		expect(app.requests.at(-1)?.route).toBe('/v1/models/{id}')
	})
})
