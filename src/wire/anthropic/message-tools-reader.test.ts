import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readMessageRequest } from './message-request-reader.ts'

const user = (content: unknown) => ({ role: 'user', content })
const hello = [user('hello')]
const read = (fields: object, betas: string | null = null) =>
	readMessageRequest({ model: 'm', max_tokens: 100, messages: hello, ...fields }, betas)

function refused(fields: object): ChatError {
	try {
		read(fields)
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown
	}
	throw new Error('it was not refused')
}

describe('tools', () => {
	const tool = { name: 'look', description: 'looks', input_schema: { type: 'object', properties: {} } }
	const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

	test('defined by the client', () => {
		const { request } = read({
			tools: [{ ...tool, type: 'custom', cache_control: { type: 'ephemeral' }, eager_input_streaming: true }],
		})
		expect(request.tools).toEqual([
			{
				type: 'function',
				name: 'look',
				description: 'looks',
				parameters: tool.input_schema,
				strict: false,
				cacheMark: {},
				rest: { wire: 'anthropic', fields: { eager_input_streaming: true } },
			},
		])
		expect(request.toolChoice).toEqual({ type: 'auto' })
		expect(request.passthrough).toEqual({})
	})
	test('are strict only if every engine can enforce the schema', () => {
		const held = read({ tools: [{ ...tool, strict: true, input_schema: closed }] })
		expect(held.request.tools).toMatchObject([{ strict: true }])
		expect(held.dropped).toEqual([])
		const loose = read({ tools: [{ ...tool, strict: true, input_schema: { ...closed, required: [] } }] })
		expect(loose.request.tools).toMatchObject([{ strict: false }])
		expect(loose.dropped).toEqual(['strict'])
	})
	test('defined by the API and run by the client are functions, and unchanged for the same wire', () => {
		const tools = [
			tool,
			{ type: 'bash_20250124', name: 'bash' },
			{ type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 9 },
			{ type: 'memory_20250818', name: 'memory' },
		]
		const { request } = read({ tools })
		expect(request.tools.map(({ name }) => name)).toEqual(['look', 'bash', 'str_replace_based_edit_tool', 'memory'])
		expect(request.tools[1]).toMatchObject({
			type: 'function',
			parameters: { properties: { command: { type: 'string' } } },
		})
		expect(request.tools[3]).toMatchObject({ parameters: { required: ['command'] } })
		expect(request.passthrough).toEqual({ tools })
		expect(request.passthroughWire).toBe('anthropic')
	})
	test('with fields of this wire have them as their rest', () => {
		const fields = { input_examples: [{}], allowed_callers: ['direct'], anything: { new: 1 } }
		const { request } = read({ tools: [tool, { ...tool, name: 'other', ...fields }] })
		expect(request.tools.map(({ rest }) => rest)).toEqual([undefined, { wire: 'anthropic', fields }])
		expect(request.passthrough).toEqual({})
	})
	test('that only an upstream of this wire has are passed through unchanged', () => {
		for (const type of [
			'web_search_20250305',
			'code_execution_20250825',
			'computer_20250124',
			'mcp_toolset',
			'constructor',
		]) {
			const tools = [tool, { type, name: 'x' }]
			const { request, ownFeature } = read({ tools })
			expect(request.tools.map(({ name }) => name)).toEqual(['look'])
			expect(request.passthrough).toEqual({ tools })
			expect(ownFeature).toMatchObject({ kind: 'unsupported', param: 'tools[1].type' })
			expect(ownFeature?.message).toContain(`'${type}'`)
		}
	})
	test('that only an upstream of this wire has can be chosen', () => {
		const search = { type: 'web_search_20250305', name: 'web_search' }
		const tool_choice = { type: 'tool', name: 'web_search' }
		for (const tools of [[search], [search, tool]])
			expect(read({ tools, tool_choice }).request.passthrough).toEqual({ tools, tool_choice })
		expect(read({ tools: [search, tool], tool_choice: { type: 'tool', name: 'look' } }).request.toolChoice).toEqual({
			type: 'named',
			name: 'look',
		})
		expect(read({ tools: [search], tool_choice: { type: 'any' } }).request.toolChoice).toEqual({ type: 'none' })
		expect(refused({ tools: [search], tool_choice: { type: 'tool', name: 'other' } }).param).toBe('tool_choice')
	})
	test('choices', () => {
		const choose = (tool_choice: object) => read({ tools: [tool], tool_choice }).request
		expect(choose({ type: 'auto' }).toolChoice).toEqual({ type: 'auto' })
		expect(choose({ type: 'any' }).toolChoice).toEqual({ type: 'required' })
		expect(choose({ type: 'none' }).toolChoice).toEqual({ type: 'none' })
		expect(choose({ type: 'tool', name: 'look' }).toolChoice).toEqual({ type: 'named', name: 'look' })
		expect(choose({ type: 'auto' }).parallelToolCalls).toBe(true)
		expect(choose({ type: 'any', disable_parallel_tool_use: true }).parallelToolCalls).toBe(false)
		expect(read({ tool_choice: { type: 'none' } }).request.toolChoice).toEqual({ type: 'none' })
	})
	test('errors', () => {
		expect(refused({ tool_choice: { type: 'auto' } }).message).toBe(
			'tool_choice: tool_choice may only be specified while providing tools',
		)
		expect(refused({ tools: [tool], tool_choice: { type: 'tool', name: 'other' } }).message).toBe(
			"tool_choice: Tool 'other' not found in provided tools",
		)
		expect(refused({ tools: [{ name: 'look' }] }).message).toBe('tools.0.input_schema: Field required')
		expect(refused({ tools: [{ input_schema: {} }] }).message).toBe('tools.0.name: Field required')
		expect(refused({ tools: [{ type: 'bash_20250124' }] }).message).toBe('tools.0.name: Field required')
		expect(refused({ tools: [{ ...tool, name: 'a b' }] }).message).toBe(
			"tools.0.name: String should match pattern '^[a-zA-Z0-9_-]+$'",
		)
	})
})
