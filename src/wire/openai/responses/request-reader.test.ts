import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../../chat/error.ts'
import type { ReasoningPart } from '../../../chat/message.ts'
import { writeError } from '../error-writer.ts'
import { writeOpaque } from './opaque-text.ts'
import { readResponsesRequest } from './request-reader.ts'

const text = (value: string) => [{ type: 'text', text: value }] as const
const read = (fields: object) => readResponsesRequest({ model: 'm', input: 'Hi', ...fields })

function failure(fields: object) {
	try {
		read(fields)
	} catch (thrown) {
		if (thrown instanceof ChatError) return { status: writeError(thrown).status, ...writeError(thrown).body.error }
		throw thrown
	}
	throw new Error('the request was accepted')
}

describe('a responses request is read', () => {
	test('with nothing but model and input', () => {
		const { withItems: _, withHistory: __, ...rest } = read({})
		expect(rest).toEqual({
			request: {
				model: 'm',
				messages: [{ role: 'user', content: text('Hi') }],
				sampling: {},
				stop: [],
				choices: 1,
				tools: [],
				toolChoice: { type: 'none' },
				parallelToolCalls: true,
				responseFormat: { type: 'text' },
				passthrough: {},
			},
			instructions: [],
			shownHistory: [],
			input: [{ role: 'user', content: text('Hi') }],
			references: [],
			stream: false,
			background: false,
			store: true,
			truncation: 'refuse',
			withEncryptedReasoning: false,
			metadata: {},
			compacts: false,
			generates: true,
			dropped: [],
			echo: {},
		})
	})

	test('with every supported field', () => {
		const { request, instructions, input, echo, ...rest } = read({
			instructions: 'Be kind',
			temperature: 0.5,
			top_p: 0.9,
			max_output_tokens: 64,
			top_logprobs: 3,
			parallel_tool_calls: false,
			reasoning: { effort: 'low', summary: 'auto' },
			text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } }, verbosity: 'low' },
			service_tier: 'flex',
			user: 'u',
			metadata: { a: 'b' },
			include: ['reasoning.encrypted_content'],
			conversation: { id: 'conv_1' },
			truncation: 'auto',
			store: false,
			stream: true,
			client_metadata: { x: 'y' },
		})
		expect(request).toEqual({
			model: 'm',
			messages: [
				{ role: 'developer', content: text('Be kind') },
				{ role: 'user', content: text('Hi') },
			],
			sampling: { temperature: 0.5, topP: 0.9 },
			maxTokens: 64,
			stop: [],
			choices: 1,
			logprobs: { top: 3 },
			tools: [],
			toolChoice: { type: 'none' },
			parallelToolCalls: false,
			responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: false },
			reasoningEffort: 'low',
			user: 'u',
			passthrough: { verbosity: 'low', service_tier: 'flex' },
		})
		expect([...instructions, ...input]).toEqual([...request.messages])
		expect(instructions).toHaveLength(1)
		expect(echo).toMatchObject({ instructions: 'Be kind', conversation: true, store: false, temperature: 0.5 })
		expect(echo).not.toHaveProperty('client_metadata')
		expect(rest).toMatchObject({
			conversation: 'conv_1',
			store: false,
			stream: true,
			truncation: 'auto',
			withEncryptedReasoning: true,
			metadata: { a: 'b' },
		})
	})

	test('with as few tokens as one', () => {
		expect(read({ max_output_tokens: 1 }).request.maxTokens).toBe(1)
	})

	test('with pictures and files in results, and files by URL', () => {
		const picture = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'original' }
		const file = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' }
		const linked = { type: 'input_file', file_url: 'https://x.example/a.pdf' }
		const { messages } = read({
			input: [
				{ role: 'user', content: [linked] },
				{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
				{ type: 'custom_tool_call', call_id: 'c2', name: 'g', input: 'x' },
				{ type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'T' }, picture, file] },
				{ type: 'custom_tool_call_output', call_id: 'c2', output: [picture, linked] },
			],
		}).request
		const image = { type: 'image', url: 'data:image/png;base64,AA==', detail: 'high' }
		expect(messages.filter(({ role }) => role !== 'assistant').map(({ content }) => content)).toMatchObject([
			[{ type: 'file', url: 'https://x.example/a.pdf' }],
			[...text('T'), image, { type: 'file', name: 'a.pdf', data: 'data:application/pdf;base64,AA==' }],
			[image, { type: 'file', url: 'https://x.example/a.pdf' }],
		])
	})

	test('with audio inline, in either form', () => {
		const audio = (fields: object) => {
			const { messages } = read({ input: [{ role: 'user', content: [{ type: 'input_audio', ...fields }] }] }).request
			return messages[0]?.content
		}
		const part = (format: string) => [{ type: 'audio' as const, data: 'AA==', format }]
		expect(audio({ input_audio: { data: 'AA==', format: 'wav' } })).toEqual(part('wav'))
		expect(audio({ audio_url: 'data:audio/mpeg;base64,AA==' })).toEqual(part('mp3'))
		expect(audio({ audio_url: 'data:audio/ogg;base64,AA==' })).toEqual(part('ogg'))
		expect(() => audio({ audio_url: 'https://x.example/a.wav' })).toThrow('Audio must be passed inline')
	})

	test('items: parts of one answer become one message, results follow their calls', () => {
		const { request } = read({
			input: [
				{ role: 'system', content: 'S' },
				{
					type: 'message',
					role: 'user',
					content: [
						{ type: 'input_text', text: 'Look' },
						{ type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'original' },
						{ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
						{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
					],
				},
				{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: writeOpaque('ReasoningBlock ü') },
				{ type: 'web_search_call', id: 'ws_1', status: 'completed' },
				{
					type: 'message',
					role: 'assistant',
					id: 'msg_1',
					status: 'completed',
					content: [
						{ type: 'output_text', text: 'A', annotations: [] },
						{ type: 'refusal', refusal: 'No' },
					],
				},
				{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
				{ type: 'custom_tool_call', call_id: 'c2', name: 'g', namespace: 'mcp__x__', input: 'free' },
				{ type: 'function_call_output', call_id: 'c1', output: '1' },
				{ type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: '2' }] },
				{ type: 'compaction', encrypted_content: writeOpaque('so far') },
				{ role: 'assistant', content: 'B' },
			],
		})
		expect(request.messages).toEqual([
			{ role: 'system', content: text('S') },
			{
				role: 'user',
				content: [
					{ type: 'text', text: 'Look' },
					{ type: 'image', url: 'data:image/png;base64,AA==', detail: 'high' },
					{ type: 'file', name: 'a.pdf', data: 'data:application/pdf;base64,AA==' },
					{ type: 'audio', data: 'AA==', format: 'wav' },
				],
			},
			{
				role: 'assistant',
				content: [
					{ type: 'reasoning', text: 'ReasoningBlock ü' },
					{
						type: 'provider-item',
						wire: 'openai-responses',
						item: { type: 'web_search_call', id: 'ws_1', status: 'completed' },
					},
					{ type: 'text', text: 'A' },
					{ type: 'refusal', text: 'No' },
					{ type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{}' },
					{ type: 'tool-call', kind: 'custom', id: 'c2', name: 'mcp__x__g', arguments: 'free' },
				],
			},
			{ role: 'tool', callId: 'c1', content: text('1') },
			{ role: 'tool', callId: 'c2', content: text('2') },
			{ role: 'system', content: text('A summary of the conversation so far:\n\nso far') },
			{ role: 'assistant', content: text('B') },
		])
	})

	test('references are replaced by the items found for them', () => {
		const { request, references, withItems } = read({
			input: [
				{ role: 'user', content: 'A' },
				{ type: 'item_reference', id: 'msg_1' },
				{ role: 'user', content: 'B' },
			],
		})
		expect(references).toEqual(['msg_1'])
		expect(request.messages).toHaveLength(2)
		const found = new Map([['msg_1', [{ type: 'assistant' as const, content: text('X') }]]])
		expect(withItems(found).request.messages).toEqual([
			{ role: 'user', content: text('A') },
			{ role: 'assistant', content: text('X') },
			{ role: 'user', content: text('B') },
		])
	})

	test("another server's reasoning, with its plain text and its signature", () => {
		const item = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'S' }], encrypted_content: 'gAAAA' }
		const messages = (fields: object) =>
			read({ instructions: 'I', input: [{ ...item, ...fields }] }).request.messages.slice(1)
		const reasoning = (value: string): ReasoningPart => ({
			type: 'reasoning',
			text: value,
			signature: { wire: 'openai-responses', value: 'gAAAA' },
			encrypted: true,
		})
		expect(messages({})).toEqual([{ role: 'assistant', content: [reasoning('S')] }])
		expect(messages({ content: [{ type: 'reasoning_text', text: 'C' }] })).toMatchObject([
			{ content: [reasoning('C')] },
		])
		expect(messages({ summary: [] })).toEqual([{ role: 'assistant', content: [reasoning('')] }])
		expect(messages({ encrypted_content: null })).toEqual([
			{ role: 'assistant', content: [{ type: 'reasoning', text: 'S' }] },
		])
		expect(messages({ summary: [], encrypted_content: null })).toEqual([])
	})
})

