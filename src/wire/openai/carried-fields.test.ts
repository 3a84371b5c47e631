// What the canonical model does not understand of a chat request: it reaches a server of the same wire as the client sent
// it, and is reported by its path for other wires.

import { describe, expect, test } from 'bun:test'
import { requestFor } from '../../chat/destination.ts'
import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { passthroughFor } from '../../chat/request-fates.ts'
import { type ChatRequestForm, chatRequestForm } from './chat-request-form.ts'
import { readChatRequest } from './chat-request-reader.ts'
import { writeChatRequest } from './chat-request-writer.ts'

const user = { role: 'user', content: 'Hi' }
const base = { model: 'm', messages: [user] }
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const result = { role: 'tool', tool_call_id: 'c', content: 'ok' }
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }
const image = { type: 'image_url', image_url: { url: 'https://x.test/a.png' } }
const message = (one: object, ...more: readonly object[]) => ({ ...base, messages: [user, one, ...more] })
const assistant = (fields: object) => message({ role: 'assistant', content: 'a', ...fields })
const part = (fields: object) => message({ role: 'user', content: [fields] })
const ephemeral = { type: 'ephemeral' }

/** Through bytes, as on the wire. `stream` is always written. */
function relay(body: object, form: Partial<ChatRequestForm> = {}) {
	const dropped: string[] = []
	const { request, violation, stream } = readChatRequest(JSON.parse(JSON.stringify(body)))
	const drop = (name: string) => void dropped.push(name)
	const written = writeChatRequest(request, { model: 'm', origin: 'host m', form: chatRequestForm(form), stream, drop })
	return { written: JSON.parse(JSON.stringify(written)) as JsonObject, dropped, violation }
}

/** What another wire reports, and what it refuses. */
function elsewhere(body: object) {
	const dropped: string[] = []
	const drop = (name: string) => void dropped.push(name)
	const { request } = readChatRequest(body)
	try {
		passthroughFor(requestFor({ wire: 'other' }, request, drop), 'other', drop)
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown.kind
		throw thrown
	}
	return dropped.sort()
}

interface Case {
	readonly body: object
	/** For other wires; `unsupported` if refused. */
	readonly other: readonly string[] | 'unsupported'
}

function sorted(other: Case['other']) {
	return typeof other === 'string' ? other : other.toSorted()
}

