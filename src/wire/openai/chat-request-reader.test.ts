import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readChatRequest } from './chat-request-reader.ts'
import { writeError } from './error-writer.ts'

const user = { role: 'user', content: 'Hi' }
const least = { model: 'm', messages: [user] }
const weather = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } }
const called = {
	role: 'assistant',
	content: null,
	tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
}

function failure(body: unknown) {
	try {
		readChatRequest(body)
	} catch (thrown) {
		if (thrown instanceof ChatError) return written(thrown)
		throw thrown
	}
	throw new Error('the request was accepted')
}

function violation(body: unknown) {
	const { violation: found } = readChatRequest(body)
	if (found === undefined) throw new Error('the request breaks no rule')
	return written(found)
}

function written(error: ChatError) {
	const { status, body } = writeError(error)
	return { status, ...body.error }
}

describe('a chat request is read', () => {
	test('with nothing but model and messages', () => {
		expect(readChatRequest(least)).toEqual({
			request: {
				model: 'm',
				messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
				sampling: {},
				stop: [],
				choices: 1,
				tools: [],
				toolChoice: { type: 'none' },
				parallelToolCalls: true,
				responseFormat: { type: 'text' },
				passthrough: {},
			},
			stream: false,
			includeUsage: false,
			legacyFunctions: false,
		})
	})

	test("with Mistral's thinking in the content of the assistant, which is its reasoning", () => {
		const thinking = {
			type: 'thinking',
			thinking: [
				{ type: 'text', text: 'Let me' },
				{ type: 'reference', reference_ids: [1] },
			],
		}
		const more = { type: 'thinking', thinking: ' think' }
		const assistant = (fields: object) =>
			readChatRequest({ model: 'm', messages: [user, { role: 'assistant', ...fields }] }).request.messages[1]
		const paris = { type: 'text' as const, text: 'Paris' }
		expect(assistant({ content: [thinking, more, paris] })).toEqual({
			role: 'assistant',
			content: [
				{ type: 'reasoning', text: 'Let me', rest: { wire: 'openai', fields: { thinking: thinking.thinking } } },
				{ type: 'reasoning', text: ' think' },
				paris,
			],
		})
		expect(assistant({ content: [thinking] })).toMatchObject({ content: [{ type: 'reasoning', text: 'Let me' }] })
		expect(assistant({ content: [thinking], reasoning_content: 'hm' })).toMatchObject({
			content: [{ type: 'reasoning', text: 'hm' }],
		})
		expect(violation({ ...least, messages: [{ role: 'user', content: [thinking] }] })).toMatchObject({
			status: 400,
			param: 'messages[0].content[0].type',
		})
		expect(failure({ ...least, messages: [{ role: 'assistant', content: [{ type: 'thinking' }] }] })).toMatchObject({
			status: 400,
		})
	})

	test('with an explicit null in every optional field, as openai-python sends them', () => {
		const optional = [
			'temperature',
			'top_p',
			'n',
			'stream',
			'stream_options',
			'max_completion_tokens',
			'max_tokens',
			'stop',
			'frequency_penalty',
			'presence_penalty',
			'logit_bias',
			'logprobs',
			'top_logprobs',
			'seed',
			'tools',
			'tool_choice',
			'parallel_tool_calls',
			'response_format',
			'functions',
			'function_call',
			'reasoning_effort',
			'verbosity',
			'modalities',
			'audio',
			'prediction',
			'metadata',
			'store',
			'service_tier',
			'user',
			'prompt_cache_options',
			'moderation',
			'web_search_options',
		]
		const nulls = Object.fromEntries(optional.map((name) => [name, null]))
		expect(readChatRequest({ ...least, ...nulls })).toEqual(readChatRequest(least))
	})

	test('with every sampling field', () => {
		const { request } = readChatRequest({
			...least,
			temperature: 0.5,
			top_p: 0.9,
			top_k: 40,
			min_p: 0.05,
			frequency_penalty: -1,
			presence_penalty: 1,
			repetition_penalty: 1.1,
			logit_bias: { 50256: -100 },
			seed: 7,
			stop: 'END',
			n: 2,
			max_tokens: 9,
			max_completion_tokens: 5,
			logprobs: true,
			top_logprobs: 3,
		})
		expect(request.sampling).toEqual({
			temperature: 0.5,
			topP: 0.9,
			topK: 40,
			minP: 0.05,
			frequencyPenalty: -1,
			presencePenalty: 1,
			repetitionPenalty: 1.1,
			logitBias: new Map([[50256, -100]]),
			seed: 7,
		})
		expect(request).toMatchObject({ stop: ['END'], choices: 2, maxTokens: 5, logprobs: { top: 3 } })
	})

	test('with unknown fields retained for engines that support them', () => {
		const { request } = readChatRequest({
			...least,
			chat_template_kwargs: { enable_thinking: false },
			stop_token_ids: [2],
			metadata: { a: 'b' },
		})
		expect(request.passthrough).toEqual({
			chat_template_kwargs: { enable_thinking: false },
			stop_token_ids: [2],
			metadata: { a: 'b' },
		})
	})

	test('with every role and kind of part', () => {
		const { request } = readChatRequest({
			model: 'm',
			messages: [
				{ role: 'developer', content: 'Be brief.' },
				{ role: 'system', content: [{ type: 'text', text: 'Be kind.' }], name: 's' },
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'What is this?', prompt_cache_breakpoint: { mode: 'explicit' } },
						{ type: 'image_url', image_url: { url: 'https://example.org/a.png', detail: 'low' } },
						{ type: 'image_url', image_url: 'data:image/png;base64,AA==' },
						{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
						{ type: 'file', file: { file_id: 'file-1' } },
					],
				},
				called,
				{ role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '21' }] },
				{
					role: 'assistant',
					content: [
						{ type: 'text', text: 'Warm' },
						{ type: 'refusal', refusal: 'no' },
					],
					tool_calls: [],
				},
				{ role: 'assistant', content: null, function_call: { name: 'old', arguments: '{}' } },
				{ role: 'function', name: 'old', content: null },
			],
		})
		expect(request.messages).toEqual([
			{ role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
			{ role: 'system', content: [{ type: 'text', text: 'Be kind.' }], name: 's' },
			{
				role: 'user',
				content: [
					{
						type: 'text',
						text: 'What is this?',
						rest: { wire: 'openai', fields: { prompt_cache_breakpoint: { mode: 'explicit' } } },
					},
					{ type: 'image', url: 'https://example.org/a.png', detail: 'low' },
					{ type: 'image', url: 'data:image/png;base64,AA==' },
					{ type: 'audio', data: 'AA==', format: 'wav' },
					{ type: 'file', id: 'file-1' },
				],
			},
			{
				role: 'assistant',
				content: [{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'get_weather', arguments: '{}' }],
			},
			{ role: 'tool', callId: 'call_1', content: [{ type: 'text', text: '21' }] },
			{
				role: 'assistant',
				content: [
					{ type: 'text', text: 'Warm' },
					{ type: 'refusal', text: 'no' },
				],
			},
			{
				role: 'assistant',
				content: [{ type: 'tool-call', kind: 'function', id: 'function:old', name: 'old', arguments: '{}' }],
			},
			{ role: 'tool', callId: 'function:old', content: [{ type: 'text', text: '' }] },
		])
	})

	for (const [choice, expected] of [
		['none', { type: 'none' }],
		['auto', { type: 'auto' }],
		['required', { type: 'required' }],
		[
			{ type: 'function', function: { name: 'get_weather' } },
			{ type: 'named', name: 'get_weather' },
		],
		[
			{
				type: 'allowed_tools',
				allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'get_weather' } }] },
			},
			{ type: 'required', only: ['get_weather'] },
		],
		[undefined, { type: 'auto' }],
	] as const) {
		test(`with tool_choice ${JSON.stringify(choice)}`, () => {
			const { request } = readChatRequest({
				...least,
				tools: [weather],
				...(choice === undefined ? {} : { tool_choice: choice }),
			})
			expect(request.toolChoice).toEqual(expected)
		})
	}

	test('with the deprecated functions', () => {
		const { request, legacyFunctions } = readChatRequest({
			...least,
			functions: [weather.function],
			function_call: { name: 'get_weather' },
		})
		expect(legacyFunctions).toBe(true)
		expect(request.toolChoice).toEqual({ type: 'named', name: 'get_weather' })
		expect(request.tools).toHaveLength(1)
	})
})

