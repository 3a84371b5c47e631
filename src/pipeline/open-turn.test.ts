import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../chat/completion-events.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { AssistantPart } from '../chat/message.ts'
import { App, isPending, json, textOf } from './pipeline.testing.ts'

const fresh = { 'x-dragoman-conversation': 'new' }

async function itemsOf(app: App, response: Response) {
	return app.messages(response.headers.get('x-dragoman-conversation') ?? '')
}

describe('a turn', () => {
	test('stores its inputs when it begins, and its answer when it ends', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const response = await app.stream('echo:hang-after 1', {}, { headers: fresh, signal: client.signal })
		const reader = response.body?.getReader()
		expect(await app.turnStates()).toEqual(['running'])
		for (let text = ''; !text.includes('"word"'); ) text += new TextDecoder().decode((await reader?.read())?.value)
		client.abort()
		expect((await itemsOf(app, response)).map(({ role }) => role)).toEqual(['user', 'assistant'])
	})

	test('ends after it began, even if the write of its beginning is slow', async () => {
		await using app = await App.open()
		const release = app.faults.hold('begin-turn')
		const response = app.chat('hi', {}, { headers: fresh })
		expect(await isPending(response)).toBe(true)
		expect(app.faults.calls('end-turn')).toBe(0)
		release()
		expect((await itemsOf(app, await response)).map(textOf)).toEqual(['hi', 'hi'])
	})

	test('stores a partial answer as incomplete', async () => {
		await using app = await App.open()
		const response = await app.stream('echo:error-after 2 upstream-failed', {}, { headers: fresh })
		await response.text()
		expect(await itemsOf(app, response)).toMatchObject([
			{ role: 'user', status: 'completed' },
			{ role: 'assistant', status: 'incomplete', content: [{ text: 'word word' }] },
		])
	})

	test('stores no answer without output', async () => {
		await using app = await App.open()
		const response = await app.stream('echo:error-after 0 upstream-failed', {}, { headers: fresh })
		await response.text()
		expect(await app.turnStates()).toEqual(['failed'])
		expect(await itemsOf(app, response)).toEqual([])
	})

	test('that is dropped removes the conversation that it created, but no other', async () => {
		await using app = await App.open()
		const id = (await app.chat('first', {}, { headers: fresh })).headers.get('x-dragoman-conversation') ?? ''
		expect((await app.chat('echo:error-after 1 upstream-failed', {}, { headers: fresh })).status).toBe(502)
		expect(await app.conversationCount()).toBe(1)
		const failed = await app.chat(
			'echo:error-after 1 upstream-failed',
			{},
			{ headers: { 'x-dragoman-conversation': id } },
		)
		expect(failed.status).toBe(502)
		expect((await app.messages(id)).map(textOf)).toEqual(['first', 'first'])
	})
})

describe('a tool call', () => {
	const call: readonly ChatEvent[] = [
		{ type: 'start' },
		...eventsOfPart({ type: 'text', text: 'looking' }, 0),
		...eventsOfPart({ type: 'tool-call', kind: 'function', id: 'call_1', name: 'find', arguments: '{}' }, 0),
	]
	const whole: readonly ChatEvent[] = [
		...call,
		{ type: 'choice-finish', choice: 0, reason: 'tool-calls' },
		{
			type: 'finish',
			usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' },
		},
	]

	test('alone is no answer if it is incomplete', async () => {
		const toolCall = call.slice(
			call.findIndex((event) => event.type === 'part-start' && event.part.type === 'tool-call'),
		)
		await using app = await App.open({ upstreams: { a: { script: [{ type: 'start' }, ...toolCall] } } })
		const response = await app.stream('hi', {}, { headers: fresh })
		await response.text()
		expect(await app.turnStates()).toEqual(['failed'])
		expect(await itemsOf(app, response)).toEqual([])
	})

	test.each([
		['is stored with a complete answer', whole, true],
		['is not stored with a partial answer, because no client sends its result', call, false],
	])('%s', async (_, script, stored) => {
		await using app = await App.open({ upstreams: { a: { script } } })
		const response = await app.stream('hi', {}, { headers: fresh })
		await response.text()
		const items = JSON.stringify(await itemsOf(app, response))
		expect(items).toContain('looking')
		expect(items.includes('"find"')).toBe(stored)
	})
})