test('the time for many calls grows with their number', () => {
	const ids = Array.from({ length: 40_000 }, (_, index) => `c${index}`)
	const input = [
		{ role: 'user', content: 'Hi' },
		...ids.map((call_id) => ({ type: 'function_call', call_id, name: 'f', arguments: '{}' })),
		...ids.map((call_id) => ({ type: 'function_call_output', call_id, output: 'r' })),
	]
	const began = process.threadCpuUsage()
	expect(
		read({ input })
			.request.messages.map(({ content }) => content.length)
			.slice(0, 3),
	).toEqual([1, ids.length, 1])
	expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(3000)
})

describe('tools', () => {
	const f = { type: 'function', name: 'f', parameters: { type: 'object' }, strict: null }
	const tools = [
		f,
		{ type: 'custom', name: 'g', description: 'G', format: { type: 'grammar', syntax: 'regex', definition: 'a+' } },
		{ type: 'web_search' },
		{ type: 'namespace', name: 'mcp__x__', description: '', tools: [{ ...f, name: 'h' }, { type: 'tool_search' }] },
		{ type: 'namespace', name: 'y', description: '', tools: [{ ...f, name: 'h' }] },
	]

	test('are flat; those that OpenAI runs itself are dropped', () => {
		expect(read({ tools }).request.tools).toEqual([
			{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: false },
			{ type: 'custom', name: 'g', description: 'G', grammar: { syntax: 'regex', definition: 'a+' } },
			{ type: 'function', name: 'mcp__x__h', parameters: { type: 'object' }, strict: false },
			{ type: 'function', name: 'y__h', parameters: { type: 'object' }, strict: false },
		])
	})

	test('choices', () => {
		const choice = (tool_choice: unknown) => read({ tools, tool_choice }).request.toolChoice
		expect(choice(undefined)).toEqual({ type: 'auto' })
		expect(choice('required')).toEqual({ type: 'required' })
		expect(choice({ type: 'function', name: 'f' })).toEqual({ type: 'named', name: 'f' })
		expect(choice({ type: 'function', name: 'h', namespace: 'y' })).toEqual({ type: 'named', name: 'y__h' })
		expect(
			choice({ type: 'allowed_tools', mode: 'required', tools: [{ type: 'custom', name: 'g' }, { type: 'mcp' }] }),
		).toEqual({ type: 'required', only: ['g'] })
		expect(choice({ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'web_search' }] })).toEqual({ type: 'none' })
		expect(read({ tools: [], tool_choice: 'auto' }).request.toolChoice).toEqual({ type: 'none' })
	})

	test('choices in the form of Chat Completions', () => {
		const choice = (tool_choice: object) => read({ tools, tool_choice }).request.toolChoice
		expect(choice({ type: 'function', function: { name: 'f' } })).toEqual({ type: 'named', name: 'f' })
		expect(choice({ type: 'custom', custom: { name: 'g' } })).toEqual({ type: 'named', name: 'g' })
		const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] }
		expect(choice({ type: 'allowed_tools', allowed_tools: allowed })).toEqual({ type: 'required', only: ['f'] })
		expect(failure({ tools, tool_choice: { type: 'function' } })).toMatchObject({
			param: 'tool_choice.name',
			code: 'missing_required_parameter',
		})
	})

	test('that are not run here cannot be forced', () => {
		expect(failure({ tools, tool_choice: { type: 'web_search' } })).toMatchObject({
			status: 400,
			param: 'tool_choice',
			code: 'unsupported_value',
			message: expect.stringContaining("'web_search'"),
		})
		expect(failure({ tools: [{ type: 'web_search' }], tool_choice: 'required' }).code).toBe('unsupported_value')
		expect(failure({ tools, tool_choice: { type: 'function', name: 'nope' } }).param).toBe('tool_choice')
	})

	test('inside a namespace are validated with their own path', () => {
		const broken = { type: 'namespace', name: 'y', tools: [{ type: 'function', name: 'a b' }] }
		expect(failure({ tools: [f, broken] })).toMatchObject({ param: 'tools[1].tools[0].name', code: 'invalid_value' })
	})
})

