// The echo engine's own behavior and its instructions. The contract suite covers the behavior of every engine.

import { expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { contentFatesContract } from '../../chat/content-fates.contract.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { AssistantPart, Message } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Clock } from '../../system/clock.ts'
import { rejection } from '../../system/rejection.testing.ts'
import { resumable } from '../../system/resumable.ts'
import { completionOf, eventsOf } from '../answer.testing.ts'
import type { EngineCall } from '../engine.ts'
import { planChat } from './chat-plan.ts'
import { type EchoOptions, openEcho } from './echo.ts'
import { echoContentFates } from './echo-content-fates.ts'
import { receive } from './echo-fates.ts'
import { sampleSchema } from './schema-sample.ts'
import { countPrompt, countWords, splitWords } from './words.ts'

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })

function request(text: string, changes: Partial<ChatRequest> = {}): ChatRequest {
	return {
		...plainRequest,
		model: 'echo',
		messages: [user(text)],
		...changes,
	}
}

const call = (signal = new AbortController().signal): EngineCall => ({ signal, model: 'echo', requestId: 'req_1' })

async function complete(text: string, changes: Partial<ChatRequest> = {}, options: EchoOptions = {}) {
	return completionOf(await openEcho(options).chat(request(text, changes), call()))
}

async function events(
	text: string,
	changes: Partial<ChatRequest> = {},
	options: EchoOptions = {},
): Promise<readonly ChatEvent[]> {
	return Array.fromAsync(eventsOf(await openEcho(options).chat(request(text, changes), call())))
}

test('returns the last user text word by word, with its white space', async () => {
	const texts = (await events('  Hello  brave\nnew world ')).flatMap((event) =>
		event.type === 'part-delta' ? [event.text] : [],
	)
	expect(texts).toEqual(['  Hello', '  brave', '\nnew', ' world', ' '])
})

test('splits words of more than 12 characters, without splitting a character', () => {
	expect(splitWords('internationalisation')).toEqual(['internationa', 'lisation'])
	expect(splitWords('𝄞'.repeat(13))).toEqual(['𝄞'.repeat(12), '𝄞'])
})

test('half of a character as a stop text cuts no character', async () => {
	expect((await complete('a 🎉 b', { stop: ['\udf89'] })).choices[0]).toMatchObject({
		parts: [{ type: 'text', text: 'a 🎉 b' }],
		finishReason: 'stop',
	})
})

test('counts the tokens of all messages and of the response', async () => {
	const { usage } = await complete('', {
		messages: [{ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }, user('one two three')],
	})
	expect(usage).toEqual({
		promptTokens: 5,
		completionTokens: 3,
		cachedTokens: 0,
		reasoningTokens: 0,
		source: 'counted',
	})
})

test('returns a tool result as text', async () => {
	const messages: Message[] = [
		user('echo:tool get_weather {}'),
		{
			role: 'assistant',
			content: [{ type: 'tool-call', kind: 'function', id: 'c', name: 'get_weather', arguments: '{}' }],
		},
		{ role: 'tool', callId: 'c', content: [{ type: 'text', text: '21 degrees' }] },
	]
	expect((await complete('', { messages })).choices[0]).toMatchObject({
		parts: [{ type: 'text', text: '21 degrees' }],
		finishReason: 'stop',
	})
})

test('several instructions and lines of text make one response', async () => {
	const { choices, usage } = await complete(
		'echo:reasoning let me see\necho:say It is\nfine.\necho:tool f {"a": 1}\necho:tool g',
	)
	expect(choices[0]).toEqual({
		parts: [
			{ type: 'reasoning', text: 'let me see' },
			{ type: 'text', text: 'It is\nfine.' },
			{ type: 'tool-call', kind: 'function', id: 'call_echo_0_0', name: 'f', arguments: '{"a": 1}' },
			{ type: 'tool-call', kind: 'function', id: 'call_echo_0_1', name: 'g', arguments: '{}' },
		],
		finishReason: 'tool-calls',
	})
	expect(usage.reasoningTokens).toBe(3)
})

