import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import type { AssistantPart, Message, UserPart } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { requestFatesContract } from '../../chat/request-fates.contract.ts'
import type { Tool } from '../../chat/tool.ts'
import { formOf, type GeminiService } from './form.ts'
import { generationRequestFates, writeGenerationRequest } from './generation-request-writer.ts'

const text = (words: string) => [{ type: 'text', text: words }] as const
const hi: Message = { role: 'user', content: text('hi') }

function write(changes: Partial<ChatRequest>, model = 'gemini-3-pro', service: GeminiService = 'gemini') {
	const dropped: string[] = []
	const request: ChatRequest = {
		...plainRequest,
		messages: [hi],
		...changes,
	}
	// As sent: undefined fields are removed.
	const body = JSON.parse(
		JSON.stringify(writeGenerationRequest(request, formOf(model, service), (part) => dropped.push(part))),
	)
	return { body, config: body.generationConfig, contents: body.contents, dropped }
}

function refused(changes: Partial<ChatRequest>): ChatError {
	try {
		write(changes)
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown
	}
	throw new Error('expected a ChatError')
}

test('a minimal request has one turn', () => {
	expect(write({})).toEqual({
		body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
		config: undefined,
		contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
		dropped: [],
	})
})

describe('settings', () => {
	test('that the wire supports', () => {
		const { config, dropped } = write({
			sampling: { temperature: 0, topP: 0.5, topK: 9, presencePenalty: 1, frequencyPenalty: -1, seed: 7 },
			maxTokens: 100,
			stop: ['a', 'b'],
			choices: 3,
			logprobs: { top: 2 },
		})
		expect(config).toEqual({
			temperature: 0,
			topP: 0.5,
			topK: 9,
			presencePenalty: 1,
			frequencyPenalty: -1,
			seed: 7,
			maxOutputTokens: 100,
			stopSequences: ['a', 'b'],
			candidateCount: 3,
			responseLogprobs: true,
			logprobs: 2,
		})
		expect(dropped).toEqual([])
	})
	test('at their defaults are omitted', () => {
		const sampling = { topK: -1, repetitionPenalty: 1, logitBias: new Map() }
		expect(write({ sampling })).toMatchObject({ config: undefined, dropped: [] })
		expect(write({ logprobs: { top: 0 } }).config).toEqual({ responseLogprobs: true })
	})
	test('that the wire lacks are reported', () => {
		const sampling = { minP: 0.1, repetitionPenalty: 1.1, logitBias: new Map([[1, 2]]) }
		const { dropped } = write({ sampling, user: 'u', passthrough: { verbosity: 'low' } })
		expect(dropped.toSorted()).toEqual(['logit_bias', 'min_p', 'repetition_penalty', 'user', 'verbosity'])
	})
	test('64-bit seeds are reduced to 32 bits, equal ones to equal values', () => {
		const { seed } = write({ sampling: { seed: 2 ** 40 + 5 } }).config
		expect(seed).toBe(5)
		expect(write({ sampling: { seed: 3_000_000_000 } }).config.seed).toBe(-1_294_967_296)
	})
	test('more choices than the wire supports are rejected', () => {
		expect(refused({ choices: 9 })).toMatchObject({ kind: 'unsupported', param: 'n', sent: 'nothing' })
	})
	test('fields of the same wire are passed through, canonical settings take precedence', () => {
		const passthrough = { safetySettings: [], generationConfig: { temperature: 1, mediaResolution: 'LOW' } }
		const { body } = write({ passthrough, passthroughWire: 'gemini', sampling: { temperature: 0 } })
		expect(body).toMatchObject({
			safetySettings: [],
			generationConfig: { temperature: 0, mediaResolution: 'LOW' },
		})
	})
	test('JSON, with and without a schema', () => {
		const schema = { type: 'object' } as const
		expect(write({ responseFormat: { type: 'json-object' } }).config).toEqual({ responseMimeType: 'application/json' })
		expect(
			write({ responseFormat: { type: 'json-schema', name: 'n', description: 'd', schema, strict: true } }).config,
		).toEqual({ responseMimeType: 'application/json', responseJsonSchema: { description: 'd', type: 'object' } })
	})
})

