// Items, content and fields that this server does not know: they are read, and written as they were.

import { describe, expect, test } from 'bun:test'
import { requestFor } from '../../../chat/destination.ts'
import { parseJson, stringifyJson } from '../../../chat/json-text.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { readItemId } from './item-id.ts'
import { writeStoredItems } from './item-writer.ts'
import { extractItem, withoutItem } from './message-item.ts'
import { readResponsesRequest } from './request-reader.ts'

const turn = turnId('0193a0000000700080000000000000ab')
const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }
const read = (input: readonly unknown[]) => readResponsesRequest({ model: 'm', input, previous_response_id: 'resp_1' })

const store = (input: readonly unknown[]) =>
	read(input).request.messages.map((message, index) => ({
		id: message.role === 'assistant' ? answerId(turn, index) : inputId(turn, index),
		message,
		partial: false,
	}))

/** The items without what this server decides. */
const written = (input: readonly unknown[]) =>
	writeStoredItems(store(input)).map(({ id: _, ...item }) => JSON.parse(JSON.stringify(item)))

/** What an upstream of another wire does not get. */
function dropped(input: readonly unknown[]) {
	const names: string[] = []
	const { messages } = requestFor({ wire: 'openai' }, read(input).request, (name) => names.push(name))
	return { names, messages }
}

const output = (fields: object) => ({ type: 'output_text', text: 'A', annotations: [], logprobs: [], ...fields })
const status = 'completed'

describe('is written as it was read, in the same position', () => {
	const hosted = [
		{ type: 'web_search_call', action: { type: 'search', query: 'q' }, status },
		{ type: 'local_shell_call_output', output: '{}' },
		{ type: 'acme:telemetry', data: [1] },
		{ type: 'invented_call', call_id: 'x' },
		{ type: 'image_generation_call', result: null, status: 'failed' },
	]
	test('items of unknown types', () => {
		const answer = { type: 'message', role: 'assistant', content: [output({})], status }
		const input = [{ ...user, status }, ...hosted, answer, ...hosted]
		expect(written(input)).toEqual(input)
		expect(read(input).request.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
	})

	test('fields of items', () => {
		const fields = { internal: { x: 1 } }
		const input = [
			{ ...user, ...fields, status },
			{ type: 'message', role: 'assistant', content: [output({})], phase: 'commentary', status },
			{ type: 'message', role: 'assistant', content: [output({})], phase: 'final_answer', status },
			{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}', ...fields, status },
			{ type: 'custom_tool_call', call_id: 'c2', name: 'g', input: 'x', ...fields, status },
			{ type: 'function_call_output', call_id: 'c1', output: '1', ...fields, status },
			{ type: 'custom_tool_call_output', call_id: 'c2', output: '2', ...fields, status },
			{ type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'R' }], ...fields, status },
			{ type: 'image_generation_call', result: 'AA==', output_format: 'webp', revised_prompt: 'P', status },
			{ type: 'message', role: 'system', content: [{ type: 'input_text', text: 'S' }], ...fields, status },
		]
		expect(written(input)).toEqual(input)
	})

	test('fields of content, and content of unknown types', () => {
		const extra = { extra: [1] }
		const input = [
			{
				...user,
				content: [
					{ type: 'input_text', text: 'T', ...extra },
					{ type: 'input_video', video_url: 'https://x.example/a.mp4' },
					{ type: 'input_image', image_url: 'https://x.example/a.png', file_id: null, detail: 'low', ...extra },
					{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' }, ...extra },
					{ type: 'input_file', filename: 'a', file_data: 'data:text/plain;base64,AA==', ...extra },
					{ type: 'input_file', file_url: 'https://x.example/a.pdf' },
				],
				status,
			},
			{
				type: 'message',
				role: 'assistant',
				content: [output({ annotations: [{ type: 'url_citation' }] }), { type: 'refusal', refusal: 'No', ...extra }],
				status,
			},
			{ type: 'message', role: 'assistant', content: [{ type: 'output_audio', data: 'AA==' }], status },
			{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}', status },
			{
				type: 'function_call_output',
				call_id: 'c1',
				output: [
					{ type: 'input_text', text: 'T', ...extra },
					{ type: 'input_video' },
					{ type: 'input_image', image_url: 'data:image/png;base64,AA==', file_id: null, detail: 'high' },
					{ type: 'input_file', filename: 'a', file_data: 'data:text/plain;base64,AA==' },
				],
				status,
			},
		]
		expect(written(input)).toEqual(input)
	})

	test('each item is found by its id, and removed alone', () => {
		const [stored] = store([...hosted, { role: 'assistant', content: 'A' }, ...hosted])
		if (stored === undefined) throw new Error('nothing was read')
		const items = writeStoredItems([stored])
		expect(items).toHaveLength(11)
		for (const [index, { id }] of items.entries()) {
			expect(readItemId(id)?.message).toBe(stored.id)
			expect(extractItem(stored, id)).toMatchObject({ type: 'assistant', content: [stored.message.content[index]] })
			expect(withoutItem(stored, id)?.content).toEqual(stored.message.content.toSpliced(index, 1))
		}
	})
})

