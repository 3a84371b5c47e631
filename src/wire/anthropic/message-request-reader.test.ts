import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readCountRequest, readMessageRequest } from './message-request-reader.ts'

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

describe('features of this wire', () => {
	const own = (fields: object) => read(fields).ownFeature
	test.each([
		[{ tools: [{ type: 'web_search_20260318', name: 'web_search' }] }, 'tools[0].type'],
		[{ mcp_servers: [{ type: 'url', url: 'https://x.example', name: 'x' }] }, 'mcp_servers'],
		[{ compaction: { type: 'summarize' } }, 'compaction'],
		[{ container: { skills: [{ type: 'custom', skill_id: 's' }] } }, 'container'],
	])('%j are needed for the answer', (fields, param) => {
		expect(own(fields)).toMatchObject({ kind: 'unsupported', param })
		expect(read(fields).request.passthrough).toEqual(fields as never)
	})
	test.each([
		{ mcp_servers: [] },
		{ compaction: null },
		{ container: 'container_1' },
		{ container: { id: 'c', skills: [] } },
		{ context_management: { edits: [] } },
		{ fallbacks: [{ model: 'other' }] },
	])('%j are not', (fields) => expect(own(fields)).toBeUndefined())
	test('safeguards are refused', () => {
		expect(refused({ safeguards: [{ type: 'x' }] })).toMatchObject({ kind: 'unsupported', param: 'safeguards' })
		expect(read({ safeguards: null }).request.passthrough).toEqual({})
	})
	test('the beta of threads is not passed on', () => {
		const { request } = read({}, 'message-threads-2026-08-12,other-2026-01-01')
		expect(request.passthrough).toEqual({ betas: ['other-2026-01-01'] })
		expect(read({}, 'message-threads-2026-08-12').request.passthrough).toEqual({})
	})
})

describe('a request', () => {
	test('with only the required fields', () => {
		expect(read({})).toEqual({
			request: {
				model: 'm',
				messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
				sampling: {},
				maxTokens: 100,
				stop: [],
				choices: 1,
				tools: [],
				toolChoice: { type: 'none' },
				parallelToolCalls: true,
				responseFormat: { type: 'text' },
				passthrough: {},
			},
			stream: false,
			parts: {
				instructions: [],
				transient: [],
				incoming: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
			},
			hidesThinking: false,
			dropped: [],
			ownFeature: undefined,
		})
	})
	test('with every sampling field', () => {
		const { request, stream } = read({
			temperature: 0.5,
			top_p: 0.9,
			top_k: 40,
			stop_sequences: ['END', '###', 'END'],
			metadata: { user_id: 'u1' },
			stream: true,
		})
		expect(request.sampling).toEqual({ temperature: 0.5, topP: 0.9, topK: 40 })
		expect(request.stop).toEqual(['END', '###'])
		expect(request.user).toBe('u1')
		expect(stream).toBe(true)
	})
	test('null means absent', () => {
		const { request } = read({
			system: null,
			tools: null,
			tool_choice: null,
			temperature: null,
			thinking: null,
			metadata: null,
			output_config: null,
			stop_sequences: null,
			top_k: null,
			stream: null,
			cache_control: null,
		})
		expect(request).toEqual(read({}).request)
	})
	test('system as text, as blocks, and between messages', () => {
		expect(read({ system: 'Be brief.' })).toMatchObject({
			parts: {
				instructions: [{ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }],
				incoming: [{ role: 'user' }],
			},
			request: { messages: [{ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }, { role: 'user' }] },
		})
		const system = [
			{ type: 'text', text: 'one' },
			{ type: 'text', text: 'two', cache_control: { type: 'ephemeral', ttl: '1h' } },
		]
		expect(read({ system }).request.messages[0]?.content).toEqual([
			{ type: 'text', text: 'one' },
			{ type: 'text', text: 'two', cacheMark: '1h' },
		])
		expect(read({ system: [] }).parts.instructions).toEqual([])
		const middle = read({ messages: [...hello, { role: 'system', content: 'Now in French.' }] })
		expect(middle.parts.instructions).toEqual([])
		expect(middle.request.messages[1]).toEqual({ role: 'system', content: [{ type: 'text', text: 'Now in French.' }] })
	})
	test('to count tokens needs no max_tokens', () => {
		const { request } = readCountRequest(
			{ model: 'm', messages: hello, system: 's', tools: [{ name: 't', input_schema: {} }] },
			null,
		)
		expect(request.messages.map(({ role }) => role)).toEqual(['system', 'user'])
		expect(request.tools).toHaveLength(1)
		expect(request).not.toHaveProperty('maxTokens')
	})
})