describe('a responses request is rejected', () => {
	const cases: readonly (readonly [string, object, object])[] = [
		['without input', { input: undefined }, { param: 'input', code: 'missing_required_parameter' }],
		[
			'with a previous response and a conversation',
			{ previous_response_id: 'resp_1', conversation: 'conv_1' },
			{ code: 'mutually_exclusive_parameters' },
		],
		['with a prompt template', { prompt: { id: 'p' } }, { param: 'prompt', code: 'unsupported_parameter' }],
		[
			'with an unknown way to shorten the conversation',
			{ context_management: [{ type: 'truncation' }] },
			{
				param: 'context_management',
				code: 'unsupported_parameter',
			},
		],
		['to be moderated', { moderation: { model: 'm' } }, { param: 'moderation', code: 'unsupported_parameter' }],
		[
			'with compressed images',
			{ image: { context_compression: 'enabled' } },
			{ param: 'image.context_compression', code: 'unsupported_parameter' },
		],
		['in the background, not to be stored', { background: true, store: false }, { param: 'background' }],
		[
			'with no tokens to answer',
			{ max_output_tokens: 0 },
			{ param: 'max_output_tokens', code: 'integer_below_min_value' },
		],
		[
			'with an item whose type is no text',
			{ input: [{ role: 'user', content: 'a' }, { type: 1 }] },
			{ param: 'input[1].type', code: 'invalid_value' },
		],
		[
			'with a broken part',
			{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] },
			{ param: 'input[0].content[0].text', code: 'missing_required_parameter' },
		],
		[
			'with an image by file id',
			{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
			{ param: 'input[0].content[0].image_url', code: 'unsupported_value' },
		],
		[
			'with a result without its call',
			{ input: [{ type: 'function_call_output', call_id: 'c9', output: '' }] },
			{ param: 'input', message: 'No tool call found for function call output with call_id c9.' },
		],
		[
			'with a call without its result',
			{ input: [{ type: 'function_call', call_id: 'c9', name: 'f', arguments: '{}' }] },
			{ param: 'input', message: 'No tool output found for function call c9.' },
		],
		[
			"with another server's compaction",
			{ input: [{ type: 'compaction', encrypted_content: 'gAAAA' }] },
			{ param: 'input[0].encrypted_content', code: 'invalid_encrypted_content' },
		],
		['for JSON that the input does not mention', { text: { format: { type: 'json_object' } } }, { param: 'input' }],
		[
			'with a strict schema outside the subset',
			{ text: { format: { type: 'json_schema', name: 'n', strict: true, schema: { type: 'object' } } } },
			{ param: 'text.format.schema' },
		],
	]
	for (const [name, fields, expected] of cases)
		test(name, () => {
			expect(failure(fields)).toMatchObject({ status: 400, type: 'invalid_request_error', ...expected })
		})

	test('but not for results of calls that an earlier response may have made', () => {
		const input = [{ type: 'function_call_output', call_id: 'c9', output: '1' }]
		expect(read({ input, previous_response_id: 'resp_1' }).request.messages).toHaveLength(1)
	})
})