test('numbers of unknown items and fields are those of the text', () => {
	const numbers = '"id":12345678901234567890,"f":1.0,"12":1,"2":{"e":1e2}'
	const extra = `"extra":1.50,"more":{${numbers}}`
	const text = `[
		{"type":"message","role":"user",${extra},"content":[{"type":"input_text","text":"T",${extra}},{"type":"input_x",${numbers}}]},
		{"type":"x_call","a":1.0,"b":{${numbers}}},
		{"type":"message","role":"assistant",${extra},"content":[{"type":"output_text","text":"T",${extra}}]},
		{"type":"function_call","call_id":"c","name":"f","arguments":"{}",${extra}},
		{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"T",${extra}}],${extra}}
	]`
	const input = parseJson(text)
	if (!Array.isArray(input)) throw new Error('not a list')
	const items = stringifyJson(writeStoredItems(store(input)))
	expect(items.match(/"extra":1\.50/g)).toHaveLength(7)
	expect(items.split(`{${numbers}}`)).toHaveLength(9)
	expect(items).toContain(`{"type":"input_x",${numbers}}`)
	expect(items).toContain('"a":1.0')
	const tools = parseJson(`{"model":"m","input":"x","tools":[{"type":"function","name":"f","x":1.0}]}`)
	expect(stringifyJson(readResponsesRequest(tools).request.tools)).toContain('"fields":{"x":1.0}')
	// As a store returns them.
	const stored = parseJson(stringifyJson(store(input)))
	expect(stringifyJson(writeStoredItems(stored as ReturnType<typeof store>))).toBe(items)
})

describe('for an upstream of another wire', () => {
	test('items and fields of answers are left out and named', () => {
		const { names, messages } = dropped([
			user,
			{ type: 'web_search_call' },
			{ type: 'message', role: 'assistant', phase: 'commentary', content: [output({ annotations: [{ a: 1 }] })] },
			{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}', async: true },
		])
		expect(names).toEqual([
			'messages[1].content[0]',
			'messages[1].content[1].annotations',
			'messages[1].content[1].item.phase',
			'messages[1].content[2].async',
		])
		expect(messages[1]).toEqual({
			role: 'assistant',
			content: [
				{ type: 'text', text: 'A' },
				{ type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{}' },
			],
		})
	})

	test('content of the user is refused', () => {
		const unknown = { role: 'user', content: [{ type: 'input_video' }] }
		expect(() => dropped([unknown])).toThrow("does not support content of the type 'input_video'")
	})

	test('nothing is named for what this server writes itself', () => {
		const items = written([
			user,
			{ type: 'reasoning', content: [{ type: 'reasoning_text', text: 'R' }] },
			{ type: 'message', role: 'assistant', content: [output({})] },
			{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
			{ type: 'function_call_output', call_id: 'c1', output: '1' },
		])
		expect(dropped(items).names).toEqual([])
	})

	test('an answer of which nothing is left is no message', () => {
		const { names, messages } = dropped([
			user,
			{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
			{ type: 'function_call_output', call_id: 'c1', output: '1' },
			{ type: 'local_shell_call_output', output: '{}' },
			{ type: 'reasoning', summary: [], encrypted_content: 'gAAAA' },
			{ type: 'function_call_output', call_id: 'c2', output: '2' },
		])
		expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
		expect(names).toEqual(['messages[3].content[0]'])
	})
})

test('a mark of the prompt cache reaches upstreams of Chat Completions', () => {
	const prompt_cache_breakpoint = { mode: 'explicit' }
	const content = [{ type: 'input_text', text: 'T', prompt_cache_breakpoint }]
	const output = { type: 'function_call_output', call_id: 'c1', output: content, status }
	const input = [
		{ ...user, content, status },
		{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}', status },
		output,
	]
	expect(written(input)).toEqual(input)
	const { names, messages } = dropped(input)
	const part = { type: 'text', text: 'T', rest: { wire: 'openai', fields: { prompt_cache_breakpoint } } }
	expect(names).toEqual([])
	for (const index of [0, 2]) expect(messages[index]).toMatchObject({ content: [part] })
})

test('types that OpenAI does not know violate its API, those of its own tools do not', () => {
	const param = (...input: readonly unknown[]) => read(input).violation?.param
	expect(param(user, { type: 'web_search_call' }, { type: 'acme:x' })).toBeUndefined()
	expect(param(user, { type: 'nonsense' })).toBe('input[1].type')
	expect(param({ role: 'user', content: [{ type: 'input_video' }] })).toBe('input[0].content[0].type')
	expect(read([{ type: 'nonsense' }]).violation).toMatchObject({ kind: 'invalid-request', code: 'invalid_value' })
})
