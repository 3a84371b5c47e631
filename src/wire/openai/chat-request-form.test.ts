// Every option of the form, at the writer: what the default sends, what each other value sends, and what is reported.

import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../chat/json.ts'
import type { CacheMark, Message } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { type ChatRequestForm, chatRequestForm } from './chat-request-form.ts'
import { writeChatRequest } from './chat-request-writer.ts'

const text = (text: string) => ({ type: 'text', text }) as const
const user = (content: string): Message => ({ role: 'user', content: [text(content)] })
const system = (content: string): Message => ({ role: 'system', content: [text(content)] })
const assistant: Message = { role: 'assistant', content: [text('ok')] }
const plain: ChatRequest = {
	...plainRequest,
	messages: [user('hi')],
}

interface Case {
	readonly form: Partial<ChatRequestForm>
	readonly request: Partial<ChatRequest>
	readonly sends: JsonObject
	readonly drops?: readonly string[]
}

const failed: Message = { role: 'tool', callId: 'c', content: [text('boom')], isError: true }
const reasoned: Message = { role: 'assistant', content: [{ type: 'reasoning', text: 'hm' }, text('ok')] }
const painted: Message = { role: 'assistant', content: [text('ok'), { type: 'image', url: 'http://x/y.png' }] }
const marked = (cacheMark: CacheMark): Message => ({ role: 'user', content: [{ ...text('hi'), cacheMark }] })
const named: Message = { role: 'user', content: [text('hi')], name: 'ann' }
const middle = [system('a'), system('b'), user('hi'), assistant, system('c'), user('on')]
const longUser = 'u'.repeat(186)
const longHash = new Bun.CryptoHasher('sha256').update(longUser).digest('hex')
const patch = { type: 'custom', name: 'patch', description: 'd', grammar: { syntax: 'lark', definition: 'g' } } as const
const patched: Partial<ChatRequest> = {
	tools: [patch],
	toolChoice: { type: 'named', name: 'patch' },
	messages: [
		{ role: 'assistant', content: [{ type: 'tool-call', kind: 'custom', id: 'c', name: 'patch', arguments: 'a"b' }] },
	],
}
const asFunction = {
	name: 'patch',
	description: 'd\nIt follows this lark grammar: g',
	parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
}
const bounded = {
	type: 'object',
	properties: { n: { type: 'integer', minimum: 1 }, minimum: { type: 'string', maxLength: 3 } },
}
const unbounded = { type: 'object', properties: { n: { type: 'integer' }, minimum: { type: 'string' } } }
const structured: Partial<ChatRequest> = {
	responseFormat: { type: 'json-schema', name: 'x', schema: bounded, strict: false },
}
const content = (...messages: readonly JsonObject[]) => ({ messages })