describe('what no engine gets is named', () => {
	test('fields', () => {
		const unused = {
			...{ stop: ['x'], seed: 7, logit_bias: { 1: 2 }, max_tool_calls: 3 },
			n: 2,
		}
		expect([...read({ ...unused, foo: null }).dropped].sort()).toEqual(Object.keys(unused).sort())
		expect(read({ type: 'response.create', generate: true }).dropped).toEqual([])
	})

	test('fields of fields, and additional output', () => {
		const fields = {
			stream: true,
			stream_options: { include_obfuscation: true, include_usage: true, other: 1 },
			reasoning: { effort: 'low', summary: 'auto', mode: 'x' },
			text: { verbosity: 'low', format: { type: 'json_object', schema: {} }, style: 'x' },
			include: ['reasoning.encrypted_content', 'file_search_call.results'],
			input: 'JSON',
		}
		expect(read(fields).dropped).toEqual([
			'reasoning.mode',
			'text.style',
			'text.format.schema',
			'stream_options.include_obfuscation',
			'stream_options.other',
			'include.file_search_call.results',
		])
		expect(read({ stream: true, stream_options: { include_obfuscation: false } }).dropped).toEqual([])
	})

	test('fields that ask for more than the default', () => {
		const fields = {
			access_programs: { cyber: 'daybreak_red' },
			background_options: { completion_window: '2h', continuation_id: 'x' },
			reasoning: { context: 'all_turns', mode: 'pro' },
			image: { context_compression: 'auto' },
		}
		const names = ['access_programs.cyber', 'background_options.continuation_id', 'reasoning.context', 'reasoning.mode']
		expect(read({ ...fields, background: true }).dropped).toEqual(names)
		expect(read(fields).dropped).toContain('background_options')
		const defaults = {
			access_programs: { cyber: 'standard' },
			reasoning: { context: 'auto', mode: 'standard' },
			image: { context_compression: 'disabled' },
			generate: false,
		}
		expect(read(defaults).dropped).toEqual([])
	})

	test('but not options of the prompt cache, which upstreams of this wire know', () => {
		const cache = { prompt_cache_options: { mode: 'explicit', ttl: '12h' }, prompt_cache_retention: '24h' }
		expect(read(cache)).toMatchObject({ dropped: [], generates: true, request: { passthrough: cache } })
		const { generates, request } = read({ prompt_cache_options: { prewarm: true } })
		expect([generates, request.passthrough]).toEqual([false, {}])
		expect(read({ generate: false }).generates).toBe(false)
	})

	test('tools that OpenAI runs itself', () => {
		const tools = [
			{ type: 'web_search' },
			{ type: 'function', name: 'f' },
			{ type: 'namespace', name: 'n', description: 'N', tools: [{ type: 'mcp' }, { type: 'function', name: 'g' }] },
		]
		expect(read({ tools }).dropped).toEqual(['tools.web_search', 'tools.namespace.description', 'tools.mcp'])
	})

	test('unknown fields of tools belong to the tool', () => {
		const tools = [
			{ type: 'function', name: 'f', parameters: {}, defer_loading: true, strict: null },
			{ type: 'custom', name: 'g', allowed_callers: ['x'] },
		]
		expect(read({ tools }).request.tools.map(({ rest }) => rest)).toEqual([
			{ wire: 'openai-responses', fields: { defer_loading: true } },
			{ wire: 'openai-responses', fields: { allowed_callers: ['x'] } },
		])
	})
})
