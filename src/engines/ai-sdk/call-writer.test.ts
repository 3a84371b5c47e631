import { describe, expect, test } from 'bun:test'
import type { ChatError } from '../../chat/error.ts'
import type { Message, UserPart } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { requestFatesContract } from '../../chat/request-fates.contract.ts'
import type { Tool } from '../../chat/tool.ts'
import { type CallForm, callFates, writeCall } from './call-writer.ts'

const text = (value: string) => [{ type: 'text', text: value }] as const
const hi: Message = { role: 'user', content: text('hi') }

function write(changes: Partial<ChatRequest>, form: Partial<CallForm> = {}) {
	const dropped: string[] = []
	const request: ChatRequest = {
		...plainRequest,
		messages: [hi],
		...changes,
	}
	const whole: CallForm = { version: 'v3', supportedUrls: {}, providerOptions: {}, passthrough: undefined, ...form }
	const call = writeCall(request, whole, (part) => dropped.push(part))
	return { call, dropped, prompt: call.prompt }
}

function rejected(changes: Partial<ChatRequest>, form: Partial<CallForm> = {}): Partial<ChatError> {
	try {
		write(changes, form)
	} catch (thrown) {
		return Object(thrown)
	}
	throw new Error('expected a ChatError')
}

test('a minimal call only has a prompt', () => {
	expect(write({})).toMatchObject({
		call: { prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
		dropped: [],
	})
	expect(write({}).call).toEqual({ prompt: expect.any(Array) })
})

describe('settings', () => {
	test('supported settings are written', () => {
		const schema = { type: 'object' } as const
		const { call, dropped } = write({
			sampling: { temperature: 0, topP: 0.5, topK: 9, presencePenalty: 1, frequencyPenalty: -1, seed: 7 },
			maxTokens: 100,
			stop: ['a'],
			responseFormat: { type: 'json-schema', name: 'n', description: 'd', schema, strict: true },
		})
		expect(call).toMatchObject({
			temperature: 0,
			topP: 0.5,
			topK: 9,
			presencePenalty: 1,
			frequencyPenalty: -1,
			seed: 7,
			maxOutputTokens: 100,
			stopSequences: ['a'],
			responseFormat: { type: 'json', name: 'n', description: 'd', schema },
		})
		expect(dropped).toEqual([])
		expect(write({ responseFormat: { type: 'json-object' } }).call.responseFormat).toEqual({ type: 'json' })
	})
	test('unsupported settings are reported as dropped', () => {
		const sampling = { topK: 0, minP: 0.1, repetitionPenalty: 1.1, logitBias: new Map([[1, 2]]) }
		const { call, dropped } = write({
			sampling,
			user: 'u',
			logprobs: { top: 0 },
			reasoningEffort: 'low',
			reasoningTokens: 5,
			passthrough: { verbosity: 'low' },
			messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cacheMark: '5m' }] }],
		})
		expect(call).toEqual({ prompt: expect.any(Array) })
		expect(dropped.toSorted()).toEqual([
			'cache_control',
			'logit_bias',
			'logprobs',
			'min_p',
			'reasoning_effort',
			'reasoning_tokens',
			'repetition_penalty',
			'user',
			'verbosity',
		])
	})
	test('only the newest version supports a reasoning effort', () => {
		expect(write({ reasoningEffort: 'low' }, { version: 'v4' })).toMatchObject({
			call: { reasoning: 'low' },
			dropped: [],
		})
		expect(write({ reasoningEffort: 'deep' }, { version: 'v4' }).dropped).toEqual(['reasoning_effort'])
	})
	test('more than one choice is rejected', () => {
		expect(rejected({ choices: 2 })).toMatchObject({ kind: 'unsupported', param: 'n', sent: 'nothing' })
	})
	test('unknown fields are passed to the named provider; configured options take precedence', () => {
		const form = { passthrough: 'acme', providerOptions: { acme: { tier: 'a' }, other: { x: 1 } } }
		const { call, dropped } = write({ passthrough: { tier: 'b', speed: 2, gone: undefined } }, form)
		expect(call.providerOptions).toEqual({ acme: { tier: 'a', speed: 2 }, other: { x: 1 } })
		expect(dropped).toEqual([])
		const foreign = write({ passthrough: { x: 2 }, passthroughWire: 'else' }, form)
		expect(foreign).toMatchObject({ call: { providerOptions: form.providerOptions }, dropped: ['x'] })
	})
})