const cases: Readonly<Record<string, Case>> = {
	'prefix of an answer': { body: assistant({ prefix: true }), other: ['messages[1].prefix'] },
	'partial of an answer': { body: assistant({ partial: true }), other: ['messages[1].partial'] },
	'a field that nothing knows, on each role': {
		body: {
			...base,
			messages: [
				{ role: 'system', content: 's', x: 1 },
				{ role: 'developer', content: 'd', x: { y: [1] } },
				{ ...user, x: false },
				{ role: 'assistant', content: null, tool_calls: [call], x: '' },
				{ ...result, x: 0 },
			],
		},
		other: [0, 1, 2, 3, 4].map((index) => `messages[${index}].x`),
	},
	'reasoning details': {
		body: assistant({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'E', index: 0 }] }),
		other: ['messages[1].reasoning_details'],
	},
	'annotations and audio of an answer': {
		body: assistant({ annotations: [{ type: 'url_citation' }], audio: { id: 'a' } }),
		other: ['messages[1].annotations', 'messages[1].audio'],
	},
	'images of an answer': {
		body: assistant({ images: [{ ...image, index: 0 }] }),
		other: ['messages[1].content[1].index'],
	},
	'images in a form of their own': { body: assistant({ images: ['AA=='] }), other: ['messages[1].images'] },
	'fields of a text': { body: part({ type: 'text', text: 'a', x: 1 }), other: ['messages[1].content[0].x'] },
	'fields of an image': {
		body: part({ type: 'image_url', image_url: { url: 'u', format: 'png', deep: { a: 1 } }, max_pixels: 5 }),
		other: ['image_url.format', 'image_url.deep', 'max_pixels'].map((path) => `messages[1].content[0].${path}`),
	},
	'fields of audio': {
		body: part({ type: 'input_audio', input_audio: { data: 'AA', format: 'wav', rate: 5 }, x: 1 }),
		other: ['messages[1].content[0].input_audio.rate', 'messages[1].content[0].x'],
	},
	'fields of a file': {
		body: part({ type: 'file', file: { file_id: 'f', format: 'pdf' }, x: 1 }),
		other: ['messages[1].content[0].file.format', 'messages[1].content[0].x'],
	},
	'fields of a refusal': {
		body: message({ role: 'assistant', content: [{ type: 'refusal', refusal: 'no', x: 1 }] }),
		other: ['messages[1].content[0].x'],
	},
	'fields of a text in an answer and in a result': {
		body: message(
			{ role: 'assistant', content: [{ type: 'text', text: 'a', x: 1 }], tool_calls: [call] },
			{ ...result, content: [{ type: 'text', text: 'b', y: 2 }] },
		),
		other: ['messages[1].content[0].x', 'messages[2].content[0].y'],
	},
	'fields of calls': {
		body: message(
			{
				role: 'assistant',
				content: null,
				tool_calls: [
					{ ...call, index: 0, function: { ...call.function, output: 'o' } },
					{ id: 'd', type: 'custom', custom: { name: 'g', input: 'i', x: 1 } },
				],
			},
			result,
			{ ...result, tool_call_id: 'd' },
		),
		other: ['content[0].index', 'content[0].function.output', 'content[1].custom.x'].map(
			(path) => `messages[1].${path}`,
		),
	},
	"Google's fields of a call": {
		body: message(
			{
				role: 'assistant',
				content: null,
				tool_calls: [{ ...call, extra_content: { google: { thought_signature: 'S', x: 1 }, other: { y: 2 } } }],
			},
			result,
		),
		other: ['extra_content.google.x', 'extra_content.other'].map((path) => `messages[1].content[0].${path}`),
	},
	'fields of tools': {
		body: {
			...base,
			tools: [
				{ ...tool, defer: true, function: { ...tool.function, examples: [{}] } },
				{
					type: 'custom',
					custom: { name: 'g', x: 1, format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'd', z: 1 } } },
				},
			],
		},
		other: ['tools[0].defer', 'tools[0].function.examples', 'tools[1].custom.x', 'tools[1].custom.format.grammar.z'],
	},
	'fields of a tool choice': {
		body: { ...base, tools: [tool], tool_choice: { type: 'function', function: { name: 'f', x: 1 }, y: 2 } },
		other: ['tool_choice.function.x', 'tool_choice.y'],
	},
	'options of a stream': {
		body: { ...base, stream: true, stream_options: { include_usage: true, continuous_usage_stats: true } },
		other: ['stream_options.continuous_usage_stats'],
	},
	'an object of reasoning options': {
		body: { ...base, reasoning: { effort: 'high', exclude: true, summary: 'auto' } },
		other: ['reasoning.exclude', 'reasoning.summary'],
	},
	'an effort beside the object': {
		body: { ...base, reasoning_effort: 'low', reasoning: { exclude: true } },
		other: ['reasoning.exclude'],
	},
	'a limit on reasoning': { body: { ...base, reasoning: { max_tokens: 2000 } }, other: [] },
	'reasoning that is off': { body: { ...base, reasoning: { enabled: false } }, other: [] },
	'reasoning that is on': { body: { ...base, reasoning: { enabled: true } }, other: ['reasoning.enabled'] },
	'a schema beside the type': {
		body: { ...base, response_format: { type: 'json_object', schema: { type: 'object' } } },
		other: [],
	},
	'fields of a response format': {
		body: { ...base, response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, x: 1 }, y: 2 } },
		other: ['response_format.json_schema.x', 'response_format.y'],
	},
	'cache marks': {
		body: {
			...base,
			messages: [
				{ role: 'system', content: [{ type: 'text', text: 's', cache_control: ephemeral }] },
				{ ...user, cache_control: { ...ephemeral, ttl: '1h' } },
				{ role: 'user', content: [{ ...image, cache_control: { ...ephemeral, scope: 'org' } }] },
				{ role: 'assistant', content: null, tool_calls: [{ ...call, cache_control: ephemeral }] },
				{ ...result, cache_control: { ...ephemeral, ttl: '5m' } },
			],
			tools: [
				{ ...tool, cache_control: ephemeral },
				{ type: 'function', function: { name: 'g', cache_control: ephemeral } },
			],
		},
		other: [],
	},
	'cache marks of other forms': {
		body: {
			...base,
			messages: [
				{ ...user, cache_control: { ...ephemeral, ttl: '24h' } },
				{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { ...ephemeral, x: 1 } }] },
				{
					role: 'user',
					content: [{ type: 'input_audio', input_audio: { data: 'A', format: 'wav' }, cache_control: ephemeral }],
				},
			],
		},
		other: [
			'messages[0].cache_control',
			'messages[1].content[0].cache_control.x',
			'messages[2].content[0].cache_control',
		],
	},
}

