// Canonical requests written for the Messages API.

import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../chat/json.ts'
import type { AssistantPart, CacheMark, Message } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { requestFatesContract } from '../../chat/request-fates.contract.ts'
import { resumable } from '../../system/resumable.ts'
import { messagesWire } from './formats.ts'
import {
	type MessageRequestForm,
	messageRequestFates,
	writeCountRequest,
	writeMessageRequest,
} from './message-request-writer.ts'

const usual: MessageRequestForm = {
	maxTokens: 500,
	thinking: 'effort',
	cache: 'client',
	systemMessages: 'user',
	schemaBounds: 'remove',
}

function say(role: 'user' | 'assistant' | 'system', text: string): Message {
	const content = [{ type: 'text', text }] as const
	return { role, content }
}

const plain: ChatRequest = {
	...plainRequest,
	messages: [say('user', 'hi')],
}

function write(changes: Partial<ChatRequest> = {}, form: Partial<MessageRequestForm> = {}) {
	const dropped: string[] = []
	const { body, betas } = writeMessageRequest(
		{ ...plain, ...changes },
		{ model: 'claude', form: { ...usual, ...form }, stream: false, drop: (part) => dropped.push(part) },
	)
	return { body, betas, dropped }
}

function written(messages: readonly Message[]): unknown {
	return write({ messages }).body.messages
}

test('the time for many messages of one role grows with their number', () => {
	const messages = Array.from({ length: 40_000 }, () => say('user', 'hi'))
	const began = process.threadCpuUsage()
	expect(written(messages)).toEqual([{ role: 'user', content: messages.map(() => text('hi')) }])
	expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(4000)
})

test.each(['user', 'system'] as const)(
	'many messages are written in steps like in one, instructions as %s',
	(systemMessages) => {
		const turns = Array.from({ length: 20_000 }, (_, at) => say(at % 2 === 0 ? 'user' : 'assistant', `${at}`))
		const messages = [say('system', 'first'), ...turns, say('user', 'last'), say('system', 'after it')]
		const steps = resumable(() => write({ messages }, { systemMessages }).body)
		let step = steps.next()
		while (step.done !== true) step = steps.next()
		expect(Bun.deepEquals(step.value, write({ messages }, { systemMessages }).body)).toBe(true)
	},
)

const text = (value: string): JsonObject => ({ type: 'text', text: value })
const look = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false } as const

test('a plain request has only the required fields', () =>
	expect(write().body).toEqual({
		model: 'claude',
		messages: [{ role: 'user', content: [text('hi')] }],
		max_tokens: 500,
		stream: false,
	}))

