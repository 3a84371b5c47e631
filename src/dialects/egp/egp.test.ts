// Scale's dialect: how its requests are read, and how its answers are written.

import { describe, expect, test } from 'bun:test'
import { eventsOfCompletion, eventsOfPart } from '../../chat/completion-events.ts'
import { ChatError } from '../../chat/error.ts'
import type { AssistantPart } from '../../chat/message.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import { turnId } from '../../conversations/turn-id.ts'
import { resumable } from '../../system/resumable.ts'
import type { ChatCall, TextCompletionCall } from '../call.ts'
import type { Call } from '../dialect.ts'
import type { ResponseContext } from '../writer.ts'
import { egp } from './egp.ts'

const identity: ResponseContext = { token: turnId('0'.repeat(32)), created: 1, now: () => 1, model: 'm' }
async function read(path: string, body: object): Promise<Call> {
	const route = egp.routes.find((one) => one.path === path && one.method === 'POST')
	if (route === undefined) throw new Error(`no route ${path}`)
	return route.read({ body, parameters: [], query: () => new URLSearchParams(), headers: new Headers() })
}

async function chat(fields: object, path = '/v1/chat-completions'): Promise<ChatCall> {
	const call = await read(path, { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields })
	if (call.type !== 'chat') throw new Error(call.type)
	return call
}

/** Roles and texts of the model's input. */
async function messagesOf(fields: object): Promise<readonly string[]> {
	const { request } = await chat(fields)
	return request.messages.map(
		({ role, content }) => `${role}: ${content.map((part) => ('text' in part ? part.text : part.type)).join('')}`,
	)
}

test('a long request of a deployment is read in steps', async () => {
	const texts = Array.from({ length: 2000 }, (_, index) => `text ${index}`)
	const steps = resumable(() => read('/v4/models/{model}/embeddings', { texts }))
	let step = steps.next()
	while (step.done !== true) step = steps.next()
	expect(await step.value).toMatchObject({ type: 'embed', request: { inputs: { length: 2000 } } })
})

describe('instructions', () => {
	const [system, user] = [
		{ role: 'system', content: 'Be brief.' },
		{ role: 'user', content: 'hi' },
	] as const
	test('absence, null and a text are distinct', async () => {
		expect(await messagesOf({})).toEqual([expect.stringMatching(/^system: You are an AI assistant/), 'user: hi'])
		expect(await messagesOf({ instructions: null })).toEqual(['user: hi'])
		expect(await messagesOf({ instructions: 'Sing.' })).toEqual(['system: Sing.', 'user: hi'])
	})
	test('a system message replaces the default, but not a text', async () => {
		const messages = [system, user]
		expect(await messagesOf({ messages })).toEqual(['system: Be brief.', 'user: hi'])
		expect(await messagesOf({ messages, instructions: 'Sing.' })).toEqual([
			'system: Sing.',
			'system: Be brief.',
			'user: hi',
		])
	})
	test('are not part of the conversation', async () => {
		expect((await chat({})).parts?.instructions).toHaveLength(1)
		expect((await chat({ instructions: null })).parts?.instructions).toHaveLength(0)
	})
})

describe('memory', () => {
	const messages = ['a', 'b', 'c', 'd'].map((content) => ({ role: 'user', content }))
	const lastTwo = { memory_strategy: { name: 'last_k', params: { k: 2 } }, instructions: null }
	test('retains the last messages', async () =>
		expect(await messagesOf({ messages, ...lastTwo })).toEqual(['user: c', 'user: d']))
	test('retains a leading system message as well', async () =>
		expect(await messagesOf({ messages: [{ role: 'system', content: 's' }, ...messages], ...lastTwo })).toEqual([
			'system: s',
			'user: c',
			'user: d',
		]))
	test('of no messages at all is refused', async () => {
		const refusal = await chat({ messages, memory_strategy: { params: { k: 0 } } }).catch((error: unknown) => error)
		expect(refusal).toBeInstanceOf(ChatError)
	})
})