describe('a field that is not understood reaches a server of the same wire unchanged', () => {
	for (const [name, { body, other }] of Object.entries(cases))
		test(name, () => {
			const { written, dropped, violation } = relay(body)
			expect(written).toEqual({ stream: false, stream_options: undefined, ...body } as never)
			expect(dropped).toEqual([])
			expect(violation).toBeUndefined()
			expect(elsewhere(body)).toEqual(sorted(other) as never)
		})
})

const calls = { role: 'assistant', content: null, tool_calls: [call] }

/** Requests that break a rule of OpenAI's API. Where the written request differs, `written` has the difference. */
const violations: Readonly<Record<string, Case & { readonly written?: object }>> = {
	'a video': { body: part({ type: 'video_url', video_url: { url: 'u' }, fps: 2 }), other: 'unsupported' },
	'audio by URL': { body: part({ type: 'audio_url', audio_url: { url: 'u' } }), other: 'unsupported' },
	'an unknown part of an answer': {
		body: message({
			role: 'assistant',
			content: [
				{ type: 'citation', id: 1 },
				{ type: 'text', text: 'a' },
			],
		}),
		other: ['messages[1].content[0]'],
	},
	'an image in a result': {
		body: message(calls, { ...result, content: [{ type: 'text', text: 'see' }, image] }),
		other: [],
	},
	'an unknown part in a result': {
		body: message(calls, { ...result, content: [{ type: 'video_url', video_url: { url: 'u' } }] }),
		other: 'unsupported',
	},
	'a result of null': {
		body: message(calls, { ...result, content: null }),
		written: message(calls, { ...result, content: '' }),
		other: [],
	},
	'a result of no parts': {
		body: message(calls, { ...result, content: [] }),
		written: message(calls, { ...result, content: '' }),
		other: [],
	},
	'another detail of an image': {
		body: part({ type: 'image_url', image_url: { url: 'u', detail: 'panorama' } }),
		other: [],
	},
	'arguments as an object': {
		body: message({ ...calls, tool_calls: [{ ...call, function: { name: 'f', arguments: { a: [1] } } }] }, result),
		written: message({ ...calls, tool_calls: [{ ...call, function: { name: 'f', arguments: '{"a":[1]}' } }] }, result),
		other: [],
	},
	'an answer of reasoning only': {
		body: message({ role: 'assistant', reasoning_content: 'r' }),
		written: message({ role: 'assistant', content: '', reasoning_content: 'r' }),
		other: [],
	},
	'a structural tag': {
		body: { ...base, response_format: { type: 'structural_tag', structures: [{ begin: '<a>' }] } },
		other: 'unsupported',
	},
	'a regular expression': {
		body: { ...base, response_format: { type: 'regex', pattern: 'a+' } },
		other: 'unsupported',
	},
	'a schema without a name': {
		body: {
			...base,
			response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' }, strict: true } },
		},
		other: [],
	},
	'a schema beside json_schema': {
		body: { ...base, response_format: { type: 'json_schema', schema: { type: 'object' } } },
		other: [],
	},
	'a strict format whose schema is not': {
		body: {
			...base,
			response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
		},
		other: ['response_format.json_schema.strict'],
	},
	'a strict tool whose schema is not': {
		body: { ...base, tools: [{ type: 'function', function: { ...tool.function, strict: true } }] },
		other: ['tools[0].function.strict'],
	},
	'JSON without the word': { body: { ...base, response_format: { type: 'json_object' } }, other: [] },
	"Mistral's name of a required call": {
		body: { ...base, tools: [tool], tool_choice: 'any' },
		written: { ...base, tools: [tool], tool_choice: 'required' },
		other: [],
	},
	'an unknown tool choice': { body: { ...base, tools: [tool], tool_choice: 'sometimes' }, other: ['tool_choice'] },
	'an unknown object as the tool choice': {
		body: { ...base, tools: [tool], tool_choice: { type: 'tool', name: 'f' } },
		other: ['tool_choice'],
	},
	'a choice among no tools': { body: { ...base, tools: [], tool_choice: 'auto' }, written: base, other: [] },
	'a tool that the server runs': {
		body: {
			...base,
			tools: [{ type: 'web_search', web_search: { enable: true } }, tool, { type: 'retrieval' }],
			tool_choice: 'required',
		},
		other: ['tools[0]', 'tools[2]'],
	},
	'only tools that the server runs': {
		body: { ...base, tools: [{ type: 'web_search' }], tool_choice: 'required', parallel_tool_calls: false },
		other: ['tools[0]', 'tool_choice'],
	},
	'a long name of a tool with dots': {
		body: { ...base, tools: [{ type: 'function', function: { name: `a.${'b'.repeat(70)}` } }] },
		other: [],
	},
	'more than four stops': { body: { ...base, stop: ['a', 'b', 'c', 'd', 'e'] }, other: [] },
	'more heat and penalty': {
		body: { ...base, temperature: 3, frequency_penalty: -5, presence_penalty: 7, repetition_penalty: 200 },
		other: [],
	},
	'biases by text': { body: { ...base, logit_bias: { hello: 5 } }, other: ['logit_bias'] },
	'many alternatives': { body: { ...base, logprobs: true, top_logprobs: 50 }, other: [] },
	'alternatives without logprobs': { body: { ...base, top_logprobs: 3 }, other: ['top_logprobs'] },
	'no limit, as -1': { body: { ...base, max_tokens: -1 }, other: ['max_tokens'] },
	'options of a stream without one': {
		body: { ...base, stream_options: { include_usage: true } },
		written: base,
		other: [],
	},
	'metadata of other types': { body: { ...base, metadata: { a: 1, b: { c: [] } } }, other: ['metadata'] },
	'other modalities': { body: { ...base, modalities: ['image', 'text'] }, other: ['modalities'] },
}

