// Presets and options through the engine as the configuration opens it: what an upstream on loopback receives, and what
// the caller gets.

import { afterAll, describe, expect, test } from 'bun:test'
import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { completionOf } from '../answer.testing.ts'
import type { EngineCall } from '../engine.ts'
import { silentContext } from '../engine-context.testing.ts'
import { signatureOrigin } from '../upstream/signature-origin.ts'
import { openaiCompatible } from './kind.ts'
import { type Preset, presetNames } from './presets.ts'

const received: unknown[] = []
let reply: object = {}
const server = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		const body = z.looseObject({ stream: z.boolean().optional() }).parse(await request.json())
		received.push(body)
		const head = { id: 'x', created: 1, model: 'm' }
		if (body.stream !== true)
			return Response.json({
				...head,
				object: 'chat.completion',
				choices: [{ index: 0, message: { role: 'assistant', content: null, ...reply }, finish_reason: 'stop' }],
				usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
			})
		const chunk = (delta: object, finish_reason: string | null) =>
			`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
		return new Response(`${chunk(reply, null)}${chunk({}, 'stop')}data: [DONE]\n\n`, {
			headers: { 'content-type': 'text/event-stream' },
		})
	},
})
afterAll(() => server.stop(true))

const text = (value: string) => ({ type: 'text', text: value }) as const
const userId = 'u'.repeat(186)
/** What coding agents send, and narrow servers reject. */
const request: ChatRequest = {
	model: 'm',
	messages: [
		{ role: 'developer', content: [text('a'), text('b')] },
		{ role: 'user', content: [text('hi')], name: 'ann' },
		{
			role: 'assistant',
			content: [
				{ type: 'reasoning', text: 'hm' },
				{ type: 'tool-call', kind: 'custom', id: 'c', name: 'patch', arguments: 'x' },
			],
		},
		{ role: 'tool', callId: 'c', content: [text('boom')], isError: true },
		{ role: 'system', content: [text('now')] },
	],
	sampling: {},
	maxTokens: 9,
	stop: [],
	choices: 1,
	tools: [{ type: 'custom', name: 'patch' }],
	toolChoice: { type: 'auto' },
	parallelToolCalls: true,
	responseFormat: { type: 'text' },
	reasoningTokens: 0,
	user: userId,
	passthrough: { metadata: { a: 'b' } },
}

async function send(options: JsonObject, unary = true, messages = request.messages) {
	const engine = await openaiCompatible.open({ url: `http://127.0.0.1:${server.port}/v1`, ...options }, silentContext)
	const dropped: string[] = []
	const call: EngineCall = {
		signal: new AbortController().signal,
		model: 'm',
		requestId: 'r',
		unary,
		drop: (part) => dropped.push(part),
	}
	try {
		const completion = await completionOf(await engine.chat({ ...request, messages }, call))
		return { body: z.record(z.string(), z.json()).parse(received.at(-1)), dropped, completion }
	} finally {
		await engine.close()
	}
}

const hashed = new Bun.CryptoHasher('sha256').update(userId).digest('hex')

/** Parts of the body for each preset, and what is reported. */
const expected: Readonly<Record<Preset, { readonly body: JsonObject; readonly dropped: readonly string[] }>> = {
	openai: { body: { max_completion_tokens: 9, user: hashed, reasoning_effort: 'none' }, dropped: [] },
	azure: { body: { max_completion_tokens: 9, user: hashed, reasoning_effort: 'none' }, dropped: [] },
	vllm: { body: { max_tokens: 9, chat_template_kwargs: { enable_thinking: false, thinking: false } }, dropped: [] },
	sglang: { body: { max_tokens: 9, chat_template_kwargs: { enable_thinking: false, thinking: false } }, dropped: [] },
	'llama.cpp': { body: { chat_template_kwargs: { enable_thinking: false, thinking: false } }, dropped: [] },
	ollama: { body: { max_tokens: 9, reasoning_effort: 'none' }, dropped: [] },
	deepseek: { body: { max_tokens: 9, thinking: { type: 'disabled' } }, dropped: [] },
	mistral: { body: { max_tokens: 9 }, dropped: ['messages.name', 'reasoning_effort', 'user'] },
	groq: { body: { max_completion_tokens: 9 }, dropped: ['reasoning_content', 'reasoning_effort'] },
	cerebras: { body: { max_completion_tokens: 9 }, dropped: ['reasoning_effort'] },
	zhipu: { body: { max_tokens: 9, user: hashed, thinking: { type: 'disabled' } }, dropped: [] },
	moonshot: { body: { max_completion_tokens: 9, thinking: { type: 'disabled' } }, dropped: [] },
	xai: { body: { max_completion_tokens: 9, user: userId }, dropped: ['reasoning_effort'] },
	openrouter: { body: { user: hashed, reasoning: { effort: 'none' } }, dropped: [] },
}

const messages: Readonly<Record<Preset, unknown>> = {
	openai: sent({ role: 'developer', reasoning: { reasoning_content: 'hm' }, custom: true }),
	azure: sent({ role: 'developer', reasoning: { reasoning_content: 'hm' }, custom: true }),
	vllm: sent({ reasoning: { reasoning_content: 'hm', reasoning: 'hm' }, inUser: true }),
	sglang: sent({ reasoning: { reasoning_content: 'hm' }, inUser: true }),
	'llama.cpp': sent({ reasoning: { reasoning_content: 'hm' }, inUser: true }),
	ollama: sent({ reasoning: { reasoning: 'hm' }, inUser: true }),
	deepseek: sent({ reasoning: { reasoning_content: 'hm' }, joined: true }),
	mistral: sent({ thinking: true, nameless: true }),
	groq: sent({ reasoning: {} }),
	cerebras: sent({ reasoning: { reasoning: 'hm' }, joined: true }),
	zhipu: sent({ reasoning: { reasoning_content: 'hm' }, joined: true }),
	moonshot: sent({ reasoning: { reasoning_content: 'hm' } }),
	xai: sent({ reasoning: { reasoning_content: 'hm' } }),
	openrouter: sent({ reasoning: { reasoning: 'hm' } }),
}

