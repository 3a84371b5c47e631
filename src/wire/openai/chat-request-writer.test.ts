// Client half against server half: our own reader reads a written request back unchanged.

import { expect, test } from 'bun:test'
import { plainRequest as plain } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { requestFatesContract } from '../../chat/request-fates.contract.ts'
import { chatRequestForm } from './chat-request-form.ts'
import { readChatRequest } from './chat-request-reader.ts'
import { chatRequestFates, writeChatRequest } from './chat-request-writer.ts'

const form = chatRequestForm({ maxTokensField: 'max_completion_tokens' })

const text = (text: string) => ({ type: 'text', text }) as const
const parameters = {
	type: 'object',
	properties: { city: { type: 'string' } },
	required: ['city'],
	additionalProperties: false,
}
const weather = { type: 'function', name: 'get_weather', description: 'd', parameters, strict: true } as const
const shell = { type: 'custom', name: 'shell', grammar: { syntax: 'regex', definition: '.*' } } as const

const full: ChatRequest = {
	...plain,
	messages: [
		{ role: 'system', content: [text('a'), text('b')], name: 's' },
		{ role: 'developer', content: [text('c')] },
		{
			role: 'user',
			name: 'ann',
			content: [
				text('look'),
				{ type: 'image', url: 'https://e/x.png', detail: 'low' },
				{ type: 'image', url: 'data:image/png;base64,AA' },
				{ type: 'audio', data: 'AA', format: 'wav' },
				{ type: 'file', id: 'f1', name: 'n.pdf', data: 'data:;base64,AA' },
			],
		},
		{
			role: 'assistant',
			content: [
				{ type: 'reasoning', text: 'hm' },
				{ type: 'tool-call', kind: 'function', id: 'c1', name: 'get_weather', arguments: '{"city":"Paris"}' },
				{ type: 'tool-call', kind: 'custom', id: 'c2', name: 'shell', arguments: 'ls' },
			],
		},
		{ role: 'tool', callId: 'c1', content: [text('21')] },
		{ role: 'tool', callId: 'c2', content: [text('x'), text('y')] },
		{ role: 'assistant', content: [{ type: 'refusal', text: 'no' }] },
		{ role: 'assistant', content: [text('yes')] },
		{ role: 'user', content: [text('ok')] },
	],
	sampling: {
		temperature: 0,
		topP: 0.5,
		topK: 40,
		minP: 0.1,
		frequencyPenalty: -1,
		presencePenalty: 1,
		repetitionPenalty: 1.1,
		logitBias: new Map([[50256, -100]]),
		seed: 42,
	},
	maxTokens: 10,
	stop: ['\n', 'END'],
	choices: 2,
	logprobs: { top: 5 },
	tools: [weather, shell],
	toolChoice: { type: 'required', only: ['shell', 'get_weather'] },
	parallelToolCalls: false,
	responseFormat: { type: 'json-schema', name: 'r', description: 'd', schema: parameters, strict: true },
	reasoningEffort: 'high',
	user: 'u1',
	passthrough: { metadata: { a: 'b' }, chat_template_kwargs: { thinking: true } },
}

/** Through bytes, as on the wire. */
function roundTrip(request: ChatRequest): ChatRequest {
	return readChatRequest(
		JSON.parse(JSON.stringify(writeChatRequest(request, { model: request.model, form, stream: true }))),
	).request
}

test('every field of a request comes back', () => {
	expect(roundTrip(full)).toEqual(full)
})

const variants: readonly Partial<ChatRequest>[] = [
	{},
	{ tools: [weather], toolChoice: { type: 'none' } },
	{ tools: [weather], toolChoice: { type: 'auto' } },
	{ tools: [weather, shell], toolChoice: { type: 'auto', only: ['shell'] } },
	{ tools: [weather, shell], toolChoice: { type: 'named', name: 'shell' } },
	{ tools: [weather, shell], toolChoice: { type: 'named', name: 'get_weather' } },
	{ tools: [{ type: 'function', name: 'f', strict: false }], toolChoice: { type: 'required' } },
	{ responseFormat: { type: 'json-object' }, messages: [{ role: 'user', content: [text('JSON')] }] },
	{ responseFormat: { type: 'json-schema', name: 'r', strict: false } },
	{ logprobs: { top: 0 } },
	{ messages: [{ role: 'user', content: [text('')] }] },
]
for (const variant of variants) {
	test(`${JSON.stringify(variant)} comes back`, () => {
		expect(roundTrip({ ...plain, ...variant })).toEqual({ ...plain, ...variant })
	})
}

test('defaults are not written', () => {
	expect(JSON.parse(JSON.stringify(writeChatRequest(plain, { model: 'theirs', form, stream: true })))).toEqual({
		model: 'theirs',
		messages: [{ role: 'user', content: 'hi' }],
		stream: true,
		stream_options: { include_usage: true },
	})
})

test('passthrough fields never replace our own', () => {
	const passthrough = { model: 'other', stream: false, n: 50, top_logprobs: 3 }
	expect(writeChatRequest({ ...plain, passthrough }, { model: 'm', form, stream: true })).toMatchObject({
		model: 'm',
		stream: true,
	})
})

test("another wire's fields are dropped and reported", () => {
	const dropped: string[] = []
	const passthrough = { thinking: { type: 'adaptive' }, betas: ['b'] }
	const drop = (part: string) => dropped.push(part)
	const request = { ...plain, passthrough, passthroughWire: 'other' }
	const body = writeChatRequest(request, { model: 'm', form, stream: true, drop })
	expect(dropped).toEqual(['thinking', 'betas'])
	expect(body).not.toHaveProperty('thinking')
	expect(body).not.toHaveProperty('betas')
})

test('a cache mark of another API on a tool result without text is reported, even to servers that accept such marks', () => {
	const dropped: string[] = []
	const call = { type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' } as const
	const result = { role: 'tool', callId: 'c', content: [], cacheMark: '1h' } as const
	const messages = [...plain.messages, { role: 'assistant', content: [call] } as const, result]
	const drop = (part: string) => dropped.push(part)
	writeChatRequest({ ...plain, messages }, { model: 'm', form: { ...form, cacheMarks: 'send' }, stream: true, drop })
	expect(dropped).toEqual(['cache_control'])
})

requestFatesContract('OpenAI requests', chatRequestFates, (request, drop) =>
	writeChatRequest(request, {
		model: 'm',
		form: { ...form, cacheMarks: 'send', thinkingOff: 'reasoning' },
		stream: false,
		drop,
	}),
)