describe("a request that breaks a rule of OpenAI's API reaches another server of the wire", () => {
	for (const [name, { body, written: expected = body, other }] of Object.entries(violations))
		test(name, () => {
			const { written, dropped, violation } = relay(body)
			expect(violation).toMatchObject({ kind: 'invalid-request' })
			expect(written).toEqual({ stream: false, ...expected } as never)
			expect(dropped).toEqual([])
			expect(elsewhere(body)).toEqual(sorted(other) as never)
		})
})

describe('a request that no server could read is rejected', () => {
	const malformed: Readonly<Record<string, object>> = {
		'a part without a type': part({ text: 'a' }),
		'a text without its text': part({ type: 'text' }),
		'an image without its URL': part({ type: 'image_url', image_url: {} }),
		'a part of text': message({ role: 'user', content: ['a'] }),
		'an unknown role': message({ role: 'robot', content: 'a' }),
		'a result without its call': message(result),
		'a result without an id': message(calls, { role: 'tool', content: 'a' }),
		'a result that is absent': message(calls, { role: 'tool', tool_call_id: 'c' }),
		'a call without arguments': message({ ...calls, tool_calls: [{ ...call, function: { name: 'f' } }] }, result),
		'arguments of a list': message(
			{ ...calls, tool_calls: [{ ...call, function: { name: 'f', arguments: [] } }] },
			result,
		),
		'a format without a type': { ...base, response_format: { pattern: 'a' } },
		'a tool without a name': { ...base, tools: [{ type: 'function', function: {} }] },
		'a tool without a type': { ...base, tools: [{ function: { name: 'f' } }] },
		'a choice of an absent tool': {
			...base,
			tools: [tool],
			tool_choice: { type: 'function', function: { name: 'x' } },
		},
		'a number as the choice': { ...base, tools: [tool], tool_choice: 5 },
		'heat as text': { ...base, temperature: '1' },
		'a probability above 1': { ...base, top_p: 2 },
		'no choices': { ...base, n: 0 },
	}
	for (const [name, body] of Object.entries(malformed))
		test(name, () => expect(() => readChatRequest(body)).toThrow(ChatError))
})

