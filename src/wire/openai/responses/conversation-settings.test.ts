// Items that add tools to a conversation and change its settings.

import { describe, expect, test } from 'bun:test'
import { requestFor } from '../../../chat/destination.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { writeStoredItems } from './item-writer.ts'
import { readResponsesRequest } from './request-reader.ts'
import { itemShape } from './response-writer.ts'

const turn = turnId('0193a0000000700080000000000000ab')
const user = { role: 'user', content: 'Hi' }
const f = { type: 'function', name: 'f', parameters: { type: 'object' } }
const g = { type: 'function', name: 'g' }
const maps = { type: 'namespace', name: 'maps', tools: [{ type: 'function', name: 'find' }] }
const added = { type: 'additional_tools', role: 'developer', tools: [g, maps, { type: 'web_search' }] }
const found = { type: 'tool_search_output', call_id: null, execution: 'server', status: 'completed', tools: [maps] }
const format = { type: 'json_schema', name: 'n', schema: { type: 'object' } }
const read = (input: readonly unknown[], fields: object = {}) => readResponsesRequest({ model: 'm', input, ...fields })
const names = ({ request }: ReturnType<typeof read>) => request.tools.map(({ name }) => name)

describe('tools of items', () => {
	test('are added to those of the request, and can be chosen', () => {
		const { dropped, ...rest } = read([added, user], { tools: [f], tool_choice: { type: 'function', name: 'g' } })
		expect(rest.request.tools.map(({ name }) => name)).toEqual(['f', 'g', 'maps__find'])
		expect(rest.request.toolChoice).toEqual({ type: 'named', name: 'g' })
		expect(dropped).toEqual(['tools.web_search'])
	})

	test('replace tools of the same name', () => {
		const newer = { ...f, description: 'newer' }
		const { request } = read([{ ...added, tools: [newer, g] }, user], { tools: [f, { ...g, description: 'older' }] })
		expect(request.tools.map(({ name, description }) => [name, description])).toEqual([
			['f', 'newer'],
			['g', undefined],
		])
	})

	test('are those that a search found', () => {
		expect(names(read([found, user]))).toEqual(['maps__find'])
		const call = { type: 'tool_search_call', call_id: 'c1', execution: 'client', arguments: {} }
		expect(names(read([user, call, { ...found, call_id: 'c1', execution: 'client' }]))).toEqual(['maps__find'])
	})

	test('are called by their names', () => {
		const { echo } = read([added, user], { tools: [f] })
		const shape = itemShape({ echo, metadata: {}, withEncryptedReasoning: false })
		expect(shape.unflatten('maps__find')).toEqual({ type: 'named', name: 'find', namespace: 'maps' })
	})

	test('are validated in their item', () => {
		const broken = { ...added, tools: [g, { type: 'function', name: 'a b' }] }
		expect(() => read([user, broken])).toThrow(expect.objectContaining({ param: 'input[1].tools[1].name' }))
		expect(() => read([user, { ...found, tools: [{ type: 'function' }] }])).toThrow(
			expect.objectContaining({ param: 'input[1].tools[0].name' }),
		)
	})
})

test('settings apply from their item on, in place of the fields of the request', () => {
	const fields = { reasoning: { effort: 'low' }, text: { format: { type: 'text' } } }
	const update = (changes: object) => ({ type: 'configuration_update', ...changes })
	const settings = (...items: readonly object[]) => {
		const { reasoningEffort, responseFormat } = read([...items, user], fields).request
		return [reasoningEffort, responseFormat.type]
	}
	expect(settings()).toEqual(['low', 'text'])
	expect(settings(update({ reasoning: { effort: 'high' } }))).toEqual(['high', 'text'])
	expect(settings(update({ text: { format } }), update({ reasoning: { effort: 'high' } }))).toEqual([
		'high',
		'json-schema',
	])
	expect(settings(update({ text: { format } }), update({ text: { format: { type: 'text' } } }))).toEqual([
		'low',
		'text',
	])
	expect(settings(update({ reasoning: { effort: null } }))).toEqual([undefined, 'text'])
	expect(() => read([update({ text: { format: { type: 'xml' } } }), user])).toThrow(
		expect.objectContaining({ param: 'input[0].text.format.type' }),
	)
})

test('the items are stored as they are, and models receive nothing of them', () => {
	const update = { type: 'configuration_update', reasoning: { effort: 'high' } }
	const input = [update, { ...user, type: 'message' }, added, found]
	const { request } = read(input)
	const dropped: string[] = []
	const { messages } = requestFor({ wire: 'openai' }, request, (name) => dropped.push(name))
	expect([messages, dropped]).toEqual([[{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }], []])
	const stored = request.messages.map((message, index) => ({
		id: message.role === 'assistant' ? answerId(turn, index) : inputId(turn, index),
		message,
		partial: false,
	}))
	const items = writeStoredItems(stored)
	expect([items[0], ...items.slice(2)]).toMatchObject([update, added, found])
})

describe('items of earlier turns', () => {
	const continued = { previous_response_id: 'resp_1' }
	const update = { type: 'configuration_update', reasoning: { effort: 'high' } }
	const { messages: history } = read([added, update, user]).request

	test('apply to the next turns', () => {
		const { request, echo, dropped } = read([user], { ...continued, tools: [f] }).withHistory(history)
		expect(request.tools.map(({ name }) => name)).toEqual(['f', 'g', 'maps__find'])
		expect(request.reasoningEffort).toBe('high')
		expect(request.messages).toHaveLength(1)
		expect(echo.loaded_tools).toEqual(added.tools)
		expect(dropped).toEqual(['tools.web_search'])
	})

	test('have the tools that a request may choose', () => {
		const choice = (name: string) => read([user], { ...continued, tool_choice: { type: 'function', name } })
		expect(choice('g').withHistory(history).request.toolChoice).toEqual({ type: 'named', name: 'g' })
		expect(() => choice('h').withHistory(history)).toThrow("Tool choice 'h' not found")
		expect(() => read([user], { tool_choice: { type: 'function', name: 'h' } })).toThrow("Tool choice 'h' not found")
	})
})

test('a trigger compacts, as the last item only', () => {
	const trigger = { type: 'compaction_trigger' }
	const { compacts, request } = read([user, trigger], { tools: [f] })
	expect([compacts, request.messages, request.toolChoice]).toEqual([
		true,
		[{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
		{ type: 'none' },
	])
	expect(read([user]).compacts).toBe(false)
	expect(() => read([trigger, user])).toThrow(expect.objectContaining({ param: 'input[0]' }))
})