describe('a chat request is rejected with the wording of the API', () => {
	const cases: readonly (readonly [string, unknown, Readonly<Record<string, unknown>>])[] = [
		['no model', { messages: [user] }, { message: 'you must provide a model parameter', param: null, code: null }],
		[
			'no messages',
			{ model: 'm' },
			{ message: "Missing required parameter: 'messages'.", param: 'messages', code: 'missing_required_parameter' },
		],
		[
			'a body that is no object',
			[],
			{
				code: 'invalid_type',
				message: 'Invalid type for the request body: expected an object, but got an empty array instead.',
			},
		],
		[
			'empty messages',
			{ model: 'm', messages: [] },
			{
				code: 'empty_array',
				param: 'messages',
				message:
					"Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
			},
		],
		[
			'a number as content',
			{ model: 'm', messages: [{ role: 'user', content: 5 }] },
			{
				code: 'invalid_type',
				param: 'messages[0].content',
				message:
					"Invalid type for 'messages[0].content': expected one of a string or an array, but got an integer instead.",
			},
		],
		[
			'no content',
			{ model: 'm', messages: [{ role: 'user' }] },
			{ code: 'missing_required_parameter', param: 'messages[0].content' },
		],
		[
			'a part without type',
			{ model: 'm', messages: [user, { role: 'assistant', content: 'a' }, { role: 'user', content: [{ text: 'a' }] }] },
			{
				code: 'missing_required_parameter',
				param: 'messages[2].content[0].type',
				message: "Missing required parameter: 'messages[2].content[0].type'.",
			},
		],
		[
			'an unknown role',
			{ model: 'm', messages: [{ role: 'robot', content: 'a' }] },
			{
				code: 'invalid_value',
				param: 'messages[0].role',
				message:
					"Invalid value: 'robot'. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool' and 'function'.",
			},
		],
		[
			'no role',
			{ model: 'm', messages: [{ content: 'a' }] },
			{ code: 'missing_required_parameter', param: 'messages[0].role' },
		],
		[
			'a text as temperature',
			{ ...least, temperature: 'hot' },
			{
				code: 'invalid_type',
				param: 'temperature',
				message: "Invalid type for 'temperature': expected a decimal, but got a string instead.",
			},
		],
		[
			'half an answer',
			{ ...least, n: 1.5 },
			{
				code: 'invalid_type',
				param: 'n',
				message: "Invalid type for 'n': expected an integer, but got a decimal instead.",
			},
		],
		['too many answers', { ...least, n: 100000 }, { code: 'integer_above_max_value', param: 'n' }],
		[
			'a choice of an unknown tool',
			{ ...least, tools: [weather], tool_choice: { type: 'function', function: { name: 'x' } } },
			{ code: null, param: 'tool_choice' },
		],
		[
			'a tool message without a call',
			{ model: 'm', messages: [user, { role: 'tool', tool_call_id: 'x', content: 'y' }] },
			{
				code: null,
				param: 'messages.[1].role',
				message:
					"Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
			},
		],
		[
			'a call without a tool message',
			{ model: 'm', messages: [user, called, user] },
			{
				code: null,
				param: 'messages.[2].role',
				message:
					"An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: call_1",
			},
		],
		[
			'an assistant that says nothing',
			{ model: 'm', messages: [{ role: 'assistant' }] },
			{ param: 'messages[0].content' },
		],
	]
	for (const [name, body, expected] of cases) {
		test(name, () => {
			expect(failure(body)).toMatchObject({ status: 400, type: 'invalid_request_error', ...expected })
		})
	}
})