describe('the parts of an answer', () => {
	const signature = { wire: 'anthropic', value: 's', origin: 'api.example m' }
	const search: AssistantPart = { type: 'provider-item', wire: 'anthropic', item: { type: 'server_tool_use', id: 1 } }
	const parts: readonly AssistantPart[] = [
		{ type: 'reasoning', text: 'First.', signature },
		{ type: 'text', text: 'One.', rest: { wire: 'anthropic', fields: { citations: [{ page: 1 }] } } },
		{ type: 'reasoning', text: '', signature, encrypted: true },
		{ type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{"id":12345678901234567890}', signature },
		search,
		{ type: 'image', url: 'data:image/png;base64,AA==' },
		{ type: 'refusal', text: 'No.' },
		{ type: 'tool-call', kind: 'custom', id: 'c2', name: 'g', arguments: '' },
		search,
	]
	const begun: readonly ChatEvent[] = [
		{ type: 'start' },
		...parts.flatMap((part) => eventsOfPart(part, 0)),
		{ type: 'rest', choice: 0, rest: { wire: 'openai', fields: { annotations: [] } } },
	]
	const usage = {
		promptTokens: 1,
		completionTokens: 1,
		cachedTokens: 0,
		reasoningTokens: 0,
		source: 'upstream',
	} as const

	async function storedAnswers(script: readonly ChatEvent[]): Promise<readonly unknown[]> {
		await using app = await App.open({ upstreams: { a: { script } } })
		const response = await app.stream('hi', {}, { headers: fresh })
		await response.text()
		await app.settled()
		const path = `/v1/conversations/${response.headers.get('x-dragoman-conversation')}/export`
		const { messages } = await json<{
			readonly messages: readonly { readonly partial: boolean; readonly message: { readonly role: string } }[]
		}>(await app.get(path))
		return messages.flatMap(({ message, partial }) => (message.role === 'assistant' ? [{ ...message, partial }] : []))
	}

	test('are stored in order, with signatures, unknown fields and provider items', async () => {
		const answers = await storedAnswers([
			...begun,
			{ type: 'choice-finish', choice: 0, reason: 'tool-calls' },
			{ type: 'finish', usage },
		])
		const rest = { wire: 'openai', fields: { annotations: [] } }
		expect(answers).toEqual([{ role: 'assistant', content: [...parts], rest, partial: false }])
	})

	test('of an interrupted answer are stored without calls, and without provider items at the end', async () => {
		const rest = { wire: 'openai', fields: { annotations: [] } }
		const content = [parts[0], parts[1], parts[2], search, parts[5], parts[6]]
		expect(await storedAnswers(begun)).toEqual([{ role: 'assistant', content, rest, partial: true }])
	})

	test.each<[string, readonly AssistantPart[]]>([
		['reasoning that only the model can read', [{ type: 'reasoning', text: '', signature, encrypted: true }]],
		['items of the provider', [search, search]],
	])('are no answer if it is interrupted after %s', async (_, received) => {
		expect(await storedAnswers([{ type: 'start' }, ...received.flatMap((part) => eventsOfPart(part, 0))])).toEqual([])
	})

	test('of an interrupted answer include the part that was open', async () => {
		const reasoning: AssistantPart = { type: 'reasoning', text: 'Hm.' }
		const content = [reasoning, { type: 'text', text: 'half' }]
		const script: readonly ChatEvent[] = [
			{ type: 'start' },
			...eventsOfPart(reasoning, 0),
			{ type: 'part-start', choice: 0, part: { type: 'text' } },
			{ type: 'part-delta', choice: 0, part: 'text', text: 'half' },
		]
		expect(await storedAnswers(script)).toEqual([{ role: 'assistant', content, partial: true }])
	})
})