const weather: Tool = { type: 'function', name: 'w', description: 'd', parameters: { type: 'object' }, strict: true }
const time: Tool = { type: 'function', name: 't', strict: false }

describe('tools', () => {
	test('always have a schema', () => {
		expect(write({ tools: [weather, time], toolChoice: { type: 'auto' } }).call).toMatchObject({
			tools: [
				{ type: 'function', name: 'w', description: 'd', inputSchema: { type: 'object' }, strict: true },
				{ type: 'function', name: 't', inputSchema: { type: 'object', properties: {} } },
			],
			toolChoice: { type: 'auto' },
		})
	})
	test('only allowed tools are sent', () => {
		const offered = (toolChoice: ChatRequest['toolChoice']) => {
			const { call } = write({ tools: [weather, time], toolChoice })
			return [call.tools?.map(({ name }) => name).join(), call.toolChoice]
		}
		expect(offered({ type: 'required', only: ['t'] })).toEqual(['t', { type: 'required' }])
		expect(offered({ type: 'auto', only: ['w'] })).toEqual(['w', { type: 'auto' }])
		expect(offered({ type: 'named', name: 't' })).toEqual(['w,t', { type: 'tool', toolName: 't' }])
		expect(offered({ type: 'none' })).toEqual(['w,t', { type: 'none' }])
	})
	test('disabled parallel calls are reported as dropped', () => {
		const one = { toolChoice: { type: 'auto' }, parallelToolCalls: false } as const
		expect(write({ tools: [weather], ...one }).dropped).toEqual(['parallel_tool_calls'])
		expect(write(one).dropped).toEqual([])
	})
	test('custom tools are rejected', () => {
		const tools: readonly Tool[] = [weather, { type: 'custom', name: 'shell' }]
		expect(rejected({ tools, toolChoice: { type: 'auto' } })).toMatchObject({ kind: 'unsupported', param: 'tools[1]' })
	})
})

const picture = 'data:image/png;base64,AAAA'
const remote = 'https://example.org/a.jpg'
const fetched = { supportedUrls: { 'image/*': [/^https:/] } }

describe('files', () => {
	const content: readonly UserPart[] = [
		{ type: 'image', url: picture, detail: 'low' },
		{ type: 'image', url: remote },
		{ type: 'audio', data: 'AAAA', format: 'wav' },
		{ type: 'file', name: 'a.pdf', data: 'data:application/pdf;base64,BBBB' },
	]
	test('are written in the format of each version', () => {
		const older = [
			{ type: 'file', mediaType: 'image/png', data: 'AAAA' },
			{ type: 'file', mediaType: 'image/jpeg', data: new URL(remote) },
			{ type: 'file', mediaType: 'audio/wav', data: 'AAAA' },
			{ type: 'file', mediaType: 'application/pdf', filename: 'a.pdf', data: 'BBBB' },
		]
		const newest = older.map((part) => ({
			...part,
			data: typeof part.data === 'string' ? { type: 'data', data: part.data } : { type: 'url', url: part.data },
		}))
		for (const [version, expected] of [
			['v2', older],
			['v3', older],
			['v4', newest],
		] as const) {
			const { prompt, dropped } = write({ messages: [{ role: 'user', content }] }, { version, ...fetched })
			expect<unknown>(prompt[0]?.content).toEqual(expected)
			expect(dropped).toEqual(['image_url.detail'])
		}
	})
	test('by id, and by a URL that the upstream does not fetch, are rejected', () => {
		const withPart = (part: UserPart, form: Partial<CallForm> = fetched) =>
			rejected({ messages: [hi, { role: 'user', content: [part] }] }, form)
		const expected = { kind: 'unsupported', param: 'messages[1].content[0]' }
		expect(withPart({ type: 'file', id: 'file-1' })).toMatchObject(expected)
		expect(withPart({ type: 'image', url: 'http://169.254.169.254/a.png' })).toMatchObject(expected)
		expect(withPart({ type: 'image', url: remote }, {})).toMatchObject(expected)
		expect(withPart({ type: 'file', url: 'https://example.org/a.pdf' })).toMatchObject(expected)
		expect(withPart({ type: 'image', url: 'nonsense' })).toMatchObject(expected)
	})
	test('an image URL of unknown type matches any image type', () => {
		const messages: readonly Message[] = [{ role: 'user', content: [{ type: 'image', url: 'https://example.org/a' }] }]
		for (const type of ['*', '*/*', 'image/*', 'image/png'])
			expect(write({ messages }, { supportedUrls: { [type]: [/^https:/] } }).prompt[0]?.content).toMatchObject([
				{ mediaType: 'image/*' },
			])
	})
})