describe('a request that breaks only a rule of OpenAI is read, with the wording of its API', () => {
	const cases: readonly (readonly [string, unknown, Readonly<Record<string, unknown>>])[] = [
		[
			'too much heat',
			{ ...least, temperature: 3 },
			{
				code: 'integer_above_max_value',
				param: 'temperature',
				message: "Invalid 'temperature': integer above maximum value. Expected a value <= 2, but got 3 instead.",
			},
		],
		[
			'too little heat',
			{ ...least, temperature: -0.5 },
			{
				code: 'decimal_below_min_value',
				param: 'temperature',
				message: "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
			},
		],
		[
			'too many stops',
			{ ...least, stop: ['a', 'b', 'c', 'd', 'e'] },
			{
				code: 'array_above_max_length',
				param: 'stop',
				message:
					"Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
			},
		],
		[
			'too many tools',
			{ ...least, tools: Array.from({ length: 150 }, () => weather) },
			{
				code: 'array_above_max_length',
				param: 'tools',
				message:
					"Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 150 instead.",
			},
		],
		[
			'a wrong tool name',
			{ ...least, tools: [{ type: 'function', function: { name: 'get weather' } }] },
			{
				code: 'invalid_value',
				param: 'tools[0].function.name',
				message:
					"Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
			},
		],
		[
			'stream options without stream',
			{ ...least, stream_options: { include_usage: true } },
			{ code: null, param: 'stream_options' },
		],
		['tool choice without tools', { ...least, tool_choice: 'auto' }, { code: null, param: 'tool_choice' }],
		[
			'parallel calls without tools',
			{ ...least, parallel_tool_calls: true },
			{ code: null, param: 'parallel_tool_calls' },
		],
		['top logprobs without logprobs', { ...least, top_logprobs: 3 }, { code: null, param: 'top_logprobs' }],
		[
			'an unknown tool choice',
			{ ...least, tools: [weather], tool_choice: 'always' },
			{
				code: 'invalid_value',
				param: 'tool_choice',
				message: "Invalid value: 'always'. Supported values are: 'none', 'auto' and 'required'.",
			},
		],
		[
			'json mode without the word',
			{ ...least, response_format: { type: 'json_object' } },
			{
				code: null,
				param: 'messages',
				message:
					"'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
			},
		],
		[
			'an unknown response format',
			{ ...least, response_format: { type: 'xml' } },
			{ code: 'invalid_value', param: 'response_format.type' },
		],
		[
			'a schema that is not strict',
			{
				...least,
				response_format: {
					type: 'json_schema',
					json_schema: {
						name: 'n',
						strict: true,
						schema: {
							type: 'object',
							properties: { x: { type: 'object', properties: {} } },
							required: ['x'],
							additionalProperties: false,
						},
					},
				},
			},
			{
				code: null,
				param: 'response_format',
				message:
					"Invalid schema for response_format 'n': In context=('properties', 'x'), 'additionalProperties' is required to be supplied and to be false.",
			},
		],
		['a biased word', { ...least, logit_bias: { hello: 5 } }, { code: 'invalid_value', param: 'logit_bias.hello' }],
		['too much bias', { ...least, logit_bias: { 5: 101 } }, { code: 'integer_above_max_value', param: 'logit_bias.5' }],
	]
	for (const [name, body, expected] of cases)
		test(name, () => {
			expect(violation(body)).toMatchObject({ status: 400, type: 'invalid_request_error', ...expected })
		})
})
