// Items of the Responses API whose effect depends on the stored conversation.

import { describe, expect, test } from 'bun:test'
import type { ChatEvent } from '../chat/event.ts'
import { App, json } from './pipeline.testing.ts'

interface ResponseObject {
	readonly id: string
	readonly status: string
	readonly output: readonly {
		readonly type: string
		readonly encrypted_content?: string
		readonly namespace?: string
	}[]
	readonly usage: { readonly output_tokens: number }
}

interface SentRequest {
	readonly messages: readonly { readonly role: string }[]
	readonly tools: readonly { readonly name: string }[]
	readonly reasoningEffort?: string
}

const model = 'echo'
const post = async (app: App, body: object) => json<ResponseObject>(await app.post('/v1/responses', { model, ...body }))
const lastRequest = (app: App): SentRequest => JSON.parse(app.upstream().received.at(-1) ?? '')
const maps = { type: 'namespace', name: 'maps', tools: [{ type: 'function', name: 'find' }] }

describe('items of earlier turns', () => {
	const items = [
		{ type: 'additional_tools', role: 'developer', tools: [maps] },
		{ type: 'configuration_update', reasoning: { effort: 'high' } },
		{ role: 'user', content: 'hi' },
	]

	test('add tools and settings to the next turns, whose calls have the names of the client', async () => {
		await using app = await App.open()
		const first = await post(app, { input: items })
		const second = await post(app, { input: 'echo:tool maps__find {}', previous_response_id: first.id })
		expect(lastRequest(app)).toMatchObject({ reasoningEffort: 'high', tools: [{ name: 'maps__find' }] })
		expect(second.output).toMatchObject([{ type: 'function_call', name: 'find', namespace: 'maps' }])
		const stored = await json<ResponseObject>(await app.get(`/v1/responses/${second.id}`))
		expect(stored.output).toEqual(second.output)
		expect(stored).not.toHaveProperty('loaded_tools')
	})

	test('have the tools that a request may choose', async () => {
		await using app = await App.open()
		const first = await post(app, { input: items })
		const choose = (name: string) =>
			app.post('/v1/responses', {
				model,
				input: 'hi',
				previous_response_id: first.id,
				tool_choice: { type: 'function', name, namespace: 'maps' },
			})
		expect((await choose('find')).status).toBe(200)
		expect((await choose('lose')).status).toBe(400)
	})
})

describe('a compaction trigger', () => {
	const trigger = { type: 'compaction_trigger' }

	test('makes one compaction item, which is accepted as input', async () => {
		await using app = await App.open()
		const compacted = await post(app, { input: [{ role: 'user', content: 'Long story' }, trigger], store: false })
		expect(compacted).toMatchObject({ status: 'completed', output: [{ type: 'compaction' }] })
		expect(compacted.output).toHaveLength(1)
		await post(app, { input: [...compacted.output, { role: 'user', content: 'Go on' }] })
		const { messages } = lastRequest(app)
		expect(messages.map(({ role }) => role)).toEqual(['system', 'user'])
		expect(JSON.stringify(messages[0])).toContain('A summary of the conversation so far')
	})

	test('streams it', async () => {
		await using app = await App.open()
		const input = [{ role: 'user', content: 'Long story' }, trigger]
		const response = await app.post('/v1/responses', { model, input, stream: true, store: false })
		const events = [...(await response.text()).matchAll(/^data: (\{.+\})$/gm)].map(([, data]) => JSON.parse(data ?? ''))
		expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
			'created',
			'in_progress',
			'output_item.added',
			'output_item.done',
			'completed',
		])
		expect(events[3].item).toMatchObject({ type: 'compaction', id: expect.stringMatching(/^cmp_/) })
		expect(events[4].response.output).toEqual([events[3].item])
	})

	test('compacts a stored conversation, and is not stored itself', async () => {
		await using app = await App.open()
		const first = await post(app, { input: 'Long story' })
		const body = { model, previous_response_id: first.id, input: [trigger], store: true }
		const response = await app.post('/v1/responses', body)
		const { id, output } = await json<ResponseObject>(response)
		expect(output.map(({ type }) => type)).toEqual(['compaction'])
		expect(response.headers.get('x-dragoman-dropped')).toBe('store')
		expect(lastRequest(app).messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
		expect((await app.get(`/v1/responses/${id}`)).status).toBe(404)
	})

	test('fails if the model writes no summary', async () => {
		const usage = {
			promptTokens: 1,
			completionTokens: 0,
			cachedTokens: 0,
			reasoningTokens: 0,
			source: 'counted',
		} as const
		const script: readonly ChatEvent[] = [
			{ type: 'start' },
			{ type: 'choice-finish', choice: 0, reason: 'stop' },
			{ type: 'finish', usage },
		]
		await using app = await App.open({ upstreams: { a: { script } } })
		const input = [{ role: 'user', content: 'Long story' }, trigger]
		expect((await app.post('/v1/responses', { model, input, store: false })).status).toBeGreaterThanOrEqual(500)
		const stream = await app.post('/v1/responses', { model, input, store: false, stream: true })
		expect(await stream.text()).toContain('The model returned no summary of the conversation.')
	})
})

test('a warm-up calls no model, and can be continued', async () => {
	await using app = await App.open()
	for (const warmUp of [{ generate: false }, { prompt_cache_options: { prewarm: true }, generate: true }]) {
		const before = app.upstream().received.length
		const first = await post(app, { input: 'hi', ...warmUp })
		expect(first).toMatchObject({ status: 'completed', output: [], usage: { output_tokens: 0 } })
		expect(app.upstream().received.length).toBe(before)
		await post(app, { input: 'more', previous_response_id: first.id })
		expect(lastRequest(app).messages.map(({ role }) => role)).toEqual(['user', 'user'])
	}
})

test('the items of a conversation are those of the tools that the client runs', async () => {
	await using app = await App.open()
	const tools = [{ type: 'shell' }]
	const first = await post(app, { input: 'echo:tool shell {"commands":["ls"]}', tools })
	expect(first.output).toMatchObject([{ type: 'shell_call', action: { commands: ['ls'] } }])
	const output = {
		type: 'shell_call_output',
		output: [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
	}
	const [call] = first.output
	const call_id = JSON.parse(JSON.stringify(call)).call_id
	const second = await post(app, { input: [{ ...output, call_id }], tools, previous_response_id: first.id })
	expect(second.output).toMatchObject([
		{ type: 'message', content: [{ text: expect.stringContaining('Exit code: 0') }] },
	])
	const path = `/v1/responses/${second.id}/input_items?order=asc`
	const listed = await json<{ readonly data: readonly object[] }>(await app.get(path))
	expect(listed.data.slice(1)).toMatchObject([call ?? {}, { ...output, call_id }])
})