const call = { type: 'tool-call', kind: 'function', id: '1', name: 'f', arguments: '{"a":1}' } as const
const called = (result: Message): readonly Message[] => [hi, { role: 'assistant', content: [call] }, result]

describe('history', () => {
	test('instructions, reasoning, tool calls and results', () => {
		const signature = { wire: 'ai-sdk', value: '{"acme":{"s":1}}' }
		const foreign = { wire: 'other', value: 'x' }
		const { prompt, dropped } = write({
			messages: [
				{ role: 'developer', content: [...text('a'), ...text('b')], name: 'boss' },
				{
					role: 'assistant',
					content: [
						{ type: 'reasoning', text: 'hm', signature },
						{ type: 'reasoning', text: '', signature: foreign, encrypted: true },
						...text('ok'),
						{ type: 'reasoning', text: 'so', signature: foreign },
						{ type: 'refusal', text: 'no' },
						...text(''),
						{ ...call, signature },
						{ ...call, kind: 'custom', id: '2', name: 'g', arguments: 'ls' },
						{ ...call, id: '3', arguments: '{' },
					],
				},
				{ role: 'tool', callId: '2', content: text('two') },
				{ role: 'tool', callId: '1', content: text('boom'), isError: true },
			],
		})
		const providerOptions = { acme: { s: 1 } }
		expect<unknown>(prompt).toEqual([
			{ role: 'system', content: 'ab' },
			{
				role: 'assistant',
				content: [
					{ type: 'reasoning', text: 'hm', providerOptions },
					{ type: 'text', text: 'ok' },
					{ type: 'reasoning', text: 'so' },
					{ type: 'text', text: 'no' },
					{ type: 'tool-call', toolCallId: '1', toolName: 'f', input: { a: 1 }, providerOptions },
					{ type: 'tool-call', toolCallId: '2', toolName: 'g', input: { input: 'ls' } },
					{ type: 'tool-call', toolCallId: '3', toolName: 'f', input: { input: '{' } },
				],
			},
			{
				role: 'tool',
				content: [
					{ type: 'tool-result', toolCallId: '2', toolName: 'g', output: { type: 'text', value: 'two' } },
					{ type: 'tool-result', toolCallId: '1', toolName: 'f', output: { type: 'error-text', value: 'boom' } },
				],
			},
		])
		expect(dropped).toEqual(['messages.name'])
	})
	test('images in a result are written in the format of each version', () => {
		const messages = called({ role: 'tool', callId: '1', content: [...text('see'), { type: 'image', url: picture }] })
		const shown = (version: CallForm['version']) => {
			const content = write({ messages }, { version }).prompt[2]?.content
			return Object(content)[0].output.value
		}
		const inline = { mediaType: 'image/png', data: 'AAAA' }
		expect(shown('v2')).toEqual([
			{ type: 'text', text: 'see' },
			{ type: 'media', ...inline },
		])
		expect(shown('v3')[1]).toEqual({ type: 'image-data', ...inline })
		expect(shown('v4')[1]).toEqual({ type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AAAA' } })
	})
	test('a URL in a result is rejected if the version does not support it', () => {
		const messages = called({ role: 'tool', callId: '1', content: [{ type: 'image', url: remote }] })
		expect(rejected({ messages }, { version: 'v2', ...fetched })).toMatchObject({ kind: 'unsupported' })
		const content = write({ messages }, { version: 'v3', ...fetched }).prompt[2]?.content
		expect(Object(content)[0].output.value).toEqual([{ type: 'image-url', url: remote }])
	})
	test('a result without a tool call is rejected', () => {
		expect(rejected({ messages: [hi, { role: 'tool', callId: 'x', content: text('a') }] })).toMatchObject({
			kind: 'invalid-request',
			param: 'messages[1].tool_call_id',
		})
	})
})

requestFatesContract('calls of the AI SDK', callFates, (request, drop) =>
	writeCall(request, { version: 'v4', supportedUrls: {}, providerOptions: {}, passthrough: undefined }, drop),
)