const cases = {
	maxTokensField: [
		{ form: {}, request: { maxTokens: 5 }, sends: { max_tokens: 5 } },
		{
			form: { maxTokensField: 'max_completion_tokens' },
			request: { maxTokens: 5 },
			sends: { max_completion_tokens: 5 },
		},
	],
	developerRole: [
		{
			form: {},
			request: { messages: [{ role: 'developer', content: [text('a')] }] },
			sends: content({ role: 'developer', content: 'a' }),
		},
		{
			form: { developerRole: 'system' },
			request: { messages: [{ role: 'developer', content: [text('a')] }] },
			sends: content({ role: 'system', content: 'a' }),
		},
	],
	streamUsage: [
		{ form: {}, request: {}, sends: { stream_options: { include_usage: true } } },
		{ form: { streamUsage: false }, request: {}, sends: { stream: true } },
	],
	textContent: [
		{
			form: {},
			request: { messages: [{ role: 'user', content: [text('a'), text('b')] }] },
			sends: content({ role: 'user', content: [text('a'), text('b')] }),
		},
		{
			form: { textContent: 'string' },
			request: {
				messages: [
					{ role: 'system', content: [text('a'), text('b')] },
					{ role: 'user', content: [text('a'), text('b')] },
					{ role: 'tool', callId: 'c', content: [text('a'), text('b')] },
					{ role: 'user', content: [text('a'), { type: 'image', url: 'http://x/y.png' }] },
				],
			},
			sends: content(
				{ role: 'system', content: 'a\nb' },
				{ role: 'user', content: 'a\nb' },
				{ role: 'tool', tool_call_id: 'c', content: 'a\nb' },
				{ role: 'user', content: [text('a'), { type: 'image_url', image_url: { url: 'http://x/y.png' } }] },
			),
		},
	],
	systemMessages: [
		{
			form: {},
			request: { messages: [user('hi'), system('c')] },
			sends: content({ role: 'user', content: 'hi' }, { role: 'system', content: 'c' }),
		},
		{
			form: { systemMessages: 'first', textContent: 'string' },
			request: { messages: middle },
			sends: content(
				{ role: 'system', content: 'a\nb\nc' },
				{ role: 'user', content: 'hi' },
				{ role: 'assistant', content: 'ok' },
				{ role: 'user', content: 'on' },
			),
		},
		{
			form: { systemMessages: 'user', textContent: 'string' },
			request: { messages: middle },
			sends: content(
				{ role: 'system', content: 'a\nb' },
				{ role: 'user', content: 'hi' },
				{ role: 'assistant', content: 'ok' },
				{ role: 'user', content: '<system>\nc\n</system>\non' },
			),
		},
		{
			form: { systemMessages: 'user' },
			request: { messages: [user('hi'), assistant, system('c'), { ...failed, isError: undefined }, system('d')] },
			sends: content(
				{ role: 'user', content: 'hi' },
				{ role: 'assistant', content: 'ok' },
				{ role: 'tool', tool_call_id: 'c', content: 'boom' },
				{ role: 'user', content: [text('<system>\nc\n</system>'), text('<system>\nd\n</system>')] },
			),
		},
		{
			form: { systemMessages: 'user' },
			request: { messages: [user('hi'), system('c'), assistant] },
			sends: content(
				{ role: 'user', content: 'hi' },
				{ role: 'user', content: '<system>\nc\n</system>' },
				{ role: 'assistant', content: 'ok' },
			),
		},
	],
	cacheMarks: [
		{
			form: {},
			request: { messages: [marked('5m'), marked({ ttl: '1h', scope: 'org', wire: 'openai' })] },
			sends: content(
				{ role: 'user', content: 'hi' },
				{ role: 'user', content: [{ ...text('hi'), cache_control: { type: 'ephemeral', ttl: '1h', scope: 'org' } }] },
			),
			drops: ['cache_control'],
		},
		{
			form: { cacheMarks: 'send' },
			request: {
				messages: [marked({}), { ...failed, isError: undefined, cacheMark: '1h' }],
				tools: [{ type: 'function', name: 'f', strict: false, cacheMark: '5m' }],
				toolChoice: { type: 'auto' },
			},
			sends: {
				messages: [
					{ role: 'user', content: [{ ...text('hi'), cache_control: { type: 'ephemeral' } }] },
					{
						role: 'tool',
						tool_call_id: 'c',
						content: [{ ...text('boom'), cache_control: { type: 'ephemeral', ttl: '1h' } }],
					},
				],
				tools: [{ type: 'function', function: { name: 'f' }, cache_control: { type: 'ephemeral', ttl: '5m' } }],
			},
		},
		{
			form: { textContent: 'string' },
			request: { messages: [marked({ wire: 'openai' })] },
			sends: content({ role: 'user', content: 'hi' }),
			drops: ['cache_control'],
		},
	],
	messageNames: [
		{ form: {}, request: { messages: [named] }, sends: content({ role: 'user', content: 'hi', name: 'ann' }) },
		{
			form: { messageNames: 'omit' },
			request: { messages: [named] },
			sends: content({ role: 'user', content: 'hi' }),
			drops: ['messages.name'],
		},
	],
	reasoningHistory: [
		{
			form: {},
			request: { messages: [reasoned] },
			sends: content({ role: 'assistant', content: 'ok', reasoning_content: 'hm' }),
		},
		{
			form: { reasoningHistory: 'reasoning' },
			request: { messages: [reasoned] },
			sends: content({ role: 'assistant', content: 'ok', reasoning: 'hm' }),
		},
		{
			form: { reasoningHistory: 'both' },
			request: { messages: [reasoned] },
			sends: content({ role: 'assistant', content: 'ok', reasoning_content: 'hm', reasoning: 'hm' }),
		},
		{
			form: { reasoningHistory: 'thinking' },
			request: { messages: [reasoned] },
			sends: content({
				role: 'assistant',
				content: [{ type: 'thinking', thinking: [text('hm')] }, text('ok')],
			}),
		},
		{
			form: { reasoningHistory: 'omit' },
			request: { messages: [reasoned] },
			sends: content({ role: 'assistant', content: 'ok' }),
			drops: ['reasoning_content'],
		},
	],
	imageHistory: [
		{
			form: {},
			request: { messages: [painted] },
			sends: content({
				role: 'assistant',
				content: 'ok',
				images: [{ type: 'image_url', image_url: { url: 'http://x/y.png' } }],
			}),
		},
		{
			form: { imageHistory: 'omit' },
			request: { messages: [painted] },
			sends: content({ role: 'assistant', content: 'ok' }),
			drops: ['images'],
		},
	],
	toolFailures: [
		{
			form: {},
			request: { messages: [failed] },
			sends: content({ role: 'tool', tool_call_id: 'c', content: 'Error: boom' }),
		},
		{
			form: {},
			request: { messages: [{ ...failed, content: [] }] },
			sends: content({ role: 'tool', tool_call_id: 'c', content: 'Error:' }),
		},
		{
			form: { toolFailures: 'plain' },
			request: { messages: [failed] },
			sends: content({ role: 'tool', tool_call_id: 'c', content: 'boom' }),
			drops: ['is_error'],
		},
	],
	customTools: [
		{
			form: {},
			request: patched,
			sends: {
				tools: [
					{
						type: 'custom',
						custom: {
							name: 'patch',
							description: 'd',
							format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'g' } },
						},
					},
				],
				tool_choice: { type: 'custom', custom: { name: 'patch' } },
				messages: [
					{
						role: 'assistant',
						content: null,
						tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'patch', input: 'a"b' } }],
					},
				],
			},
		},
		{
			form: { customTools: 'function' },
			request: patched,
			sends: {
				tools: [{ type: 'function', function: asFunction }],
				tool_choice: { type: 'function', function: { name: 'patch' } },
				messages: [
					{
						role: 'assistant',
						content: null,
						tool_calls: [{ id: 'c', type: 'function', function: { name: 'patch', arguments: '{"input":"a\\"b"}' } }],
					},
				],
			},
		},
	],
	userId: [
		{ form: {}, request: { user: longUser }, sends: { user: longUser } },
		{ form: { userId: 'shorten' }, request: { user: longUser }, sends: { user: 'u'.repeat(64) }, drops: ['user'] },
		{ form: { userId: 'shorten' }, request: { user: 'ann' }, sends: { user: 'ann' } },
		{ form: { userId: 'hash-long' }, request: { user: longUser }, sends: { user: longHash } },
		{ form: { userId: 'hash-long' }, request: { user: 'ann' }, sends: { user: 'ann' } },
		{
			form: { userId: 'hash' },
			request: { user: 'ann' },
			sends: { user: new Bun.CryptoHasher('sha256').update('ann').digest('hex') },
		},
		{ form: { userId: 'omit' }, request: { user: 'ann' }, sends: {}, drops: ['user'] },
	],
	maxUserLength: [
		{
			form: { userId: 'hash', maxUserLength: 20 },
			request: { user: longUser },
			sends: { user: longHash.slice(0, 20) },
		},
		{ form: { userId: 'hash-long', maxUserLength: 200 }, request: { user: longUser }, sends: { user: longUser } },
	],
	thinkingOff: [
		{ form: {}, request: { reasoningTokens: 0 }, sends: {}, drops: ['reasoning_effort'] },
		{ form: {}, request: { reasoningEffort: 'none' }, sends: { reasoning_effort: 'none' } },
		{ form: { thinkingOff: 'reasoning_effort' }, request: { reasoningTokens: 0 }, sends: { reasoning_effort: 'none' } },
		{ form: { thinkingOff: 'thinking' }, request: { reasoningTokens: 0 }, sends: { thinking: { type: 'disabled' } } },
		{ form: {}, request: { reasoningTokens: 2000 }, sends: {}, drops: ['reasoning_tokens'] },
		{
			form: { thinkingOff: 'reasoning' },
			request: { reasoningTokens: 2000 },
			sends: { reasoning: { max_tokens: 2000 } },
		},
		{
			form: { thinkingOff: 'reasoning' },
			request: { reasoningTokens: 2000, reasoningEffort: 'low' },
			sends: { reasoning_effort: 'low' },
			drops: ['reasoning_tokens'],
		},
		{ form: { thinkingOff: 'reasoning' }, request: { reasoningTokens: 0 }, sends: { reasoning: { effort: 'none' } } },
		{
			form: { thinkingOff: 'enable_thinking' },
			request: { reasoningEffort: 'none', passthrough: { chat_template_kwargs: { thinking: true, a: 1 } } },
			sends: { chat_template_kwargs: { enable_thinking: false, thinking: true, a: 1 } },
		},
		{ form: { thinkingOff: 'thinking' }, request: { reasoningEffort: 'low' }, sends: { reasoning_effort: 'low' } },
	],
	schemaBounds: [
		{
			form: {},
			request: structured,
			sends: { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: bounded } } },
		},
		{
			form: { schemaBounds: 'remove' },
			request: structured,
			sends: { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: unbounded } } },
			drops: ['response_format.minimum', 'response_format.maxLength'],
		},
		{
			form: { schemaBounds: 'remove' },
			request: {
				tools: [
					{ type: 'function', name: 'f', parameters: bounded, strict: true },
					{ type: 'function', name: 'g', parameters: bounded, strict: false },
				],
				toolChoice: { type: 'auto' },
			},
			sends: {
				tools: [
					{ type: 'function', function: { name: 'f', parameters: unbounded, strict: true } },
					{ type: 'function', function: { name: 'g', parameters: bounded } },
				],
			},
			drops: ['tools.minimum', 'tools.maxLength'],
		},
	],
} satisfies Record<keyof ChatRequestForm, readonly Case[]>

for (const [option, list] of Object.entries<readonly Case[]>(cases))
	describe(option, () => {
		for (const { form, request, sends, drops = [] } of list)
			test(`${JSON.stringify(form)}: ${JSON.stringify(request).slice(0, 60)}`, () => {
				const dropped: string[] = []
				const drop = (part: string) => dropped.push(part)
				const options = { model: 'm', form: chatRequestForm(form), stream: true, drop }
				const body = writeChatRequest({ ...plain, ...request }, options)
				const { model: _, stream: __, stream_options, messages, ...rest } = JSON.parse(JSON.stringify(body))
				const seen = {
					...rest,
					...('stream' in sends ? { stream: true } : {}),
					...('stream_options' in sends || ('stream' in sends && stream_options !== undefined)
						? { stream_options }
						: {}),
					...('messages' in sends ? { messages } : {}),
				}
				expect(seen).toEqual(sends)
				expect(dropped).toEqual([...drops])
			})
	})