describe('the canonical request has what other wires understand', () => {
	test('cache marks, also those of whole messages and functions', () => {
		const { request } = readChatRequest(cases['cache marks']?.body)
		const marks = request.messages.map(
			(one) =>
				('cacheMark' in one ? one.cacheMark : undefined) ??
				one.content.map((part) => ('cacheMark' in part ? part.cacheMark : undefined))[0],
		)
		expect(marks).toEqual([
			{ wire: 'openai' },
			{ wire: 'openai', ttl: '1h', level: 'message' },
			{ wire: 'openai', scope: 'org' },
			{ wire: 'openai' },
			{ wire: 'openai', ttl: '5m' },
		])
		expect(request.tools.map(({ cacheMark }) => cacheMark)).toEqual([
			{ wire: 'openai' },
			{ wire: 'openai', level: 'function' },
		])
	})

	test("the signature of a call, which only upstreams of Google's wire receive", () => {
		const body = cases["Google's fields of a call"]?.body
		const { request } = readChatRequest(body)
		expect(request.messages[1]?.content).toMatchObject([{ signature: { wire: 'gemini', value: 'S' } }])
		const sent = requestFor({ wire: 'anthropic' }, request, () => {})
		expect(JSON.stringify(sent)).not.toContain('"S"')
	})

	test('a limit on reasoning, and reasoning that is off', () => {
		const tokens = (reasoning: object) => readChatRequest({ ...base, reasoning }).request.reasoningTokens
		expect([tokens({ max_tokens: 5 }), tokens({ enabled: false }), tokens({ enabled: true })]).toEqual([
			5,
			0,
			undefined,
		])
	})

	test('the schema of a format in another form', () => {
		const schema = { type: 'object' }
		for (const response_format of [
			{ type: 'json_object', schema },
			{ type: 'json_schema', schema },
			{ type: 'json_schema', json_schema: { schema } },
		])
			expect(readChatRequest({ ...base, response_format }).request.responseFormat).toMatchObject({
				type: 'json-schema',
				name: 'response',
				schema,
			})
	})

	test('the images of an answer', () => {
		const { request } = readChatRequest(cases['images of an answer']?.body)
		expect(request.messages[1]?.content[1]).toMatchObject({ type: 'image', url: 'https://x.test/a.png' })
	})
})