describe('parameters', () => {
	test('have their own defaults', async () => {
		expect((await chat({})).request.sampling).toEqual({ temperature: 0.2 })
		expect((await chat({ model_parameters: {} })).request.sampling).toEqual({ temperature: 0.2 })
	})
	test('are accepted in both spellings', async () => {
		for (const model_parameters of [
			{ temperature: 0, topP: 0.5, topK: 3 },
			{ temperature: 0, top_p: 0.5, top_k: 3 },
		])
			expect((await chat({ model_parameters })).request.sampling).toEqual({ temperature: 0, topP: 0.5, topK: 3 })
	})
	for (const [field, value] of [
		['temperature', 1.5],
		['max_tokens', 0],
		['stop_sequences', ['a', 'b', 'c', 'd', 'e']],
	] as const)
		test(`${field} has limits`, async () => {
			const error: unknown = await chat({ model_parameters: { [field]: value } }).catch((thrown: unknown) => thrown)
			if (!(error instanceof ChatError)) throw new Error('it was taken')
			const { status, body } = egp.writeError(error)
			expect([status, body]).toEqual([
				422,
				{ detail: [{ loc: ['body', 'model_parameters', field], msg: expect.any(String), type: expect.any(String) }] },
			])
		})
	test('that are not supported are reported', async () =>
		expect(
			(await chat({ account_id: 'a', nonsense: 1, empty: null, model_parameters: { top_a: 1, max_tokens: null } }))
				.dropped,
		).toEqual(['nonsense', 'model_parameters.top_a']))
})

