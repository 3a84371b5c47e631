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

describe('a threshold of tokens', () => {
	const context_management = [{ type: 'compaction', compact_threshold: 60 }]
	const story = 'word '.repeat(60)
	const text = 'A summary of the conversation so far'
	const shown = (app: App) => lastRequest(app).messages.map(({ role }) => role)

	test('compacts a conversation that exceeds it, and continues from the summary', async () => {
		await using app = await App.open()
		const first = await post(app, { input: story, context_management })
		expect(first.output.map(({ type }) => type)).toEqual(['message'])
		const second = await post(app, { input: 'Go on', previous_response_id: first.id, context_management })
		expect(second.output.map(({ type }) => type)).toEqual(['compaction', 'message'])
		expect(app.upstream().received).toHaveLength(3)
		expect(JSON.parse(app.upstream().received[1] ?? '').messages).toHaveLength(3)
		expect(shown(app)).toEqual(['user', 'user'])
		expect(JSON.stringify(lastRequest(app).messages[0])).toContain(text)
		expect(await app.usageRecords()).toHaveLength(3)

		const stored = await json<ResponseObject>(await app.get(`/v1/responses/${second.id}`))
		expect(stored.output).toEqual(second.output)
		expect(stored).not.toHaveProperty('compaction')
		await post(app, { input: 'And then?', previous_response_id: second.id })
		expect(shown(app)).toEqual(['user', 'user', 'assistant', 'user'])
		const path = `/v1/responses/${second.id}/input_items?order=asc`
		const listed = await json<{ readonly data: ResponseObject['output'] }>(await app.get(path))
		expect(listed.data.map(({ type }) => type)).toEqual(['message', 'message', 'compaction', 'message'])
	})

	test('streams the compaction first', async () => {
		await using app = await App.open()
		const first = await post(app, { input: story })
		const body = { model, input: 'Go on', previous_response_id: first.id, context_management, stream: true }
		const response = await app.post('/v1/responses', body)
		const events = [...(await response.text()).matchAll(/^data: (\{.+\})$/gm)].map(([, data]) => JSON.parse(data ?? ''))
		const done = events.filter(({ type }) => type === 'response.output_item.done')
		expect(done.map(({ item, output_index }) => [item.type, output_index])).toEqual([
			['compaction', 0],
			['message', 1],
		])
		const { response: completed } = events.at(-1)
		expect(completed.output).toEqual(done.map(({ item }) => item))
		expect(await json<ResponseObject>(await app.get(`/v1/responses/${completed.id}`))).toMatchObject({
			output: completed.output,
		})
	})

	test('compacts what a client that stores nothing sends, once', async () => {
		await using app = await App.open()
		const history = [
			{ role: 'user', content: story },
			{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: story }] },
		]
		const next = { role: 'user', content: 'Go on' }
		const first = await post(app, { input: [...history, next], store: false, context_management })
		const [compaction, answer] = first.output
		expect(compaction?.type).toBe('compaction')
		const count = app.upstream().received.length
		const second = await post(app, {
			input: [...history, next, compaction, answer, { role: 'user', content: 'x' }],
			store: false,
			context_management: [{ type: 'compaction', compact_threshold: 1000 }],
		})
		expect(second.output.map(({ type }) => type)).toEqual(['message'])
		expect(app.upstream().received.length).toBe(count + 1)
		expect(shown(app)).toEqual(['user', 'user', 'assistant', 'user'])
		expect(JSON.stringify(lastRequest(app).messages.slice(0, 2))).toMatch(/A summary of the conversation.*Go on/s)
	})

	test('compacts calls with their results, which nothing separates', async () => {
		await using app = await App.open()
		const tools = [{ type: 'function', name: 'f' }]
		const first = await post(app, { input: `echo:tool f {"a":"${story}"}`, tools })
		const call_id = JSON.parse(JSON.stringify(first.output[0])).call_id
		const output = { type: 'function_call_output', call_id, output: 'done' }
		const body = { input: [output], tools, previous_response_id: first.id, context_management }
		const second = await post(app, body)
		expect(second.output[0]?.type).toBe('compaction')
		expect(shown(app)).toEqual(['user'])
		await post(app, { input: 'Go on', previous_response_id: second.id })
		expect(shown(app)).toEqual(['user', 'assistant', 'user'])
	})

	test('does nothing to a single long message', async () => {
		await using app = await App.open()
		const { output } = await post(app, { input: story + story, context_management })
		expect([output.map(({ type }) => type), app.upstream().received.length]).toEqual([['message'], 1])
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