describe('turns', () => {
	test('leading instructions go into system, later ones remain in order', () => {
		const { body } = write({
			messages: [say('system', 'A.'), say('system', 'B.'), say('user', 'hi'), say('system', 'C.')],
		})
		expect([body.system, body.messages]).toEqual([
			[text('A.'), text('B.')],
			[{ role: 'user', content: [text('hi'), text('<system>\nC.\n</system>')] }],
		])
	})
	test('alternate, start with the user, and are not empty', () =>
		expect(
			written([say('assistant', 'a'), say('user', ' '), say('user', 'b'), say('user', 'c'), say('assistant', 'd \n')]),
		).toEqual([
			{ role: 'user', content: [text('…')] },
			{ role: 'assistant', content: [text('a')] },
			{ role: 'user', content: [text('b'), text('c')] },
			{ role: 'assistant', content: [text('d')] },
		]))
	test('tool results follow their calls in one turn', () => {
		const image = { type: 'image', url: 'data:image/png;base64,QUJD' } as const
		expect(
			written([
				say('user', 'hi'),
				{
					role: 'assistant',
					content: [
						{ type: 'tool-call', kind: 'function', id: 'a.1', name: 'look', arguments: '{"at":1}' },
						{ type: 'tool-call', kind: 'custom', id: 'b', name: 'free', arguments: 'x' },
						{ type: 'tool-call', kind: 'function', id: 'c', name: 'look', arguments: 'no json' },
					],
				},
				{ role: 'tool', callId: 'a.1', content: [{ type: 'text', text: 'sunny' }, image] },
				{ role: 'tool', callId: 'b', content: [], isError: true },
				say('user', 'so?'),
			]),
		).toEqual([
			{ role: 'user', content: [text('hi')] },
			{
				role: 'assistant',
				content: [
					{ type: 'tool_use', id: 'a_1', name: 'look', input: { at: 1 } },
					{ type: 'tool_use', id: 'b', name: 'free', input: { input: 'x' } },
					{ type: 'tool_use', id: 'c', name: 'look', input: { input: 'no json' } },
				],
			},
			{
				role: 'user',
				content: [
					{
						type: 'tool_result',
						tool_use_id: 'a_1',
						content: [
							text('sunny'),
							{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
						],
					},
					{ type: 'tool_result', tool_use_id: 'b', is_error: true },
					text('so?'),
				],
			},
		])
	})
	test('thinking is written only with a signature of this wire', () =>
		expect(
			written([
				say('user', 'hi'),
				{
					role: 'assistant',
					content: [
						{ type: 'reasoning', text: 'a', signature: { wire: 'anthropic', value: 's1' } },
						{ type: 'reasoning', text: 'b', signature: { wire: 'another', value: 's2' } },
						{ type: 'reasoning', text: '', signature: { wire: 'anthropic', value: 's3' }, encrypted: true },
						{ type: 'reasoning', text: 'c' },
						{ type: 'text', text: 'yes' },
					],
				},
				say('user', 'and?'),
			]),
		).toMatchObject([
			{},
			{
				content: [
					{ type: 'thinking', thinking: 'a', signature: 's1' },
					{ type: 'redacted_thinking', data: 's3' },
					text('yes'),
				],
			},
			{},
		]))
	const signed = (value: string, more: object = {}): AssistantPart => ({
		type: 'reasoning',
		text: '',
		signature: { wire: 'anthropic', value, ...more },
		encrypted: true,
	})
	const say1 = (text: string): AssistantPart => ({ type: 'text', text })
	const contentOf = (content: readonly AssistantPart[], origin?: string) => {
		const dropped: string[] = []
		const messages: readonly Message[] = [
			say('system', 's'),
			say('user', 'hi'),
			{ role: 'assistant', content },
			say('user', 'and?'),
		]
		const { body } = writeMessageRequest(
			{ ...plain, messages },
			{ model: 'claude', origin, form: usual, stream: false, drop: (part) => dropped.push(part) },
		)
		return { content: JSON.parse(JSON.stringify(body.messages))[1].content, dropped }
	}
	test('thinking without a signature is reported, with its position in the request', () => {
		const foreign: AssistantPart = { type: 'provider-item', wire: 'openai', item: { type: 'x' } }
		const { content, dropped } = contentOf([
			foreign,
			{ type: 'reasoning', text: 'hm' },
			say1('a'),
			{ type: 'reasoning', text: 'well', signature: { wire: 'gemini', value: 'x' } },
			signed('s1'),
		])
		expect(content).toEqual([text('a'), { type: 'redacted_thinking', data: 's1' }])
		expect(dropped).toEqual(['messages[2].content[0]', 'messages[2].content[1]', 'messages[2].content[3]'])
	})
	test('thinking of another service or model is left out', () => {
		const parts = [
			signed('mine', { origin: 'a.example m' }),
			signed('theirs', { origin: 'b.example m' }),
			signed('unknown'),
		]
		const data = (value: string) => ({ type: 'redacted_thinking', data: value })
		expect(contentOf(parts, 'a.example m').content).toEqual([data('mine'), data('unknown')])
		expect(contentOf(parts).content).toEqual([data('mine'), data('theirs'), data('unknown')])
	})
	test('blank text remains only between signed thinking, empty text never', () => {
		expect(contentOf([say1(' \n'), say1(''), say1('a')]).content).toEqual([text('a')])
		expect(contentOf([signed('s1'), say1(' \n'), say1(''), say1('a')]).content).toEqual([
			{ type: 'redacted_thinking', data: 's1' },
			text(' \n'),
			text('a'),
		])
		expect(written([say('user', 'hi'), { role: 'assistant', content: [signed('s1'), say1('a '), say1(' ')] }])).toEqual(
			[
				{ role: 'user', content: [text('hi')] },
				{ role: 'assistant', content: [{ type: 'redacted_thinking', data: 's1' }, text('a')] },
			],
		)
	})
	test('images and audio of the model are reported', () => {
		const { content, dropped } = contentOf([
			{ type: 'image', url: 'https://a.test/i.png' },
			say1('a'),
			{ type: 'audio', data: 'QUJD', format: 'wav' },
		])
		expect([content, dropped]).toEqual([[text('a')], ['messages[2].content[0]', 'messages[2].content[2]']])
	})
	test('unknown fields of messages are written, those of other wires reported', () => {
		const rest = (wire: string) => ({ wire, fields: { extra: wire } })
		const { body, dropped } = write({
			messages: [
				{ ...say('user', 'a'), rest: rest('openai') },
				{ ...say('user', 'b'), rest: rest('anthropic') },
			],
			tools: [
				{ ...look, rest: rest('anthropic') },
				{ ...look, rest: rest('openai') },
			],
			toolChoice: { type: 'auto' },
		})
		expect(body.messages).toEqual([{ role: 'user', extra: 'anthropic', content: [text('a'), text('b')] }])
		expect(JSON.parse(JSON.stringify(body.tools))).toMatchObject([{ extra: 'anthropic' }, { name: 'look' }])
		expect(dropped).toEqual(['messages[0].extra', 'tools[1].extra'])
	})
	test('files by id, by URL and inline; audio is rejected', () => {
		const files = [
			{ type: 'file', id: 'f' },
			{ type: 'file', url: 'https://a.test/b.pdf', name: 'b' },
			{ type: 'file', data: 'data:application/pdf;base64,QUJD' },
			{ type: 'file', data: `data:text/plain;base64,${btoa('abc')}` },
		] as const
		expect(written([{ role: 'user', content: files }])).toEqual([
			{
				role: 'user',
				content: [
					{ type: 'document', source: { type: 'file', file_id: 'f' } },
					{ type: 'document', source: { type: 'url', url: 'https://a.test/b.pdf' }, title: 'b' },
					{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' } },
					{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
				],
			},
		])
		const sound = [{ type: 'audio', data: 'QUJD', format: 'wav' }] as const
		expect(() => written([{ role: 'user', content: sound }])).toThrow('does not support audio input')
	})
})

describe('tools', () => {
	const tools = [look, { ...look, name: 'other', strict: true }, { type: 'custom', name: 'free' }] as const
	for (const [name, changes, expected] of [
		['any', { toolChoice: { type: 'required' } }, { type: 'any' }],
		['one', { toolChoice: { type: 'named', name: 'look' } }, { type: 'tool', name: 'look' }],
		['none', { toolChoice: { type: 'none' } }, { type: 'none' }],
		[
			'one at a time',
			{ toolChoice: { type: 'auto' }, parallelToolCalls: false },
			{ type: 'auto', disable_parallel_tool_use: true },
		],
	] as const)
		test(name, () => expect(write({ tools, ...changes }).body.tool_choice).toEqual(expected))
	test('a choice among some tools', () => {
		const { body } = write({ tools, toolChoice: { type: 'auto', only: ['other'] } })
		expect(body.tools).toMatchObject([{ name: 'other', strict: true }])
	})
	test('a custom tool has one argument', () =>
		expect(write({ tools, toolChoice: { type: 'auto' } }).body.tools).toMatchObject([
			{ name: 'look', input_schema: { type: 'object', properties: {} } },
			{},
			{ name: 'free', input_schema: { properties: { input: { type: 'string' } }, required: ['input'] } },
		]))
})

describe('thinking', () => {
	test('by effort', () => {
		expect(write({ reasoningEffort: 'minimal' }).body.output_config).toEqual({ effort: 'low' })
		expect(write({ reasoningEffort: 'none' }).body).not.toHaveProperty('output_config')
	})
	test('by token budget, without sampling parameters', () => {
		const { body, dropped } = write(
			{ reasoningEffort: 'low', sampling: { temperature: 0.5, topK: 3 } },
			{ thinking: 'budget' },
		)
		expect(body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 2048 }, max_tokens: 2548 })
		expect(body).not.toHaveProperty('temperature')
		expect(dropped).toEqual(['temperature', 'top_k'])
	})
	test('within max_tokens', () =>
		expect(write({ reasoningTokens: 9000, maxTokens: 5000 }).body).toMatchObject({
			thinking: { budget_tokens: 4999 },
			max_tokens: 5000,
		}))
	test('is off for a forced call and for a small max_tokens', () => {
		const forced = write({ reasoningTokens: 2000, tools: [look], toolChoice: { type: 'required' } })
		expect([forced.body.thinking, forced.dropped]).toEqual([undefined, ['reasoning_effort']])
		expect(write({ reasoningTokens: 2000, maxTokens: 100 }).dropped).toEqual(['reasoning_effort'])
	})
	test('is off within a tool loop without signed thinking', () => {
		const call: AssistantPart = { type: 'tool-call', kind: 'function', id: 'a', name: 'look', arguments: '{}' }
		const loop = (...before: readonly AssistantPart[]): readonly Message[] => [
			say('user', 'hi'),
			{ role: 'assistant', content: [...before, call] },
			{ role: 'tool', callId: 'a', content: [{ type: 'text', text: 'x' }] },
		]
		const bare = write({ messages: loop(), reasoningTokens: 2000 })
		expect([bare.body.thinking, bare.dropped]).toEqual([undefined, ['reasoning_effort']])
		const signed = loop({ type: 'reasoning', text: 'a', signature: { wire: 'anthropic', value: 's' } })
		expect(write({ messages: signed, reasoningTokens: 2000 }).body.thinking).toMatchObject({ type: 'enabled' })
	})
	test('can be disabled', () => {
		const chosen = write({ reasoningTokens: 0, sampling: { temperature: 0.2, topK: 5 } })
		expect(chosen.body).toMatchObject({ temperature: 0.2, top_k: 5 })
		expect(chosen.dropped).toEqual([])
		expect(write({ reasoningTokens: 0 }).body.thinking).toEqual({ type: 'disabled' })
		expect(write({ reasoningEffort: 'high' }, { thinking: 'off' }).dropped).toEqual(['reasoning_effort'])
		const budget = write({ reasoningTokens: 2000 }, { thinking: 'off' })
		expect([budget.body.thinking, budget.dropped]).toEqual([undefined, ['reasoning_effort']])
	})
})

describe('unsupported features', () => {
	test('are reported unless they have no effect', () => {
		const sampling = {
			seed: 1,
			minP: 0.1,
			frequencyPenalty: 0,
			presencePenalty: 1,
			repetitionPenalty: 1,
			temperature: 1.5,
			topP: 0.5,
		}
		const { body, dropped } = write({ sampling, logprobs: { top: 1 }, passthrough: { guided_regex: 'a' } })
		expect(dropped.toSorted()).toEqual([
			'guided_regex',
			'logprobs',
			'min_p',
			'presence_penalty',
			'seed',
			'temperature',
			'top_p',
		])
		expect(body).toMatchObject({ temperature: 1 })
		expect(body).not.toHaveProperty('guided_regex')
	})
	test('are rejected if the response would be wrong', () =>
		expect(() => write({ choices: 2 })).toThrow('only one choice per request'))
	test('of this wire are passed through', () => {
		const passthrough = { betas: ['a-1'], service_tier: 'auto' }
		const { body, betas, dropped } = write({ passthrough, passthroughWire: 'anthropic' })
		expect([body.service_tier, body.betas, betas, dropped]).toEqual(['auto', undefined, ['a-1'], []])
	})
})

test('every open object schema is closed', () => {
	const inner = { type: 'object', properties: { a: { type: 'string' } } } as const
	const schema = {
		type: 'object',
		properties: { properties: inner, list: { type: 'array', items: inner } },
		$defs: { one: inner, open: { ...inner, additionalProperties: true } },
		default: { type: 'object' },
	} as const
	const closed = { ...inner, additionalProperties: false }
	const { body } = write({
		responseFormat: { type: 'json-schema', name: 's', schema, strict: false },
		reasoningEffort: 'low',
	})
	expect(body.output_config).toEqual({
		effort: 'low',
		format: {
			type: 'json_schema',
			schema: {
				type: 'object',
				properties: { properties: closed, list: { type: 'array', items: closed } },
				$defs: { one: closed, open: { ...inner, additionalProperties: true } },
				default: { type: 'object' },
				additionalProperties: false,
			},
		},
	})
})

describe('cache marks', () => {
	const messages = [
		say('system', 's'),
		say('user', 'a'),
		say('assistant', 'b'),
		say('user', 'c'),
		say('assistant', 'd'),
		say('user', 'e'),
	]
	const marked = (value: unknown) => (JSON.stringify(value).match(/"cache_control"/g) ?? []).length
	const tools = [look, { ...look, name: 'other' }]
	test('are set at the ends, at most four', () => {
		const { body } = write({ messages, tools, toolChoice: { type: 'auto' } }, { cache: 'auto' })
		expect([marked(body.tools), marked(body.system), marked(body.messages)]).toEqual([1, 1, 2])
		const turns = body.messages as readonly JsonObject[]
		expect(turns.map(marked)).toEqual([0, 0, 1, 0, 1])
	})
	test('are left to a client that sets any', () => {
		const own: Message = { role: 'user', content: [{ type: 'text', text: 'a', cacheMark: '1h' }] }
		const { body } = write({ messages: [say('system', 's'), own] }, { cache: 'auto' })
		expect(marked(body)).toBe(1)
		expect(body.messages).toMatchObject([{ content: [{ cache_control: { type: 'ephemeral', ttl: '1h' } }] }])
	})
	test('are left to a client that sets one within a document', () => {
		const inner = { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }
		const item = { type: 'document', source: { type: 'content', content: [inner] } }
		const own: Message = { role: 'user', content: [{ type: 'provider-item', wire: messagesWire, item }] }
		expect(marked(write({ messages: [say('system', 's'), own] }, { cache: 'auto' }).body)).toBe(1)
		const surplus: Message[] = Array.from({ length: 6 }, () => own)
		expect(marked(write({ messages: surplus }).body)).toBe(4)
	})
	test('are not set by default', () => expect(marked(write({ messages, tools }).body)).toBe(0))
})

test('a token counting request contains only the fields that are counted', () => {
	const { body } = writeCountRequest({ ...plain, tools: [look], maxTokens: 5 }, { model: 'claude', form: usual })
	expect(Object.keys(JSON.parse(JSON.stringify(body))).sort()).toEqual(['messages', 'model', 'tool_choice', 'tools'])
})

describe('cache marks', () => {
	const control = (cacheMark: CacheMark) => {
		const { body } = write({
			messages: [
				{ role: 'user', content: [{ type: 'text', text: 'a', cacheMark }] },
				{
					role: 'assistant',
					content: [
						{ type: 'text', text: 'b', cacheMark },
						{ type: 'tool-call', kind: 'function', id: 'c', name: 'look', arguments: '{}', cacheMark },
					],
				},
				{ role: 'tool', callId: 'c', content: [], cacheMark },
			],
		})
		const withTools = write({
			tools: [
				{ ...look, cacheMark },
				{ type: 'custom', name: 'free', cacheMark },
			],
			toolChoice: { type: 'auto' },
		})
		const { messages } = JSON.parse(JSON.stringify(body))
		const { tools } = JSON.parse(JSON.stringify(withTools.body))
		const [given, calling, results] = messages
		const marked = [given.content[0], ...calling.content, results.content[0], ...tools]
		expect(new Set(marked.map(({ cache_control }) => JSON.stringify(cache_control))).size).toBe(1)
		return given.content[0].cache_control
	}

	test('have the fields that the client set, and no others', () => {
		expect(control({})).toEqual({ type: 'ephemeral' })
		expect(control('5m')).toEqual({ type: 'ephemeral', ttl: '5m' })
		expect(control({ scope: 'global' })).toEqual({ type: 'ephemeral', scope: 'global' })
		expect(control({ wire: 'openai', ttl: '5m' })).toEqual({ type: 'ephemeral', ttl: '5m' })
		expect(control({ ttl: '1h', scope: 'global' })).toEqual({ type: 'ephemeral', ttl: '1h', scope: 'global' })
	})
})

test('a conversation with more cache marks than the API accepts has only the last ones', () => {
	const part = (value: string) => ({ type: 'text', text: value, cacheMark: {} }) as const
	const marks = (turns: number, form: Partial<MessageRequestForm> = {}) => {
		const { body } = write(
			{
				messages: [
					{ role: 'system', content: [part('s')] },
					...Array.from({ length: turns }, (): Message[] => [
						{ role: 'user', content: [part('q'), part('r')] },
						say('assistant', 'a'),
					]).flat(),
				],
				tools: [{ ...look, cacheMark: {} }],
				toolChoice: { type: 'auto' },
			},
			form,
		)
		const { system, tools, messages } = JSON.parse(JSON.stringify(body))
		return [...tools, ...system, ...messages.flatMap(({ content }: { content: object[] }) => content)].map(
			(block) => 'cache_control' in block,
		)
	}
	expect(marks(1)).toEqual([true, true, true, true, false])
	expect(marks(3, { cache: 'auto' })).toEqual(marks(3))
	expect(marks(3)).toEqual([true, true, ...[false, false, false], ...[false, false, false], true, true, false])
})

test('a stored answer is sent without the fields of its response', () => {
	const rest = { wire: 'anthropic', fields: { stop_reason: 'pause_turn', container: { id: 'c' }, own: 1 } }
	const { body } = write({ messages: [say('user', 'a'), { ...say('assistant', 'b'), rest }] })
	expect(JSON.parse(JSON.stringify(body.messages))[1]).toEqual({
		role: 'assistant',
		content: [{ type: 'text', text: 'b' }],
		own: 1,
	})
})

test('fields of instructions in the middle are sent with a message of their own, or reported', () => {
	const rest = { wire: 'anthropic', fields: { clear_at: 'next_user_message' } }
	const messages = [say('user', 'a'), { ...say('system', 's'), rest }, say('assistant', 'b'), say('user', 'c')]
	const own = write({ messages }, { systemMessages: 'system' })
	expect(own.body.messages).toMatchObject([{ role: 'user' }, { role: 'system', ...rest.fields }, {}, {}])
	expect(own.dropped).toEqual([])
	const within = write({ messages }, { systemMessages: 'user' })
	expect(JSON.stringify(within.body)).not.toContain('clear_at')
	expect(within.dropped).toEqual(['messages[1].clear_at'])
})

describe('instructions in the middle as messages', () => {
	const turns = (messages: readonly Message[]) => write({ messages }, { systemMessages: 'system' }).body.messages

	test('follow the user message', () =>
		expect(turns([say('user', 'a'), say('assistant', 'b'), say('system', 'C.'), say('user', 'd')])).toEqual([
			{ role: 'user', content: [text('a')] },
			{ role: 'assistant', content: [text('b')] },
			{ role: 'user', content: [text('d')] },
			{ role: 'system', content: [text('C.')] },
		]))

	test('never separate calls from their results', () => {
		const calls: Message = {
			role: 'assistant',
			content: [{ type: 'tool-call', kind: 'function', id: 'c', name: 'look', arguments: '{}' }],
		}
		const result: Message = { role: 'tool', callId: 'c', content: [{ type: 'text', text: 'seen' }] }
		expect(turns([say('user', 'a'), calls, say('system', 'C.'), result, say('assistant', 'ok')])).toMatchObject([
			{ role: 'user' },
			{ role: 'assistant' },
			{ role: 'user', content: [{ type: 'tool_result' }] },
			{ role: 'system', content: [text('C.')] },
			{ role: 'assistant' },
		])
	})

	test('become text of a user message if there is none before them', () =>
		expect(turns([say('user', 'a'), say('assistant', 'b'), say('system', 'C.')])).toEqual([
			{ role: 'user', content: [text('a')] },
			{ role: 'assistant', content: [text('b')] },
			{ role: 'user', content: [text('<system>\nC.\n</system>')] },
		]))
})

describe('bounds in schemas', () => {
	const schema = {
		type: 'object',
		properties: {
			n: { type: 'integer', minimum: 1, maximum: 9 },
			list: { type: 'array', items: { type: 'string', maxLength: 3 }, minItems: 1, maxItems: 4 },
			minimum: { enum: [{ minimum: 1 }] },
		},
		additionalProperties: false,
	}
	const without = {
		type: 'object',
		properties: {
			n: { type: 'integer' },
			list: { type: 'array', items: { type: 'string' }, minItems: 1 },
			minimum: { enum: [{ minimum: 1 }] },
		},
		additionalProperties: false,
	}
	const keywords = ['minimum', 'maximum', 'maxLength', 'maxItems']
	const responseFormat = { type: 'json-schema', name: 'x', schema, strict: false } as const

	test('of structured outputs are removed and reported', () => {
		const { body, dropped } = write({ responseFormat })
		expect(body.output_config).toEqual({ format: { type: 'json_schema', schema: without } })
		expect(dropped).toEqual(keywords.map((keyword) => `response_format.${keyword}`))
	})

	test('of strict tools are removed and reported, of others sent', () => {
		const tools = [
			{ ...look, parameters: schema, strict: true },
			{ ...look, name: 'other', parameters: schema },
		]
		const { body, dropped } = write({ tools, toolChoice: { type: 'auto' } })
		expect(body.tools).toMatchObject([{ input_schema: without }, { input_schema: schema }])
		expect(dropped).toEqual(keywords.map((keyword) => `tools.${keyword}`))
	})

	test('are sent to servers that accept them', () => {
		const { body, dropped } = write({ responseFormat }, { schemaBounds: 'send' })
		expect(body.output_config).toEqual({ format: { type: 'json_schema', schema } })
		expect(dropped).toEqual([])
	})
})

test('the resolution of images is reported, in messages of users and in tool results', () => {
	const image = (detail?: string) => ({ type: 'image', url: 'https://x.example/i.png', detail }) as const
	const details = (message: Message) => write({ messages: [say('user', 'hi'), message] }).dropped
	expect(details({ role: 'user', content: [image('low'), image('auto'), image()] })).toEqual(['image_url.detail'])
	expect(details({ role: 'tool', callId: 'c', content: [image('high')] })).toEqual(['image_url.detail'])
})

test('the description of a response format is that of its schema, unless the schema has one', () => {
	const sent = (schema?: JsonObject) =>
		write({ responseFormat: { type: 'json-schema', name: 'x', description: 'of x', schema, strict: true } }).body
			.output_config
	expect(sent({ type: 'string' })).toMatchObject({ format: { schema: { type: 'string', description: 'of x' } } })
	expect(sent({ description: 'own' })).toMatchObject({ format: { schema: { description: 'own' } } })
	expect(sent()).toMatchObject({ format: { schema: { type: 'object', description: 'of x' } } })
})

describe('fields within thinking', () => {
	const within = {
		passthrough: { 'thinking.block_binding': { mode: 'strict' }, other: 1 },
		passthroughWire: 'anthropic',
	}

	test('are sent with it', () => {
		const { body, dropped } = write({ ...within, maxTokens: 5000, reasoningTokens: 2000 })
		expect(body).toMatchObject({
			thinking: { type: 'enabled', budget_tokens: 2000, block_binding: { mode: 'strict' } },
			other: 1,
		})
		expect(Object.keys(body)).not.toContain('thinking.block_binding')
		expect(dropped).toEqual([])
	})
	test('are reported without it', () => {
		const { body, dropped } = write(within)
		expect(body).toMatchObject({ other: 1 })
		expect(body.thinking).toBeUndefined()
		expect(Object.keys(body)).not.toContain('thinking.block_binding')
		expect(dropped).toEqual(['thinking.block_binding'])
	})
})

requestFatesContract('Messages requests', messageRequestFates, (request, drop) =>
	writeMessageRequest(request, { model: 'claude', form: usual, stream: false, drop }),
)