test('a message of the assistant that is last is continued if it begins the answer, and refused otherwise', async () => {
	const messages = (text: string, ...content: readonly AssistantPart[]): readonly Message[] => [
		user(text),
		{ role: 'assistant', content },
	]
	const text = (words: string): AssistantPart => ({ type: 'text', text: words })
	const answered = async (given: readonly Message[]) => (await complete('', { messages: given })).choices[0]?.parts
	expect(await answered(messages('one two three', text('one t')))).toEqual([{ type: 'text', text: 'wo three' }])
	expect(await answered(messages('one two', text('one'), text(' two')))).toEqual([])
	expect(await answered(messages('echo:say one\necho:tool f', text('one')))).toMatchObject([{ type: 'tool-call' }])
	expect(await answered(messages('one'))).toEqual([{ type: 'text', text: 'one' }])
	const call: AssistantPart = { type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' }
	for (const content of [[text('two')], [text('one'), call], [{ type: 'reasoning', text: 'one' } as const]])
		expect(await rejection(answered(messages('one two', ...content)))).toMatchObject({ kind: 'unsupported' })
})

test('reports the parts and fields that it does not use', async () => {
	const dropped: string[] = []
	const messages: Message[] = [
		{ role: 'system', content: [{ type: 'text', text: 'Hi', rest: { wire: 'openai', fields: { mark: 1 } } }] },
		{
			role: 'user',
			content: [
				{ type: 'text', text: 'Hi' },
				{ type: 'image', url: 'data:,' },
				{ type: 'audio', data: '', format: 'wav' },
				{ type: 'file', id: 'file_1' },
			],
		},
	]
	const passthrough = { guided_json: {}, grammar: 'root ::= "a"', verbosity: 'low', store: true }
	const report = { ...call(), drop: (part: string) => dropped.push(part) }
	await completionOf(await openEcho().chat(request('', { messages, passthrough, reasoningEffort: 'low' }), report))
	expect(dropped).toEqual([
		'guided_json',
		'grammar',
		'verbosity',
		'reasoning_effort',
		'messages[1].content[1]',
		'messages[1].content[2]',
		'messages[1].content[3]',
		'messages[0].content[0].mark',
	])
})

test('echo:refuse and echo:repeat', async () => {
	expect((await complete('echo:refuse I would rather not.')).choices[0]).toMatchObject({
		parts: [{ type: 'refusal', text: 'I would rather not.' }],
	})
	expect((await complete('echo:repeat 3 ha')).choices[0]?.parts).toEqual([{ type: 'text', text: 'ha ha ha' }])
	const endless = await complete('echo:repeat 1000000000 ha', {}, { contextTokens: 50 })
	expect(endless.choices[0]?.finishReason).toBe('length')
	expect(endless.usage.completionTokens).toBe(47)
})

test('echo:error throws before the first event, with a retry delay', async () => {
	expect(await rejection(complete('echo:error overloaded'))).toMatchObject({
		name: 'ChatError',
		kind: 'overloaded',
		retryAfterMs: 1000,
		sent: 'nothing',
	})
})

test('echo:error-after fails after the given number of tokens', async () => {
	const broken = await events('echo:error-after 3 upstream-failed')
	expect(broken.map(({ type }) => type)).toEqual([
		'start',
		'part-start',
		'part-delta',
		'part-delta',
		'part-delta',
		'error',
	])
	expect(broken.at(-1)).toMatchObject({
		error: { kind: 'upstream-failed', sent: 'yes' },
		usage: { completionTokens: 3 },
	})
})

test('echo:hang does not respond until the caller disconnects', async () => {
	const controller = new AbortController()
	const begun = openEcho().chat(request('echo:hang'), call(controller.signal))
	controller.abort()
	expect(await rejection(begun)).toMatchObject({ kind: 'cancelled' })
})

test('echo:hang-after stops sending in the middle of the response', async () => {
	const controller = new AbortController()
	const seen: string[] = []
	for await (const event of eventsOf(await openEcho().chat(request('echo:hang-after 2'), call(controller.signal)))) {
		seen.push(event.type)
		if (seen.length === 4) queueMicrotask(() => controller.abort())
	}
	expect(seen).toEqual(['start', 'part-start', 'part-delta', 'part-delta', 'error'])
})

test('echo:delay waits before each token, until the caller disconnects', async () => {
	const slept: number[] = []
	const controller = new AbortController()
	const clock: Clock = {
		now: () => 0,
		monotonicMs: () => 0,
		async sleep(ms, signal) {
			slept.push(ms)
			if (slept.length === 3) controller.abort()
			signal?.throwIfAborted()
		},
	}
	const stream = await openEcho({ clock }).chat(request('echo:delay 50 a b c d'), call(controller.signal))
	expect((await Array.fromAsync(eventsOf(stream))).map(({ type }) => type)).toEqual([
		'start',
		'part-start',
		'part-delta',
		'part-delta',
		'error',
	])
	expect(slept).toEqual([50, 50, 50])
})

test('an unknown instruction, error kind or count is rejected', async () => {
	for (const text of ['echo:dance', 'echo:error badly', 'echo:repeat many ha', 'echo:tool']) {
		expect(await rejection(complete(text))).toMatchObject({ kind: 'invalid-request', code: 'unknown_instruction' })
	}
})

test('a script is returned unchanged; an error as its first event is thrown', async () => {
	const script: readonly ChatEvent[] = [
		{ type: 'start', model: 'x' },
		{ type: 'error', error: new ChatError('upstream-timeout', 'late') },
	]
	expect(await events('whatever', {}, { script })).toEqual(script)
	expect((await rejection(events('whatever', {}, { script: script.slice(1) }))).message).toContain('late')
})

test('embeddings of texts that share words are similar and have the requested length', async () => {
	const { vectors } = await openEcho().embed(
		{ model: 'echo', inputs: ['red green blue', 'red green black', 'one two three'], dimensions: 256 },
		call(),
	)
	const dot = (a: number, b: number) =>
		Array.from(vectors[a] ?? []).reduce((sum, value, index) => sum + value * (vectors[b]?.[index] ?? 0), 0)
	expect(vectors.map(({ length }) => length)).toEqual([256, 256, 256])
	expect(dot(0, 1)).toBeGreaterThan(dot(0, 2) + 0.3)
})

test('generates samples of schemas', () => {
	const node = {
		type: 'object',
		properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
		required: ['next'],
	}
	const cases = [
		[{ enum: ['x', 'y'] }, 'x'],
		[{ type: 'array', items: { type: 'boolean' }, minItems: 2 }, [false, false]],
		[{ type: 'integer', minimum: 5, multipleOf: 4 }, 8],
		[{ type: 'number', exclusiveMaximum: -1 }, -1.5],
		[{ type: 'string', format: 'date' }, '2000-01-01'],
		[{ type: 'string', minLength: 6 }, 'textxx'],
		[{ type: ['string', 'null'], maxLength: 2 }, 'te'],
		[{ $ref: '#/$defs/node', $defs: { node } }, { next: null }],
		[
			{
				allOf: [
					{ properties: { a: { const: 1 } }, required: ['a'] },
					{ properties: { b: { type: 'string' } }, required: ['b'] },
				],
			},
			{ a: 1, b: 'text' },
		],
	] as const
	for (const [schema, value] of cases) expect(sampleSchema(schema)).toEqual(value)
})

test('a short schema does not make a large value', () => {
	const branch = (at: number) => ({ $ref: `#/$defs/${at}` })
	const node = (at: number) => ({
		type: 'object',
		required: ['a', 'b', 'c', 'd'],
		properties: { a: branch(at + 1), b: branch(at + 1), c: branch(at + 1), d: branch(at + 1) },
	})
	const many = (items: JsonObject): JsonObject => ({ type: 'array', minItems: 100, items })
	const both = { properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] }
	const schemas: readonly JsonObject[] = [
		{ ...branch(0), $defs: Object.fromEntries(Array.from({ length: 9 }, (_, at) => [at, node(at)])) },
		many(many(many({ type: 'string', minLength: 1000 }))),
		many(many({ const: 'x'.repeat(100_000) })),
		many(many({ $ref: `#${'/x'.repeat(2000)}` })),
		{ allOf: Array.from({ length: 2000 }, () => both) },
	]
	for (const schema of schemas) expect(JSON.stringify(sampleSchema(schema)).length).toBeLessThan(2_000_000)
	expect(sampleSchema({ $ref: '#/%' })).toBeNull()
})