test('numbers are sent with all of their digits', () => {
	const fields = '"key":1234567890123456789,"ratio":1.0,"x":{"12":1.0,"2":1e3}'
	const body = `{"model":"m","messages":[
		{"role":"user","content":[{"type":"text","text":"a",${fields}},{"type":"image_url","image_url":{"url":"u",${fields}}}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},${fields}}],${fields}},
		{"role":"tool","tool_call_id":"c","content":"r"}],
		"tools":[{"type":"function","function":{"name":"f","parameters":{"maximum":9223372036854775807}},${fields}}],
		"reasoning":{"effort":"low",${fields}},
		"response_format":{"type":"json_object","schema":{${fields}}}}`
	const { request } = readChatRequest(parseJson(body))
	const written = stringifyJson(writeChatRequest(request, { model: 'm', form: chatRequestForm({}), stream: false }))
	expect(written.split(fields)).toHaveLength(body.split(fields).length)
	expect(written).toContain('9223372036854775807')
	const odd = parseJson(
		`{"model":"m","messages":[{"role":"user","content":[{"type":"video_url",${fields}}]}, ${stringifyJson(calls).replace('"{}"', `{${fields}}`)}, ${stringifyJson(result)}]}`,
	)
	const violating = readChatRequest(parseJson(body.replace('"model":"m"', '"model":"m","temperature":9')))
	expect(violating.violation).toBeDefined()
	const relaxed = stringifyJson(
		writeChatRequest(violating.request, { model: 'm', form: chatRequestForm({}), stream: false }),
	)
	expect(relaxed.split(fields)).toHaveLength(body.split(fields).length)
	const carried = readChatRequest(odd).request
	expect(stringifyJson(writeChatRequest(carried, { model: 'm', form: chatRequestForm({}), stream: false }))).toContain(
		`"video_url",${fields}`,
	)
	expect(carried.messages[1]?.content).toMatchObject([{ arguments: `{${fields}}` }])
})

test('the time for many fields grows with their number', () => {
	const fields = Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`field${index}`, 1]))
	const inner = Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`inner${index}`, 1]))
	const body = message({ ...user, content: [{ ...image, image_url: { url: 'u', ...inner } }], ...fields })
	const began = process.threadCpuUsage()
	expect(relay(body).written).toMatchObject({ messages: body.messages })
	expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(4000)
})

test('the time for the fields of many merged instructions grows with their number', () => {
	const messages = Array.from({ length: 10_000 }, (_, index) => ({
		role: 'system',
		content: 'a',
		[`field${index}`]: 1,
	}))
	const began = process.threadCpuUsage()
	const [first] = relay({ ...base, messages: [...messages, user] }, { systemMessages: 'first' }).written
		.messages as readonly object[]
	expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(4000)
	expect(Object.keys(first ?? {})).toHaveLength(10_002)
})

test('what clients repeat of every answer without a meaning is not sent', () => {
	const body = assistant({ refusal: null, annotations: [], audio: null, function_call: null, tool_calls: null })
	expect(relay(body).written).toMatchObject({ messages: [user, { role: 'assistant', content: 'a' }] })
	expect(Object.keys(JSON.parse(JSON.stringify(relay(body).written.messages))[1])).toEqual(['role', 'content'])
	expect(elsewhere(body)).toEqual([])
})

test('fields of objects that a narrower server does not receive are reported', () => {
	const text = (fields: object) => part({ type: 'text', text: 'a', ...fields })
	expect(relay(text({ x: 1 }), { textContent: 'string' }).dropped).toEqual(['x'])
	const custom = { type: 'custom', custom: { name: 'g', x: 1 } }
	expect(relay({ ...base, tools: [custom] }, { customTools: 'function' }).dropped).toEqual(['tools.custom.x'])
	const stream = { ...base, stream: true, stream_options: { continuous_usage_stats: true } }
	expect(relay(stream, { streamUsage: false }).dropped).toEqual(['stream_options.continuous_usage_stats'])
	const system = message({ role: 'system', content: 's', x: 1 })
	expect(relay(system, { systemMessages: 'user' }).dropped).toEqual(['x'])
	expect(relay(system, { systemMessages: 'first' }).written.messages).toEqual([
		{ role: 'system', content: 's', x: 1 },
		user,
	])
})
