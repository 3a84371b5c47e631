// What docs/migrate/opengatellm.md says about each difference.

import { expect } from 'bun:test'
import { listAt, textAt } from '../../dialect-clients/dialect-client.ts'
import { eventually } from '../../faults/gateway.ts'
import type { DifferenceChecks, DifferencesServer } from './differences-server.ts'

const base = '/opengatellm/v1'
const chat = `${base}/chat/completions`
const message = (content: string, more: object = {}) => ({
	model: 'priced',
	messages: [{ role: 'user', content }],
	...more,
})
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]

async function statusesOf({ send }: DifferencesServer, paths: readonly string[]): Promise<readonly number[]> {
	return Promise.all(paths.map(async (path) => (await send(`${base}${path}`)).status))
}

export const opengatellm: DifferenceChecks = {
	'`tools` without `tool_choice`': async ({ send, sent }) => {
		const called = await send(chat, { body: message('echo:tool look {}', { tools }) })
		expect(called.body).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] })
		await send(chat, { body: message('a', { model: 'shown', tools, tool_choice: 'none' }) })
		expect(sent()).toMatchObject({ tool_choice: 'none' })
	},
	'`search`, `search_args`, a tool of type `search`': async ({ send }) => {
		for (const more of [
			{ search: true, search_args: { collections: [1] } },
			{ tools: [{ type: 'search', collections: [1] }] },
		])
			expect((await send(chat, { body: message('a', more) })).status).toBe(410)
	},
	'`/v1/collections`, `/v1/documents`, `/v1/chunks`, `/v1/search`, `/v1/parse-beta`, `/v1/files`, `/v1/agents`': async (
		server,
	) => {
		const paths = ['/collections', '/documents/1', '/chunks/1', '/search', '/parse-beta', '/files', '/agents/tools']
		expect(await statusesOf(server, paths)).toEqual(paths.map(() => 410))
	},
	'`/v1/admin/…`, `/v1/auth/…`': async (server) => {
		expect(await statusesOf(server, ['/admin/users', '/auth/login'])).toEqual([410, 410])
	},
	'`/v1/ocr`': async ({ send }) => {
		expect((await send(`${base}/ocr`, { body: {} })).status).toBe(422)
	},
	'ids of users and keys': async ({ send }) => {
		textAt((await send(`${base}/me/info`)).body, 'id')
		textAt((await send(`${base}/me/keys`, { body: { name: 'new' } })).body, 'id')
	},
	'error bodies': async ({ send }) => {
		const { body } = await send(chat, { body: message('a', { model: 'unknown' }) })
		expect(body).toMatchObject({ detail: 'Model not found.', error: { code: 'model_not_found' } })
	},
	'`temperature` above 2': async ({ send }) => {
		expect((await send(chat, { body: message('a', { temperature: 3 }) })).status).toBe(422)
		expect((await send(chat, { body: message('a', { model: 'shown', temperature: 3 }) })).status).toBe(200)
	},
	'`usage`': async ({ send }) => {
		const { body } = await send(chat, { body: message('a', { model: 'shown' }) })
		expect(body).toMatchObject({ usage: { prompt_tokens: 1234 } })
	},
	'`usage.cost`': async ({ send }) => {
		expect((await send(chat, { body: message('a b') })).body).toMatchObject({ usage: { cost: 0.001 } })
		expect((await send(chat, { body: message('a b', { model: 'echo' }) })).body).toMatchObject({ usage: { cost: 0 } })
	},
	'`usage.impacts`, `usage.carbon`': async ({ send }) => {
		expect((await send(chat, { body: message('a') })).body).toMatchObject({
			usage: { impacts: { kWh: 0, kgCO2eq: 0 }, carbon: { kWh: { min: 0, max: 0 } } },
		})
	},
	'a stream that the client ends early': async ({ send, leaveStream, createKey }) => {
		const key = await createKey('--owner', 'leaver')
		await leaveStream(chat, message('echo:delay 20 one two three four five six seven eight', { stream: true }), key)
		const [used] = await eventually('usage of the stream', async () => {
			const data = listAt((await send(`${base}/me/usage`, { key })).body, 'data')
			return data.length > 0 && data
		})
		const { usage } = Object(used)
		expect(usage.completion_tokens).toBeGreaterThan(0)
		expect(usage.cost).toBeGreaterThan(0)
	},
	'`metrics.ttft` of `/v1/me/usage`': async ({ send, createKey }) => {
		const key = await createKey('--owner', 'ttft')
		await send(chat, { body: message('a'), key })
		const [used] = await eventually('usage of the call', async () => {
			const data = listAt((await send(`${base}/me/usage`, { key })).body, 'data')
			return data.length > 0 && data
		})
		expect(used).toMatchObject({ usage: { metrics: { ttft: null } } })
	},
	'`stream` of a transcription': async ({ send }) => {
		const form = new FormData()
		form.append('file', new Blob(['RIFF']), 'speech.wav')
		for (const [name, value] of Object.entries({ model: 'echo', prompt: 'Hello', stream: 'true' }))
			form.append(name, value)
		const { status, headers } = await send(`${base}/audio/transcriptions`, { body: form })
		expect([status, headers.get('x-dragoman-dropped')]).toEqual([200, 'stream'])
	},
	'limits and budgets of a role': { unchecked: 'there is nothing to request' },
	'a model hidden by its role': async ({ send, createKey }) => {
		const key = await createKey('--tenant', 'elsewhere')
		const names = async (key?: string) =>
			listAt((await send(`${base}/models`, { key })).body, 'data').map((model) => textAt(model, 'id'))
		expect(await names(key)).toEqual(await names())
	},
}