describe('thinking', () => {
	for (const [model, effort, thinkingConfig] of [
		['gemini-3-pro', 'high', { thinkingLevel: 'HIGH', includeThoughts: true }],
		['gemini-3-pro', 'none', { thinkingLevel: 'MINIMAL' }],
		['gemini-flash-latest', 'low', { thinkingLevel: 'LOW', includeThoughts: true }],
		['gemini-2.5-flash', 'medium', { thinkingBudget: 8192, includeThoughts: true }],
		['models/gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
	] as const)
		test(`${model} at ${effort}`, () => {
			expect(write({ reasoningEffort: effort }, model)).toMatchObject({ config: { thinkingConfig }, dropped: [] })
		})
	test('a token budget takes precedence over an effort', () => {
		expect(write({ reasoningEffort: 'high', reasoningTokens: 512 }).config).toEqual({
			thinkingConfig: { thinkingBudget: 512, includeThoughts: true },
		})
	})
	test('an unknown effort, and a model without thinking, are reported', () => {
		expect(write({ reasoningEffort: 'deep' })).toMatchObject({ config: undefined, dropped: ['reasoning_effort'] })
		for (const model of ['gemini-2.0-flash', 'gemma-3-27b-it'])
			expect(write({ reasoningEffort: 'low' }, model)).toMatchObject({
				config: undefined,
				dropped: ['reasoning_effort'],
			})
		expect(write({ reasoningEffort: 'none' }, 'gemini-2.0-flash').dropped).toEqual([])
	})
})

const weather: Tool = { type: 'function', name: 'w', description: 'd', parameters: { type: 'object' }, strict: false }
const time: Tool = { type: 'function', name: 't', strict: true }

describe('tools', () => {
	test('are declared with their schemas', () => {
		const { body } = write({ tools: [weather, time], toolChoice: { type: 'none' } })
		expect(body).toMatchObject({
			tools: [
				{
					functionDeclarations: [
						{ name: 'w', description: 'd', parametersJsonSchema: { type: 'object' } },
						{ name: 't' },
					],
				},
			],
			toolConfig: { functionCallingConfig: { mode: 'NONE' } },
		})
	})
	test('each tool choice has its mode', () => {
		const modeOf = (toolChoice: ChatRequest['toolChoice'], tools = [weather]) =>
			write({ tools, toolChoice }).body.toolConfig?.functionCallingConfig
		expect(modeOf({ type: 'auto' })).toBeUndefined()
		expect(modeOf({ type: 'auto' }, [time])).toEqual({ mode: 'VALIDATED' })
		expect(modeOf({ type: 'required' })).toEqual({ mode: 'ANY' })
		expect(modeOf({ type: 'required', only: ['w'] }, [weather, time])).toEqual({
			mode: 'ANY',
			allowedFunctionNames: ['w'],
		})
		expect(modeOf({ type: 'named', name: 'w' })).toEqual({ mode: 'ANY', allowedFunctionNames: ['w'] })
	})
	test('an auto choice among some tools declares only those', () => {
		const { body } = write({ tools: [weather, time], toolChoice: { type: 'auto', only: ['w'] } })
		expect(body.tools[0].functionDeclarations.map(({ name }: { name: string }) => name)).toEqual(['w'])
	})
	test('custom tools are rejected', () => {
		const tools: readonly Tool[] = [weather, { type: 'custom', name: 'shell' }]
		expect(refused({ tools, toolChoice: { type: 'auto' } })).toMatchObject({ kind: 'unsupported', param: 'tools[1]' })
	})
	test('strict is dropped and reported for old models', () => {
		expect(write({ tools: [time], toolChoice: { type: 'auto' } }, 'gemini-2.0-flash').dropped).toEqual([
			'tools.function.strict',
		])
	})
})

describe('turns', () => {
	test('instructions go into systemInstruction, wherever they occur', () => {
		const { body } = write({
			messages: [
				{ role: 'system', content: text('a') },
				hi,
				{ role: 'developer', content: text('b') },
				{ role: 'assistant', content: text('ok') },
				{ role: 'assistant', content: [] },
			],
		})
		expect(body).toEqual({
			systemInstruction: { parts: [{ text: 'a' }, { text: 'b' }] },
			contents: [
				{ role: 'user', parts: [{ text: 'hi' }] },
				{ role: 'model', parts: [{ text: 'ok' }] },
			],
		})
	})
	test('instructions alone are a user turn', () => {
		expect(write({ messages: [{ role: 'system', content: text('a') }] }).body).toEqual({
			contents: [{ role: 'user', parts: [{ text: 'a' }] }],
		})
	})
	test('images, audio and files', () => {
		const content: readonly UserPart[] = [
			{ type: 'image', url: 'data:image/png;base64,AAAA', detail: 'low' },
			{ type: 'image', url: 'https://example.org/a.JPG?x=1' },
			{ type: 'audio', data: 'AAAA', format: 'wav' },
			{ type: 'file', name: 'a.txt', data: 'data:text/plain;charset=utf-8,gr%C3%BC%C3%9Fe' },
			{ type: 'file', url: 'gs://bucket/a' },
		]
		const { contents, dropped } = write({ messages: [{ role: 'user', content, name: 'ann' }] })
		expect(contents[0].parts).toEqual([
			{ inlineData: { mimeType: 'image/png', data: 'AAAA' } },
			{ fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.org/a.JPG?x=1' } },
			{ inlineData: { mimeType: 'audio/wav', data: 'AAAA' } },
			{ inlineData: { mimeType: 'text/plain', data: Buffer.from('grüße').toString('base64') } },
			{ fileData: { fileUri: 'gs://bucket/a' } },
		])
		expect(dropped).toEqual(['messages.name', 'image_url.detail', 'file.filename'])
	})

	test('names and details of files in tool results are reported too', () => {
		const called = { type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' } as const
		const file = { type: 'file', name: 'a.pdf', data: 'data:application/pdf;base64,AA==' } as const
		const image = { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low' } as const
		const { dropped } = write({
			messages: [hi, { role: 'assistant', content: [called] }, { role: 'tool', callId: 'c', content: [file, image] }],
		})
		expect(dropped).toEqual(['file.filename', 'image_url.detail'])
	})
	test('files by id, and invalid data URLs, are rejected', () => {
		const withPart = (part: UserPart) => refused({ messages: [hi, { role: 'user', content: [part] }] })
		expect(withPart({ type: 'file', id: 'file-1' })).toMatchObject({
			kind: 'unsupported',
			param: 'messages[1].content[0]',
		})
		for (const url of ['data:nothing', 'data:,%E0%A4%A'])
			expect(withPart({ type: 'image', url })).toMatchObject({
				kind: 'invalid-request',
				param: 'messages[1].content[0]',
			})
	})
})

const signature = (value: string, wire = 'gemini') => ({ wire, value })
const made = (id: string, value?: string) => ({
	type: 'tool-call' as const,
	kind: 'function' as const,
	id,
	name: `tool_${id}`,
	arguments: '{"a":1}',
	signature: value === undefined ? undefined : signature(value),
})

describe('calls and thoughts in the history', () => {
	const conversation: readonly Message[] = [
		hi,
		{ role: 'assistant', content: [...text('looking'), made('1', 's1'), made('2')] },
		{ role: 'tool', callId: '2', content: text('[1]') },
		{ role: 'tool', callId: '1', content: text('{"n":12345678901234567890}'), isError: true },
		hi,
	]
	test('results of one turn are one turn, each with the name of its call', () => {
		expect(write({ messages: conversation }).contents.slice(1)).toEqual([
			{
				role: 'model',
				parts: [
					{ text: 'looking' },
					{ functionCall: { id: '1', name: 'tool_1', args: { a: 1 } }, thoughtSignature: 's1' },
					{ functionCall: { id: '2', name: 'tool_2', args: { a: 1 } } },
				],
			},
			{
				role: 'user',
				parts: [
					{ functionResponse: { id: '2', name: 'tool_2', response: { output: [1] } } },
					{ functionResponse: { id: '1', name: 'tool_1', response: { error: '{"n":12345678901234567890}' } } },
				],
			},
			{ role: 'user', parts: [{ text: 'hi' }] },
		])
	})
	test('Vertex gets no call ids', () => {
		expect(JSON.stringify(write({ messages: conversation }, 'gemini-3-pro', 'vertex').contents)).not.toContain('"id"')
	})
	test('the first call without a required signature gets the skip marker', () => {
		const messages: readonly Message[] = [
			hi,
			{
				role: 'assistant',
				content: [{ ...made('1'), signature: signature('foreign', 'anthropic') }, made('2')],
			},
		]
		const signatures = (model: string) =>
			write({ messages }, model).contents[1].parts.map((part: { thoughtSignature?: string }) => part.thoughtSignature)
		expect(signatures('gemini-3-pro')).toEqual(['skip_thought_signature_validator', undefined])
		expect(signatures('gemini-2.5-pro')).toEqual([undefined, undefined])
	})
	test('signatures of other wires are omitted', () => {
		const content: readonly AssistantPart[] = [
			{ type: 'reasoning', text: 'x', signature: signature('t1') },
			{ type: 'reasoning', text: '', signature: signature('foreign', 'anthropic'), encrypted: true },
			{ type: 'reasoning', text: '', signature: signature('t2'), encrypted: true },
			{ type: 'reasoning', text: 'y', signature: signature('foreign', 'anthropic') },
			...text('a'),
		]
		expect(write({ messages: [{ role: 'assistant', content }] }).contents[0].parts).toEqual([
			{ text: 'x', thought: true, thoughtSignature: 't1' },
			{ text: '', thoughtSignature: 't2' },
			{ text: 'y', thought: true },
			{ text: 'a' },
		])
	})
	test('images of a result are inside it, or beside it for older models', () => {
		const messages: readonly Message[] = [
			hi,
			{ role: 'assistant', content: [made('1', 's')] },
			{ role: 'tool', callId: '1', content: [...text('see'), { type: 'image', url: 'data:image/png;base64,AA==' }] },
		]
		const picture = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
		const result = { id: '1', name: 'tool_1', response: { output: 'see' } }
		expect(write({ messages }).contents[2].parts).toEqual([{ functionResponse: { ...result, parts: [picture] } }])
		expect(write({ messages }, 'gemini-2.5-pro').contents[2].parts).toEqual([{ functionResponse: result }, picture])
	})
	test('arguments other than objects are passed as input', () => {
		const toolCalls = [
			{ ...made('1'), arguments: '[1]' },
			{ ...made('2'), arguments: '{' },
			{ ...made('3'), kind: 'custom' as const, arguments: 'ls' },
		]
		const [{ parts }] = write({ messages: [{ role: 'assistant', content: toolCalls }] }).contents
		expect(parts.map(({ functionCall }: { functionCall: { args: unknown } }) => functionCall.args)).toEqual([
			{ input: '[1]' },
			{ input: '{' },
			{ input: 'ls' },
		])
	})
	test.each(['', ' ', '\n', '{}'])('a call without arguments (%j) has none', (given) => {
		const toolCalls = [{ ...made('1'), arguments: given }]
		const [{ parts }] = write({ messages: [{ role: 'assistant', content: toolCalls }] }).contents
		expect(parts[0].functionCall.args).toEqual({})
	})
	test('a result without a call is rejected', () => {
		expect(refused({ messages: [hi, { role: 'tool', callId: 'x', content: text('a') }] })).toMatchObject({
			kind: 'invalid-request',
			param: 'messages[1].tool_call_id',
		})
	})
})

requestFatesContract('Gemini requests', generationRequestFates, (request, drop) =>
	writeGenerationRequest(request, formOf('gemini-3-pro', 'gemini'), drop),
)
