import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readCountRequest, readMessageRequest } from './message-request-reader.ts'

const user = (content: unknown) => ({ role: 'user', content })
const hello = [user('hello')]
const read = (fields: object, betas: string | null = null) =>
	readMessageRequest({ model: 'm', max_tokens: 100, messages: hello, ...fields }, betas)
const messagesOf = (...messages: readonly unknown[]) => read({ messages }).request.messages
const partsOf = (...blocks: readonly unknown[]) => messagesOf(user(blocks))[0]?.content

function refused(fields: object): ChatError {
	try {
		read(fields)
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown
	}
	throw new Error('it was not refused')
}

describe('a request', () => {
	test('of the least fields', () => {
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
			instructions: 0,
			hidesThinking: false,
			dropped: [],
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
	test('null is not said', () => {
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
	test('system as text, as blocks, and in the middle', () => {
		expect(read({ system: 'Be brief.' })).toMatchObject({
			instructions: 1,
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
		expect(read({ system: [] }).instructions).toBe(0)
		const middle = read({ messages: [...hello, { role: 'system', content: 'Now in French.' }] })
		expect(middle.instructions).toBe(0)
		expect(middle.request.messages[1]).toEqual({ role: 'system', content: [{ type: 'text', text: 'Now in French.' }] })
	})
	test('to count needs no bound on an answer', () => {
		const request = readCountRequest(
			{ model: 'm', messages: hello, system: 's', tools: [{ name: 't', input_schema: {} }] },
			null,
		)
		expect(request.messages.map(({ role }) => role)).toEqual(['system', 'user'])
		expect(request.tools).toHaveLength(1)
		expect(request).not.toHaveProperty('maxTokens')
	})
})

describe('content', () => {
	test('images by base64 and by URL', () => {
		expect(
			partsOf(
				{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
				{
					type: 'image',
					source: { type: 'url', url: 'https://x.example/i.png' },
					cache_control: { type: 'ephemeral' },
				},
			),
		).toEqual([
			{ type: 'image', url: 'data:image/png;base64,aGk=' },
			{ type: 'image', url: 'https://x.example/i.png', cacheMark: '5m' },
		])
	})
	test('an image by file id is refused, since no files are kept', () => {
		const error = refused({ messages: [user([{ type: 'image', source: { type: 'file', file_id: 'file_1' } }])] })
		expect(error.kind).toBe('unsupported')
		expect(error.param).toBe('messages[0].content[0].source')
	})
	test('documents of bytes, by URL and by id are files', () => {
		const title = 'Report'
		expect(
			partsOf(
				{ type: 'document', title, source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' } },
				{ type: 'document', source: { type: 'url', url: 'https://x.example/d.pdf' } },
				{
					type: 'document',
					context: 'last year',
					source: { type: 'file', file_id: 'file_1' },
					cache_control: { type: 'ephemeral' },
				},
			),
		).toEqual([
			{ type: 'file', name: 'Report', data: 'data:application/pdf;base64,JVBERg==' },
			{ type: 'file', url: 'https://x.example/d.pdf' },
			{ type: 'text', text: 'Context: last year' },
			{ type: 'file', id: 'file_1', cacheMark: '5m' },
		])
	})
	test('documents of text and search results are text below their title', () => {
		expect(
			partsOf(
				{
					type: 'document',
					title: 'T',
					context: 'C',
					source: { type: 'text', media_type: 'text/plain', data: 'body' },
				},
				{ type: 'document', source: { type: 'text', data: 'bare' }, cache_control: { type: 'ephemeral' } },
				{
					type: 'document',
					title: 'Parts',
					source: {
						type: 'content',
						content: [
							{ type: 'text', text: 'p1' },
							{ type: 'image', source: { type: 'url', url: 'https://x.example/i.png' } },
						],
					},
					cache_control: { type: 'ephemeral', ttl: '1h' },
				},
				{
					type: 'search_result',
					title: 'S',
					source: 'https://x.example',
					content: [
						{ type: 'text', text: 'a' },
						{ type: 'text', text: 'b' },
					],
				},
			),
		).toEqual([
			{ type: 'text', text: 'Title: T\nContext: C\n\nbody' },
			{ type: 'text', text: 'bare', cacheMark: '5m' },
			{ type: 'text', text: 'Title: Parts' },
			{ type: 'text', text: 'p1' },
			{ type: 'image', url: 'https://x.example/i.png', cacheMark: '1h' },
			{ type: 'text', text: 'Title: S\nSource: https://x.example\n\na\nb' },
		])
	})
	test('citations that are asked for are named as dropped', () => {
		const document = { type: 'document', source: { type: 'text', data: 'body' }, citations: { enabled: true } }
		expect(read({ messages: [user([document])] }).dropped).toEqual(['citations'])
		expect(read({ messages: [user([{ ...document, citations: { enabled: false } }])] }).dropped).toEqual([])
	})
})

describe('turns of an agent', () => {
	const call = (id: string) => ({ type: 'tool_use', id, name: 'look', input: { at: 1 } })
	const result = (id: string, fields: object = {}) => ({
		type: 'tool_result',
		tool_use_id: id,
		content: 'seen',
		...fields,
	})
	const assistant = (...content: readonly unknown[]) => ({ role: 'assistant', content })

	test('results of tools become turns of their own, before what the user says', () => {
		expect(
			messagesOf(
				...hello,
				assistant({ type: 'text', text: 'I look.' }, call('toolu_1'), call('toolu_2')),
				user([
					{ type: 'text', text: 'go on' },
					result('toolu_1', { is_error: true, cache_control: { type: 'ephemeral' } }),
					result('toolu_2'),
				]),
			).slice(1),
		).toEqual([
			{
				role: 'assistant',
				content: [{ type: 'text', text: 'I look.' }],
				toolCalls: [
					{ type: 'function', id: 'toolu_1', name: 'look', arguments: '{"at":1}' },
					{ type: 'function', id: 'toolu_2', name: 'look', arguments: '{"at":1}' },
				],
			},
			{ role: 'tool', callId: 'toolu_1', content: [{ type: 'text', text: 'seen' }], isError: true, cacheMark: '5m' },
			{ role: 'tool', callId: 'toolu_2', content: [{ type: 'text', text: 'seen' }] },
			{ role: 'user', content: [{ type: 'text', text: 'go on' }] },
		])
	})
	test('a result holds text, images, documents, search results and names of tools, or nothing', () => {
		const content = [
			{ type: 'text', text: 'seen' },
			{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
			{ type: 'document', source: { type: 'text', data: 'body' } },
			{ type: 'tool_reference', tool_name: 'other' },
		]
		const messages = messagesOf(
			...hello,
			assistant(call('a'), call('b')),
			user([result('a', { content }), { type: 'tool_result', tool_use_id: 'b' }]),
		)
		expect(messages[2]?.content).toEqual([
			{ type: 'text', text: 'seen' },
			{ type: 'image', url: 'data:image/png;base64,aGk=' },
			{ type: 'text', text: 'body' },
			{ type: 'text', text: 'other' },
		])
		expect(messages[3]?.content).toEqual([])
	})
	test('results may come in several messages, and instructions between', () => {
		const roles = messagesOf(
			...hello,
			assistant(call('a'), call('b')),
			{ role: 'system', content: 'careful' },
			user([result('a')]),
			user([result('b'), { type: 'text', text: 'done' }]),
		).map(({ role }) => role)
		expect(roles).toEqual(['user', 'assistant', 'system', 'tool', 'tool', 'user'])
	})
	test('a result without its call, and a call without its result, are refused', () => {
		const stray = refused({ messages: [...hello, assistant(call('a')), user([result('a'), result('b')])] })
		expect(stray.message).toStartWith('messages.2: unexpected `tool_use_id` found in `tool_result` blocks: b.')
		expect(stray.param).toBe('messages[2]')
		for (const rest of [
			[user('and?')],
			[user([result('a'), { type: 'text', text: 'x' }])],
			[assistant({ type: 'text', text: 'x' })],
			[],
		])
			expect(refused({ messages: [...hello, assistant(call('a'), call('c')), ...rest] }).message).toMatch(
				/^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: (a, )?c\./,
			)
	})
	test('a first message may answer a call of a conversation that is kept', () => {
		expect(messagesOf(user([result('toolu_9')]))).toEqual([
			{ role: 'tool', callId: 'toolu_9', content: [{ type: 'text', text: 'seen' }] },
		])
	})
	test('thinking comes back with its proof, sealed or not', () => {
		const [, turn] = messagesOf(
			...hello,
			assistant(
				{ type: 'thinking', thinking: 'first ', signature: 'c2ln' },
				{ type: 'redacted_thinking', data: 'ZGF0YQ==' },
				{ type: 'thinking', thinking: 'then', signature: '' },
				{ type: 'thinking', thinking: '', signature: 'gemini:xyz' },
				{ type: 'text', text: 'so' },
			),
		)
		expect(turn).toEqual({
			role: 'assistant',
			content: [{ type: 'text', text: 'so' }],
			reasoning: 'first then',
			thoughts: [
				{ text: 'first ', proof: { wire: 'anthropic', value: 'c2ln' } },
				{ text: '', proof: { wire: 'anthropic', value: 'ZGF0YQ==' }, sealed: true },
				{ text: 'then' },
				{ text: '', proof: { wire: 'gemini', value: 'xyz' } },
			],
			toolCalls: [],
		})
	})
	test('thinking that nobody proved is reasoning alone', () => {
		const [, turn] = messagesOf(...hello, assistant({ type: 'thinking', thinking: 'hm' }, { type: 'text', text: 'so' }))
		expect(turn).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'so' }], reasoning: 'hm', toolCalls: [] })
	})
	test('the last turn may be the beginning of the answer', () => {
		expect(messagesOf(...hello, { role: 'assistant', content: 'The answer is (' })[1]).toEqual({
			role: 'assistant',
			content: [{ type: 'text', text: 'The answer is (' }],
			toolCalls: [],
		})
	})
})

describe('tools', () => {
	const tool = { name: 'look', description: 'looks', input_schema: { type: 'object', properties: {} } }
	const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

	test('of the client', () => {
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
				cacheMark: '5m',
			},
		])
		expect(request.toolChoice).toEqual({ type: 'auto' })
		expect(request.passthrough).toEqual({})
	})
	test('strict where every engine can hold the model to it', () => {
		const held = read({ tools: [{ ...tool, strict: true, input_schema: closed }] })
		expect(held.request.tools).toMatchObject([{ strict: true }])
		expect(held.dropped).toEqual([])
		const loose = read({ tools: [{ ...tool, strict: true, input_schema: { ...closed, required: [] } }] })
		expect(loose.request.tools).toMatchObject([{ strict: false }])
		expect(loose.dropped).toEqual(['strict'])
	})
	test('that the API defines and the client runs are functions too, and stay what they are for the same wire', () => {
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
	test('that say more than others can are kept for the same wire', () => {
		const tools = [{ ...tool, input_examples: [{}] }]
		expect(read({ tools }).request.passthrough).toEqual({ tools })
	})
	test('that run on servers of the API are refused', () => {
		for (const type of [
			'web_search_20250305',
			'code_execution_20250825',
			'computer_20250124',
			'mcp_toolset',
			'constructor',
		]) {
			const error = refused({ tools: [tool, { type, name: 'x' }] })
			expect(error.kind).toBe('unsupported')
			expect(error.param).toBe('tools[1].type')
			expect(error.message).toContain(`'${type}'`)
		}
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
	test('complaints', () => {
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

describe('thinking, effort and formats', () => {
	test('a budget, none, and as the model likes', () => {
		const enabled = read({ max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } })
		expect(enabled.request).toMatchObject({ reasoningTokens: 2000, passthrough: {} })
		expect(read({ thinking: { type: 'disabled' } }).request.reasoningTokens).toBe(0)
		const adaptive = read({ thinking: { type: 'adaptive', display: 'omitted' } })
		expect(adaptive.request).not.toHaveProperty('reasoningTokens')
		expect(adaptive.request.passthrough).toEqual({ thinking: { type: 'adaptive', display: 'omitted' } })
		expect(adaptive.hidesThinking).toBe(true)
	})
	test('budgets that cannot be', () => {
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
	test('a schema for the answer, under its new name and its old', () => {
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

describe('what only the same wire understands', () => {
	test('travels on under its own names', () => {
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
	test('fields that are understood in part travel on too', () => {
		const fields = {
			output_config: { effort: 'low', task_budget: { total: 9 } },
			metadata: { user_id: 'u', team: 't' },
		}
		expect(read(fields).request).toMatchObject({ reasoningEffort: 'low', user: 'u', passthrough: fields })
	})
})

describe('complaints', () => {
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
	test('a body that is no object', () => {
		expect(() => readMessageRequest([], null)).toThrow('Input should be an object')
	})
	test('more stop sequences than can be watched for', () => {
		const error = refused({ stop_sequences: ['1', '2', '3', '4', '5'] })
		expect(error.kind).toBe('unsupported')
		expect(error.param).toBe('stop_sequences')
	})
})