interface Sent {
	readonly role?: 'developer'
	readonly reasoning?: JsonObject
	readonly thinking?: boolean
	readonly custom?: boolean
	readonly joined?: boolean
	readonly inUser?: boolean
	readonly nameless?: boolean
}

function sent({ role, reasoning = {}, thinking, custom, joined, inUser, nameless }: Sent): unknown {
	const call = custom
		? { id: 'c', type: 'custom', custom: { name: 'patch', input: 'x' } }
		: { id: 'c', type: 'function', function: { name: 'patch', arguments: '{"input":"x"}' } }
	return [
		{ role: role ?? 'system', content: joined ? 'a\nb' : [text('a'), text('b')] },
		nameless ? { role: 'user', content: 'hi' } : { role: 'user', content: 'hi', name: 'ann' },
		{
			role: 'assistant',
			content: thinking ? [{ type: 'thinking', thinking: [text('hm')] }] : null,
			...reasoning,
			tool_calls: [call],
		},
		{ role: 'tool', tool_call_id: 'c', content: 'Error: boom' },
		inUser ? { role: 'user', content: '<system>\nnow\n</system>' } : { role: 'system', content: 'now' },
	]
}

describe('presets', () => {
	for (const preset of presetNames)
		test(preset, async () => {
			reply = { content: 'ok' }
			const { body, dropped } = await send({ preset })
			expect(body).toMatchObject(expected[preset].body)
			expect(body.messages).toEqual(messages[preset] as never)
			expect(dropped.toSorted()).toEqual([...expected[preset].dropped])
		})

	test('an option overrides the preset', async () => {
		reply = { content: 'ok' }
		const { body } = await send({
			preset: 'mistral',
			userId: 'send',
			reasoningHistory: 'reasoning',
			developerRole: 'developer',
		})
		expect(body).toMatchObject({ user: userId, messages: [{ role: 'developer' }, {}, { reasoning: 'hm' }, {}, {}] })
	})

	test('no preset changes only failed tools', async () => {
		reply = { content: 'ok' }
		const { body, dropped } = await send({})
		expect(body.messages).toEqual(messages.openai as never)
		expect(body).toMatchObject({ max_tokens: 9, user: userId, tools: [{ type: 'custom' }] })
		expect(dropped).toEqual(['reasoning_effort'])
	})
})

describe('calls of custom tools that were sent as functions', () => {
	for (const unary of [true, false])
		test(unary ? 'unary' : 'streaming', async () => {
			const call = { id: 'c1', type: 'function', function: { name: 'patch', arguments: '{"input":"*** Begin"}' } }
			reply = { tool_calls: [{ index: 0, ...call }] }
			const { completion } = await send({ preset: 'vllm' }, unary)
			expect(completion.choices[0]).toMatchObject({
				finishReason: 'tool-calls',
				parts: [{ type: 'tool-call', kind: 'custom', id: 'c1', name: 'patch', arguments: '*** Begin' }],
			})
		})
})

test("the signature of a call in Google's form has its origin, and is sent to that only", async () => {
	const extra_content = { google: { thought_signature: 'S' } }
	const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }
	reply = { tool_calls: [{ index: 0, ...call, extra_content }] }
	const parts = (await send({})).completion.choices[0]?.parts ?? []
	const signature = { wire: 'gemini', value: 'S', origin: signatureOrigin(`127.0.0.1:${server.port}`, 'm') }
	expect(parts).toMatchObject([{ signature }])
	reply = { content: 'ok' }
	for (const [origin, expected] of [
		[signature.origin, [{ ...call, extra_content }]],
		[undefined, [{ ...call, extra_content }]],
		['elsewhere m', [call]],
	] as const) {
		const calls = toolCallsOf(parts).map((one) => ({ ...one, signature: { ...signature, origin } }))
		const { body } = await send({}, true, [{ role: 'assistant', content: calls }])
		expect(body.messages).toEqual([{ role: 'assistant', content: null, tool_calls: expected }] as never)
	}
})

test('denied fields are removed and reported', async () => {
	reply = { content: 'ok' }
	const deny = ['user', 'metadata', 'seed', 'messages[].name']
	const { body, dropped } = await send({ preset: 'vllm', deny, body: { metadata: 1 } })
	expect(body).not.toHaveProperty('user')
	expect(body.metadata).toBe(1)
	expect(JSON.stringify(body.messages)).not.toContain('"ann"')
	expect(dropped).toEqual(['user', 'metadata', 'messages[].name'])
})

test('fields that every request needs cannot be denied', async () => {
	for (const field of ['messages', 'messages[].content', 'messages[]', 'messages[0].name']) {
		const { success, error } = openaiCompatible.options.safeParse({ url: 'http://127.0.0.1/v1', deny: [field] })
		expect(success).toBe(false)
		expect(error?.issues[0]?.path).toEqual(['deny', 0])
	}
})