describe('thinking, effort and formats', () => {
	test('a budget, disabled, and adaptive', () => {
		const enabled = read({ max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } })
		expect(enabled.request).toMatchObject({ reasoningTokens: 2000, passthrough: {} })
		const block_binding = { prefix_mismatch_behavior: 'error' }
		const bound = read({ max_tokens: 5000, thinking: { type: 'enabled', budget_tokens: 2000, block_binding } })
		expect(bound.request).toMatchObject({
			reasoningTokens: 2000,
			passthrough: { 'thinking.block_binding': block_binding },
			passthroughWire: 'anthropic',
		})
		expect(read({ thinking: { type: 'disabled' } }).request.reasoningTokens).toBe(0)
		const adaptive = read({ thinking: { type: 'adaptive', display: 'omitted' } })
		expect(adaptive.request.reasoningTokens).toBeUndefined()
		expect(adaptive.request.passthrough).toEqual({ thinking: { type: 'adaptive', display: 'omitted' } })
		expect(adaptive.hidesThinking).toBe(true)
	})
	test('invalid budgets', () => {
		expect(refused({ thinking: { type: 'enabled' } }).message).toBe('thinking.enabled.budget_tokens: Field required')
		expect(refused({ thinking: { type: 'enabled', budget_tokens: 1023 } }).message).toBe(
			'thinking.budget_tokens: Input should be greater than or equal to 1024',
		)
		expect(refused({ max_tokens: 1024, thinking: { type: 'enabled', budget_tokens: 1024 } }).param).toBe('max_tokens')
	})
	test('effort', () => {
		expect(read({ output_config: { effort: 'xhigh' } }).request).toMatchObject({
			reasoningEffort: 'xhigh',
			passthrough: {},
		})
	})
	test('a response schema, under its current and former name', () => {
		const schema = {
			type: 'object',
			properties: { a: { type: 'string' } },
			required: ['a'],
			additionalProperties: false,
		}
		const expected = { type: 'json-schema' as const, name: 'answer', schema, strict: true }
		expect(read({ output_config: { format: { type: 'json_schema', schema } } }).request.responseFormat).toEqual(
			expected,
		)
		expect(read({ output_format: { type: 'json_schema', schema } }).request.responseFormat).toEqual(expected)
		const open = { type: 'object', properties: { a: { type: 'string' } } }
		expect(read({ output_format: { type: 'json_schema', schema: open } }).request.responseFormat).toMatchObject({
			strict: false,
		})
	})
})

describe('fields that only the same wire understands', () => {
	test('are passed through under their own names', () => {
		const fields = {
			service_tier: 'auto',
			container: 'c1',
			mcp_servers: [{ type: 'url' }],
			context_management: { edits: [] },
			cache_control: { type: 'ephemeral' },
		}
		const { request } = read(fields, 'one-2025-01-01, two-2025-02-02')
		expect(request.passthrough).toEqual({ ...fields, betas: ['one-2025-01-01', 'two-2025-02-02'] })
		expect(request.passthroughWire).toBe('anthropic')
	})
	test('partly understood fields are passed through too', () => {
		const fields = {
			output_config: { effort: 'low', task_budget: { total: 9 } },
			metadata: { user_id: 'u', team: 't' },
		}
		expect(read(fields).request).toMatchObject({ reasoningEffort: 'low', user: 'u', passthrough: fields })
	})
})

describe('errors', () => {
	test.each([
		[{ max_tokens: undefined }, 'max_tokens: Field required', 'max_tokens'],
		[{ max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 0', 'max_tokens'],
		[{ max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer', 'max_tokens'],
		[{ max_tokens: '9' }, 'max_tokens: Input should be a valid number', 'max_tokens'],
		[{ model: undefined }, 'model: Field required', 'model'],
		[{ messages: [] }, 'messages: List should have at least 1 item, not 0', 'messages'],
		[{ messages: 'hi' }, 'messages: Input should be a valid list', 'messages'],
		[
			{ messages: [{ role: 'tool', content: 'x' }] },
			"messages.0.role: Input 'tool' is none of the expected: 'user', 'assistant', 'system'",
			'messages[0].role',
		],
		[{ messages: [{ content: 'x' }] }, 'messages.0.role: Field required', 'messages[0].role'],
		[
			{ messages: [user(5)] },
			'messages.0.content: Input should be a valid string or a valid list',
			'messages[0].content',
		],
		[{ messages: [user([])] }, 'messages.0.content: List should have at least 1 item, not 0', 'messages[0].content'],
		[
			{ messages: [user([{ type: 'text' }])] },
			'messages.0.content.0.text: Field required',
			'messages[0].content[0].text',
		],
		[
			{ messages: [user([{ type: 'tool_use', id: 'a', name: 'b', input: {} }])] },
			"messages.0.content.0.type: Input 'tool_use' is none of the expected: 'text', 'image', 'document', 'search_result', 'tool_result'",
			'messages[0].content[0].type',
		],
		[
			{ messages: [user([{ type: 'image', source: { type: 'base64', data: 'x' } }])] },
			'messages.0.content.0.source.media_type: Field required',
			'messages[0].content[0].source.media_type',
		],
		[{ temperature: 1.1 }, 'temperature: Input should be less than or equal to 1', 'temperature'],
		[{ stop_sequences: [''] }, 'stop_sequences.0: String should have at least 1 character', 'stop_sequences[0]'],
		[{ system: [{ type: 'image' }] }, "system.0.type: Input should be 'text'", 'system[0].type'],
		[
			{ output_config: { format: { type: 'text' } } },
			"output_config.format.type: Input should be 'json_schema'",
			'output_config.format.type',
		],
		[{ stream: 'yes' }, 'stream: Input should be a valid boolean', 'stream'],
	])('%j', (fields, message, param) => {
		const error = refused(fields)
		expect(error.kind).toBe('invalid-request')
		expect({ message: error.message, param: error.param }).toEqual({ message, param })
	})
	test('a body other than an object', () => {
		expect(() => readMessageRequest([], null)).toThrow('Input should be an object')
	})
	test('too many stop sequences', () => {
		const many = Array.from({ length: 129 }, (_, index) => String(index))
		expect(read({ stop_sequences: many.slice(0, 128) }).request.stop).toHaveLength(128)
		const error = refused({ stop_sequences: many })
		expect(error.kind).toBe('unsupported')
		expect(error.param).toBe('stop_sequences')
	})
})