test('docs/echo.md lists exactly the instructions that exist', async () => {
	const page = await readFile(new URL('../../../docs/echo.md', import.meta.url), 'utf8')
	const source = await readFile(new URL('./instruction.ts', import.meta.url), 'utf8')
	const documented = new Set([...page.matchAll(/^\| `echo:([a-z-]+)/gm)].map(([, name]) => name))
	expect(documented).toEqual(new Set([...source.matchAll(/case '([a-z-]+)':/g)].map(([, name]) => name)))
})

contentFatesContract('plans of the echo engine', echoContentFates, undefined, (request, drop) =>
	planChat(receive(request, { ...call(), drop })),
)

test('words are counted like they are split', () => {
	const pieces = [
		'',
		' ',
		'\n',
		'a',
		'word ',
		'x'.repeat(12),
		'x'.repeat(25),
		'😀'.repeat(13),
		'\u3000',
		'\u00a0é',
		'\ud800',
		'\udc00',
	]
	for (const one of pieces)
		for (const other of pieces)
			for (const text of [one + other, other + one + other])
				expect([text, countWords(text)]).toEqual([text, splitWords(text).length])
})

test('the tokens of a long prompt are counted in steps, and like those of a short one', () => {
	const [character, word] = ['x😀 ', 'word 😀\u3000']
	for (const text of [character.repeat(700_000), word.repeat(300_000), `${'y'.repeat(2_000_000)} `]) {
		const messages: readonly Message[] = [
			{ role: 'user', content: [{ type: 'text', text: 'first' }] },
			{ role: 'user', content: [{ type: 'text', text }] },
		]
		const steps = resumable(() => countPrompt(messages))
		let count = 1
		let next = steps.next()
		for (; next.done !== true; next = steps.next()) count++
		expect(next.value).toBe(1 + countWords(text))
		expect(count).toBeGreaterThan(3)
	}
})