test('results of agents are matched with their calls without ids', async () => {
	const { request } = await chat({
		instructions: null,
		messages: [
			{ content: 'hi' },
			{ role: 'agent', content: '', tool_request: { name: 'look', arguments: '{}' } },
			{ role: 'tool', name: 'look', content: 'sunny' },
			{ role: 'tool', name: 'late', content: 'nobody asked' },
		],
	})
	expect(request.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
	const [, call, result] = request.messages
	expect(
		call?.role === 'assistant' && result?.role === 'tool' && toolCallsOf(call.content)[0]?.id === result.callId,
	).toBe(true)
})

describe('a stream', () => {
	test('has a text in every event, and only events', async () => {
		const writer = (await chat({}, '/v4/chat-completions')).writer.stream(identity)
		const usage = {
			promptTokens: 3,
			completionTokens: 2,
			cachedTokens: 0,
			reasoningTokens: 0,
			source: 'upstream',
		} as const
		const text = [
			writer.write({ type: 'start' }),
			...eventsOfPart({ type: 'reasoning', text: 'hm' }, 0).map((event) => writer.write(event)),
			...eventsOfPart({ type: 'text', text: 'a\nb' }, 0).map((event) => writer.write(event)),
			writer.write({ type: 'choice-finish', choice: 0, reason: 'length' }),
			writer.write({ type: 'finish', usage }),
		].join('')
		const events = text.split('\n\n').filter((event) => event !== '')
		expect(events.map((event) => JSON.parse(event.replace(/^data: /, '')))).toEqual([
			{ chat_completion: { message: { role: 'assistant', content: 'a\nb' }, finish_reason: null }, token_usage: null },
			{
				chat_completion: { message: { role: 'assistant', content: '' }, finish_reason: 'length' },
				token_usage: { prompt: 3, completion: 2, total: 5 },
			},
		])
	})
})

test('an envelope has text and refusals in their order, and names the other parts', async () => {
	const usage = { ...noUsage, completionTokens: 1 }
	const parts: readonly AssistantPart[] = [
		{ type: 'text', text: 'a' },
		{ type: 'reasoning', text: 'hm' },
		{ type: 'refusal', text: 'b' },
		{ type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' },
		{ type: 'text', text: 'c' },
	]
	const completion = { choices: [{ parts, finishReason: 'stop' as const }], usage }
	const { writer } = await chat({}, '/v4/chat-completions')
	expect(writer.completion(completion, identity)).toMatchObject({ chat_completion: { message: { content: 'abc' } } })
	expect(writer.unsupportedParts?.(completion)).toEqual(['reasoning_content', 'tool_calls'])
	const streamed = eventsOfCompletion(completion).map((event) => writer.stream(identity).write(event))
	expect(streamed.join('').match(/"content":"[^"]+"/g)).toEqual(['"content":"a"', '"content":"b"', '"content":"c"'])
})

describe('a template', () => {
	/** A text of 16 letters, doubled so many times. */
	function doubling(times: number): string {
		return `{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(${times}) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`
	}
	async function render(chat_template: string): Promise<string> {
		const call = await read('/v2/chat-completions', {
			model: 'm',
			messages: [{ role: 'user', content: 'hi' }],
			instructions: null,
			chat_template,
		})
		const { request } = call as TextCompletionCall
		return String(request.prompts[0])
	}
	test('has access to messages and tokens', async () =>
		expect(
			await render('{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}{{ eos_token }}'),
		).toBe('<s>[user] hi</s>'))
	for (const [name, template, message] of [
		['broken', '{% for %}', 'cannot be rendered'],
		['too long', 'x'.repeat(70_000), 'at most 65536'],
		['endless', '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}', 'takes too'],
		['greedy', '{% set x = range(2000000000) %}', 'takes too'],
		['doubling', `${doubling(28)}{{ ns.x|upper|length }}`, 'too long'],
		['indenting', "{{ 'a'|indent(1500000000, true) }}", 'too long'],
		['indenting JSON', '{{ [1]|tojson(indent=1000000000) }}', 'too long'],
		['replacing', `${doubling(11)}{{ ns.x.replace('a', ns.x)|length }}`, 'too long'],
		['joining', `${doubling(11)}{{ range(9999)|join(ns.x)|length }}`, 'too long'],
		[
			'adding lists',
			'{% set ns = namespace(x=[1]) %}{% for i in range(40) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
			'too long',
		],
		['reaching out', "{{ ''.constructor.constructor('return process')() }}", 'cannot be rendered'],
	] as const)
		test(`that is ${name} is refused`, async () => {
			const error: unknown = await render(template).catch((thrown: unknown) => thrown)
			if (!(error instanceof ChatError)) throw new Error(`it was rendered: ${String(error)}`)
			expect([error.kind, error.param]).toEqual(['invalid-request', 'chat_template'])
			expect(error.message).toContain(message)
		})
	test('does not delay other requests', async () => {
		const slow = render('{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}').catch(
			() => 'ended',
		)
		const begun = performance.now()
		await Bun.sleep(1)
		expect(performance.now() - begun).toBeLessThan(500)
		expect(await slow).toBe('ended')
	})
	for (const [what, message] of [
		['images', { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }] }],
		['calls', { role: 'agent', tool_request: { name: 'look', arguments: '{}' } }],
	] as const)
		test(`cannot render ${what}`, async () => {
			const error: unknown = await read('/v2/chat-completions', {
				model: 'm',
				messages: [message],
				chat_template: '{{ messages }}',
			}).catch((thrown: unknown) => thrown)
			expect(error).toMatchObject({ kind: 'unsupported', param: 'chat_template' })
		})
})

const noUsage = {
	promptTokens: 0,
	completionTokens: 0,
	cachedTokens: 0,
	reasoningTokens: 0,
	source: 'upstream',
} as const

describe('a deployed model', () => {
	test('reports scores in the order of the texts', async () => {
		const call = await read('/v4/models/{model}/rerankings', { query: 'q', chunks: ['a', 'b'], top_n: 1 })
		if (call.type !== 'rerank') throw new Error(call.type)
		expect(call.dropped).toEqual(['top_n'])
		const results = [
			{ index: 1, score: 0.9 },
			{ index: 0, score: 0.1 },
		]
		expect(call.write({ results, usage: { ...noUsage, promptTokens: 7 } }, identity)).toEqual({
			chunk_scores: [0.1, 0.9],
			tokens_used: 7,
		})
	})
	test('ends with the finish reasons that clients expect', async () => {
		const call = await read('/v4/models/{model}/chat-completions', { prompt: 'hi' })
		if (call.type !== 'chat') throw new Error(call.type)
		const writer = call.writer.stream(identity)
		writer.write({ type: 'choice-finish', choice: 0, reason: 'content-filter' })
		expect(JSON.parse(writer.write({ type: 'finish', usage: noUsage }).slice('data: '.length))).toMatchObject({
			completions: [['']],
			finish_reason: 'content_filter',
		})
	})
})
