// What docs/migrate/aleph-alpha.md says about each difference.

import { expect } from 'bun:test'
import OpenAI, { NotFoundError } from 'openai'
import { at } from '../../dialect-clients/dialect-client.ts'
import type { DifferenceChecks } from './differences-server.ts'

const chat = '/chat/completions'
const message = (content: string, more: object = {}) => ({
	model: 'llama-3.1-70b-instruct',
	messages: [{ role: 'user', content }],
	...more,
})
const unsupported = ['evaluate', 'explain', 'embed', 'complete/json', 'translate', 'transcribe']

export const alephAlpha: DifferenceChecks = {
	'`/evaluate`, `/explain`, `/embed`, `/complete/json`, `/translate`, `/transcribe`, a tokenizer file': async ({
		send,
	}) => {
		for (const path of unsupported) {
			const { status, body } = await send(`/${path}`, { body: {} })
			expect([path, status, at(body, 'code')]).toEqual([path, 400, 'MISSING_CAPABILITY'])
		}
		expect((await send('/models/echo/tokenizer')).body).toMatchObject({ code: 'MISSING_CAPABILITY' })
	},
	'`POST /steering_concepts`': async ({ send }) => {
		const { status, body } = await send('/steering_concepts', { body: { examples: [] } })
		expect(status).toBe(400)
		expect(body).toMatchObject({ code: 'MISSING_CAPABILITY' })
	},
	'`/complete` with a chat model': async ({ send }) => {
		const { status, body } = await send('/complete', { body: { model: 'claude', prompt: 'a', maximum_tokens: 2 } })
		expect(status).toBe(400)
		expect(body).toMatchObject({ code: 'MISSING_CAPABILITY' })
	},
	'`best_of` above `n` in `/complete`': async ({ send }) => {
		const { status, body } = await send('/complete', { body: { model: 'echo', prompt: 'a', best_of: 2 } })
		expect([status, at(body, 'code')]).toEqual([400, 'MISSING_CAPABILITY'])
	},
	'attention control, penalties with exceptions in `/complete`': async ({ send }) => {
		const prompt = [{ type: 'text', data: 'a', controls: [{ start: 0, length: 1, factor: 2 }] }]
		const body = { model: 'echo', prompt, maximum_tokens: 2, control_log_additive: false, penalty_exceptions: ['a'] }
		const { status, headers } = await send('/complete', { body })
		expect(status).toBe(200)
		expect(headers.get('x-dragoman-dropped')?.split(', ')).toEqual(
			expect.arrayContaining(['prompt[0].controls', 'penalty_exceptions']),
		)
	},
	'`representation` of `/semantic_embed`': async ({ send }) => {
		const { status, headers } = await send('/semantic_embed', {
			body: { model: 'echo', prompt: 'a', representation: 'document' },
		})
		expect([status, headers.get('x-dragoman-dropped')]).toEqual([200, 'representation'])
	},
	'`hosting`': async ({ send }) => {
		const { status, headers } = await send(chat, { body: message('a', { hosting: 'aleph-alpha' }) })
		expect([status, headers.get('x-dragoman-dropped')]).toEqual([200, 'hosting'])
	},
	"errors of OpenAI's SDKs": async ({ url, key, send }) => {
		const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 })
		const refused = client.chat.completions.create({ model: 'unknown', messages: [{ role: 'user', content: 'a' }] })
		const error = await refused.catch((cause: unknown) => cause)
		expect(error).toBeInstanceOf(NotFoundError)
		expect(error).toMatchObject({ code: 'model_not_found' })
		expect((await send(chat, { body: message('a', { model: 'unknown' }) })).body).toMatchObject({
			error: expect.any(String),
		})
	},
	'a model that does not exist': async ({ send }) => {
		const { status, body } = await send(chat, { body: message('a', { model: 'unknown' }) })
		expect([status, at(body, 'code')]).toEqual([404, 'UNKNOWN_MODEL'])
	},
	overload: async ({ send }) => {
		const { status, body } = await send(chat, { body: message('echo:error overloaded') })
		expect([status, at(body, 'code')]).toEqual([503, 'QUEUE_FULL'])
	},
	'`nice=true`': async ({ send }) => {
		expect((await send(`${chat}?nice=true`, { body: message('a') })).status).toBe(200)
	},
	'`completion_tokens`': async ({ send }) => {
		const countAt = async (path: string, model: string) =>
			Number(at((await send(path, { body: message('a b', { model }) })).body, 'usage', 'completion_tokens'))
		// The usage of the model `shown` is reported by its upstream, that of `echo` is not.
		for (const [model, ending] of [
			['echo', 1],
			['shown', 0],
		] as const)
			expect([model, await countAt(chat, model)]).toEqual([
				model,
				(await countAt('/openai/v1/chat/completions', model)) + ending,
			])
	},
	'a slow first token': { unchecked: 'test/quiet-streams.test.ts waits for it' },
}
