// What docs/migrate/openai.md says about each difference.

import { expect } from 'bun:test'
import OpenAI from 'openai'
import { textAt } from '../../dialect-clients/dialect-client.ts'
import type { DifferenceChecks } from './differences-server.ts'

const chat = '/v1/chat/completions'
const message = (content: string, more: object = {}) => ({
	model: 'gpt-4o-mini',
	messages: [{ role: 'user', content }],
	...more,
})
const notServed = [
	'GET /v1/files',
	'POST /v1/batches',
	'POST /v1/vector_stores',
	'POST /v1/images/generations',
	'POST /v1/audio/speech',
	'POST /v1/moderations',
	'POST /v1/fine_tuning/jobs',
	'POST /v1/assistants',
	'POST /v1/realtime/client_secrets',
]

export const openai: DifferenceChecks = {
	'`model` of a response': async ({ send }) => {
		expect((await send(chat, { body: message('a') })).body).toMatchObject({ model: 'echo' })
	},
	"a field that the model's upstream lacks, such as `logit_bias` with Claude": async ({ send }) => {
		const { status, headers } = await send(chat, { body: message('a', { model: 'claude', logit_bias: { 42: 1 } }) })
		expect([status, headers.get('x-dragoman-dropped')]).toEqual([200, 'logit_bias'])
	},
	'a field whose loss would change the answer, such as `modalities: ["audio"]`': async ({ send }) => {
		const audio = { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }
		const { status, body } = await send(chat, { body: message('a', audio) })
		expect(status).toBe(400)
		expect(textAt(body, 'error', 'message')).toContain('audio')
	},
	'a model that is not configured': async ({ send }) => {
		const { status, body } = await send(chat, { body: message('a', { model: 'unknown' }) })
		expect(status).toBe(404)
		expect(body).toMatchObject({ error: { code: 'model_not_found' } })
	},
	'`web_search`, `file_search`, `code_interpreter`, `image_generation`, `mcp` as tools of Responses': async ({
		send,
	}) => {
		const tools = [{ type: 'web_search' }, { type: 'code_interpreter', container: { type: 'auto' } }]
		const { status, headers } = await send('/v1/responses', { body: { model: 'echo', input: 'a', tools } })
		expect(status).toBe(200)
		expect(headers.get('x-dragoman-dropped')?.split(', ')).toEqual(['tools.web_search', 'tools.code_interpreter'])
	},
	'Responses without `store`': async ({ send }) => {
		const create = async (more: object) =>
			textAt((await send('/v1/responses', { body: { model: 'echo', input: 'a', ...more } })).body, 'id')
		expect((await send(`/v1/responses/${await create({})}`)).status).toBe(200)
		expect((await send(`/v1/responses/${await create({ store: false })}`)).status).toBe(404)
	},
	'files, batches, vector stores, images, speech, moderations, fine-tuning, assistants, Realtime': async ({ send }) => {
		const statuses = notServed.map(async (one) => {
			const [method = '', path = ''] = one.split(' ')
			const reply = method === 'GET' ? await send(path) : await send(path, { body: {} })
			return [one, reply.status]
		})
		expect(await Promise.all(statuses)).toEqual(notServed.map((one) => [one, 404]))
	},
	'`x-ratelimit-*` headers': async ({ send }) => {
		const { headers } = await send(chat, { body: message('a') })
		expect([...headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([])
		for (const [kind, status] of [
			['rate-limited', 429],
			['overloaded', 503],
		] as const) {
			const refused = await send(chat, { body: message(`echo:error ${kind}`) })
			expect([refused.status, refused.headers.has('retry-after')]).toEqual([status, true])
		}
	},
	'`system_fingerprint`': async ({ send }) => {
		expect((await send(chat, { body: message('a') })).body).toMatchObject({ system_fingerprint: 'fp_echo' })
		const { body } = await send(chat, { body: message('a', { model: 'shown' }) })
		expect(body).toMatchObject({ system_fingerprint: null })
	},
	'token counts': { unchecked: 'a tokenizer of OpenAI is not on this machine' },
	'`user`': async ({ send, createKey }) => {
		const body = message('a', { user: 'leo' })
		expect(textAt((await send(chat, { body })).body, 'id')).toStartWith('chatcmpl-')
		const key = await createKey('--history', 'user-id')
		expect(textAt((await send(chat, { body, key })).body, 'id')).toMatch(/^[0-9a-f-]{36}$/)
	},
	'a base URL without `/v1`': async ({ url, key }) => {
		const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 })
		const { choices } = await client.chat.completions.create({
			model: 'gpt-4o-mini',
			messages: [{ role: 'user', content: 'a' }],
		})
		expect(choices[0]?.message.content).toBe('a')
	},
}
