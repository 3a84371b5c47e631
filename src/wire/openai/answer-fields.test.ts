// What an upstream sends beyond the known fields reaches a client of the same wire: once, and in any split of the stream.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import type { Choice } from '../../chat/completion.ts'
import { eventsOfPart } from '../../chat/completion-events.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { ChatChunkWriter } from './chat-chunk-writer.ts'
import { bytesOf, chunksOf, deliver, identity, reader, shape } from './chat-relay.testing.ts'
import { readCompletion } from './completion-reader.ts'
import { writeCompletion } from './completion-writer.ts'
import { chatFormats } from './formats.ts'

const head = { id: 'cmpl-77', object: 'chat.completion.chunk', created: 1, model: 'theirs' }
const say = (delta: object, more: object = {}, top: object = {}) => ({
	...head,
	...top,
	choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
})
const end = [say({}, { finish_reason: 'stop' }), '[DONE]'] as const
const role = say({ role: 'assistant', content: '' })
const call = (fields: object) => say({ tool_calls: [{ index: 0, ...fields }] })
const named = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a"' } }
const url = 'data:image/png;base64,AA=='
const image = { type: 'image_url', image_url: { url } }
const citation = { type: 'url_citation', url_citation: { url: 'https://x.test', start_index: 0, end_index: 1 } }

/** All values at any depth, so that a value that was lost or doubled shows. */
function countOf(value: unknown, searched: string): number {
	return JSON.stringify(value).split(JSON.stringify(searched).slice(1, -1)).length - 1
}

function received(events: readonly (object | string)[], changes: object = {}) {
	return chunksOf(deliver([bytesOf(events)], true, { ...shape, ...changes }))
}

async function choiceOf(events: readonly ChatEvent[]): Promise<Choice | undefined> {
	expect(brokenRule(events)).toBeUndefined()
	return (await collect(replay(events))).choices[0]
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

function readAll(events: readonly (object | string)[]): readonly ChatEvent[] {
	const read = reader()
	const chunks = events.flatMap((event) => (typeof event === 'string' ? [] : read.read(read.parse(event))))
	return [...chunks, ...read.end(true)]
}

/** Streams with texts that start with `U`, each of which a client receives once. */
const streams: Readonly<Record<string, readonly (object | string)[]>> = {
	'reasoning details alone': [
		role,
		say({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'U1' }] }),
		say({ content: 'a' }),
		...end,
	],
	'in the chunk of the role': [
		say({ role: 'assistant', content: '', reasoning_details: [{ data: 'U1' }] }, { own: 'U2' }, { top: 'U3' }),
		say({ content: 'a' }),
		...end,
	],
	'in the first chunk, which has text': [
		say({ role: 'assistant', content: 'a', own: 'U1' }, { own: 'U2' }, { top: 'U3' }),
		...end,
	],
	'in a chunk of text': [role, say({ content: 'a', own: 'U1' }, { own: 'U2' }, { top: 'U3' }), ...end],
	'in a chunk of reasoning and text': [
		role,
		say({ reasoning: 'r', content: 'a', own: 'U1' }, { own: 'U2' }, { top: 'U3' }),
		...end,
	],
	'in every chunk of OpenRouter': [
		say({ role: 'assistant', content: '', reasoning: 'r', reasoning_details: [{ text: 'U1' }] }),
		say({ role: 'assistant', content: '', reasoning: 's', reasoning_details: [{ text: 'U2' }] }),
		say({ role: 'assistant', content: 'a' }, { native_finish_reason: 'U3' }),
		...end,
	],
	audio: [
		role,
		say({ audio: { id: 'U1' } }),
		say({ audio: { data: 'U2' } }),
		say({ audio: { transcript: 'U3', expires_at: 5 } }),
		...end,
	],
	'progress without content': [
		role,
		say({}, {}, { prompt_progress: { total: 'U1' } }),
		say({ role: 'assistant', content: null }, {}, { prompt_progress: { total: 'U2' } }),
		say({ content: 'a' }),
		...end,
	],
	'fields of a choice alone': [role, say({}, { own: 'U1' }), say({ content: 'a' }), ...end],
	'a chunk without choices': [
		role,
		say({ content: 'a' }),
		{ ...head, choices: [], timings: { prompt_ms: 'U1' } },
		...end,
	],
	'a chunk that is nothing but fields': [role, say({ content: 'a' }), { ...head, citations: ['U1'] }, ...end],
	'timings beside the usage': [
		role,
		say({ content: 'a' }),
		say({}, { finish_reason: 'stop' }),
		{ ...head, choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 }, timings: { prompt_ms: 'U1' } },
		'[DONE]',
	],
	annotations: [role, say({ content: 'a' }), say({ annotations: [{ ...citation, own: 'U1' }] }), ...end],
	'in the chunk of the finish reason': [
		role,
		say({ content: 'a' }),
		say({ own: 'U1' }, { finish_reason: 'stop', stop_reason: 'U2' }, { timings: 'U3' }),
		'[DONE]',
	],
	'a finish reason with fields of the choice': [
		role,
		say({ content: 'a' }),
		say({}, { finish_reason: 'stop', own: 'U1' }, { timings: 'U2' }),
		'[DONE]',
	],
	'a finish reason in the first chunk': [
		say({ role: 'assistant', content: '' }, { finish_reason: 'stop', own: 'U1' }, { top: 'U2' }),
		say({ content: 'a' }),
		...end,
	],
	'text and finish reason in one chunk': [
		say({ role: 'assistant', content: 'a', own: 'U1' }, { finish_reason: 'stop', own: 'U2' }, { top: 'U3' }),
		'[DONE]',
	],
	'extra content of a call': [
		role,
		call({ ...named, extra_content: { google: { thought_signature: 'U1', more: 'U2' }, own: 'U3' } }),
		call({ function: { arguments: ':1}' } }),
		...end,
	],
	'extra content after the call began': [
		role,
		call(named),
		call({ function: { arguments: ':1}' }, extra_content: { google: { thought_signature: 'U1' } }, own: 'U2' }),
		...end,
	],
	'extra content repeated in each fragment of a call': [
		role,
		call({ ...named, own: ['U1'] }),
		call({ function: { arguments: ':1}' }, own: ['U1'] }),
		...end,
	],
	'fields within the function of a call': [
		role,
		call({ ...named, function: { ...named.function, own: 'U1' } }),
		call({ function: { arguments: ':1}' } }),
		...end,
	],
	'text that waits for a call': [
		role,
		call(named),
		say({ content: 'a', own: 'U1' }, { own: 'U2' }, { top: 'U3' }),
		call({ function: { arguments: ':1}' } }),
		...end,
	],
	'images in a field': [role, say({ images: [{ ...image, own: 'U1', image_url: { url: 'U2', own: 'U3' } }] }), ...end],
	'images of another form': [role, say({ images: [{ own: 'U1' }] }), ...end],
	'images in the content': [
		role,
		say({
			content: [
				{ type: 'text', text: 'a' },
				{ ...image, own: 'U1' },
			],
		}),
		...end,
	],
	'unknown parts of the content': [role, say({ content: [{ type: 'reference', reference_ids: ['U1'] }] }), ...end],
	'fields of a text part': [role, say({ content: [{ type: 'text', text: 'a', own: 'U1' }] }), ...end],
	'log-probabilities': [
		role,
		say(
			{ content: 'a' },
			{
				logprobs: {
					content: [{ token: 'a', logprob: -1, own: 'U1', top_logprobs: [{ token: 'b', logprob: -2, own: 'U2' }] }],
					own: 'U3',
				},
			},
		),
		...end,
	],
	'log-probabilities of a refusal': [
		role,
		say({ refusal: 'no' }, { logprobs: { content: null, refusal: [{ token: 'U1', logprob: -1 }] } }),
		...end,
	],
	'two choices in one chunk': [
		say({ role: 'assistant', content: '' }),
		{
			...head,
			choices: [
				{ index: 1, delta: { role: 'assistant', content: 'b', own: 'U1' } },
				{ index: 0, delta: { content: 'a', own: 'U2' }, own: 'U3' },
			],
		},
		{
			...head,
			choices: [
				{ index: 0, delta: {}, own: 'U4' },
				{ index: 1, delta: {}, own: 'U5' },
			],
		},
		{
			...head,
			choices: [
				{ index: 0, delta: {}, finish_reason: 'stop', own: 'U6' },
				{ index: 1, delta: {}, finish_reason: 'stop', own: 'U7' },
			],
		},
		'[DONE]',
	],
}

describe('a client of the same wire receives each unknown field once', () => {
	for (const [name, events] of Object.entries(streams))
		describe(name, () => {
			const markers = [...new Set(JSON.stringify(events).match(/U\d/g))]

			test.each([{}, { includeUsage: false }, { legacyFunctions: !name.includes('call') }])(
				'streamed, %j',
				(changes) => {
					const chunks = received(events, changes)
					expect(markers.map((marker) => [marker, countOf(chunks, marker)])).toEqual(
						markers.map((marker) => [marker, 1]),
					)
					const [first] = chunks
					expect(first).toMatchObject({ choices: [{ delta: { role: 'assistant' } }] })
				},
			)

			test('cut at every byte', () => {
				const bytes = bytesOf(events)
				const whole = deliver([bytes], true)
				for (let at = 0; at <= bytes.length; at++)
					expect(deliver([bytes.subarray(0, at), bytes.subarray(at)], true)).toBe(whole)
			})

			test('and the answer obeys the rules of events', () => {
				expect(brokenRule(readAll(events))).toBeUndefined()
			})
		})
})

describe('reasoning has the name of its upstream', () => {
	const fieldsOf = (events: readonly (object | string)[]) => {
		const deltas = received(events).map(({ choices }) => Reflect.get(Object(Reflect.get(Object(choices), 0)), 'delta'))
		return deltas.map((delta) => [
			Reflect.get(Object(delta), 'reasoning'),
			Reflect.get(Object(delta), 'reasoning_content'),
		])
	}
	const reasoned = (fields: object) => [
		role,
		say(fields),
		say({ ...fields, content: 'a' }),
		say({ content: 'b' }),
		...end,
	]

	test.each([
		[{ reasoning: 'r' }, ['r', undefined]],
		[{ reasoning_content: 'r' }, [undefined, 'r']],
		[{ reasoning: 'r', reasoning_content: 'r' }, ['r', 'r']],
	])('%j in a stream', (fields, expected) => {
		const written = fieldsOf(reasoned(fields)).filter((names) => names.some((name) => name !== undefined))
		expect(written).toEqual([expected, expected])
	})

	test.each([{ reasoning: 'r' }, { reasoning_content: 'r' }, { reasoning: 'r', reasoning_content: 'r' }])(
		'%j in a whole answer',
		async (fields) => {
			const { message } = await relayed({ content: 'a', ...fields })
			expect(message).toEqual({ role: 'assistant', content: 'a', refusal: null, annotations: [], ...fields })
		},
	)

	test('also if it waits for a call', () => {
		const waiting = [
			role,
			say({ reasoning: 'r' }),
			call(named),
			say({ reasoning: 's' }),
			call({ function: { arguments: ':1}' } }),
			...end,
		]
		const written = fieldsOf(waiting).filter((names) => names.some((name) => name !== undefined))
		expect(written).toEqual([
			['r', undefined],
			['s', undefined],
		])
	})

	test('thinking in a list of content has the common name', () => {
		const thinking = say({ content: [{ type: 'thinking', thinking: 'r' }] })
		expect(fieldsOf([role, thinking, ...end])[1]).toEqual([undefined, 'r'])
	})
})

/** The choice that a client receives for a whole answer with this message. */
async function relayed(message: object, more: object = {}) {
	const body = {
		...{ id: 'x', object: 'chat.completion', created: 1, model: 'theirs' },
		choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
	}
	const events = readCompletion(body, reader())
	expect(brokenRule(events)).toBeUndefined()
	const source = { format: chatFormats.whole, text: JSON.stringify(body), value: body }
	const written = writeCompletion(await collect(replay(events)), identity, shape, source)
	const choice: unknown = Reflect.get(Object(Reflect.get(written, 'choices')), 0)
	return { choice, message: Reflect.get(Object(choice), 'message') }
}

describe('a whole answer', () => {
	test.each<[string, object]>([
		['annotations', { content: 'a', annotations: [citation] }],
		['audio', { content: null, audio: { id: 'audio_1', data: 'AA==', transcript: 'a', expires_at: 5 } }],
		['reasoning details', { content: 'a', reasoning_details: [{ type: 'reasoning.encrypted', data: 'E' }] }],
		['an image', { content: 'a', images: [image] }],
		['an image with fields of its own', { content: '', images: [{ ...image, index: 0, image_url: { url, own: 1 } }] }],
		['images of another form', { content: 'a', images: ['https://x.test/a.png'] }],
		['an image in the content', { content: [{ type: 'text', text: 'a' }, image, { type: 'text', text: 'b' }] }],
		[
			'an unknown part of the content',
			{
				content: [
					{ type: 'reference', reference_ids: [1] },
					{ type: 'text', text: 'a' },
				],
			},
		],
		['fields of a text part', { content: [{ type: 'text', text: 'a', own: 1 }] }],
	])('with %s', async (_, message) => {
		const all = { role: 'assistant', refusal: null, annotations: [], ...message }
		const received = JSON.parse(JSON.stringify((await relayed(message)).message))
		expect(received).toEqual({ ...all, content: received.content ?? Reflect.get(message, 'content') })
		expect([received.content ?? '']).toEqual([Reflect.get(message, 'content') ?? ''])
	})

	test('with a call that has fields of its own', async () => {
		const tool_calls = [
			{
				...{ id: 'c1', type: 'function', own: 1 },
				function: { name: 'f', arguments: '{}', provider: { a: 1 } },
				extra_content: { google: { thought_signature: 'S', more: 2 }, other: 3 },
			},
			{ id: 'c2', type: 'custom', custom: { name: 'g', input: 'x', more: 4 } },
		]
		expect((await relayed({ content: null, tool_calls })).message).toMatchObject({ tool_calls })
	})

	test('with log-probabilities that have fields of their own', async () => {
		const top_logprobs = [{ token: 'b', logprob: -2, bytes: null, rank: 2 }]
		const logprobs = {
			content: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs, rank: 1 }],
			refusal: null,
			own: 1,
		}
		expect((await relayed({ content: 'a' }, { logprobs })).choice).toMatchObject({ logprobs })
	})

	test('with log-probabilities that are unknown', async () => {
		const top_logprobs = [{ token: 'b', logprob: null, bytes: null }]
		const content = [{ token: 'a', logprob: null, bytes: null, top_logprobs }]
		expect((await relayed({ content: 'a' }, { logprobs: { content, refusal: null } })).choice).toMatchObject({
			logprobs: { content },
		})
	})

	test('that an upstream sends instead of a stream', () => {
		const message = { role: 'assistant', content: 'a', own: 'U1', images: [{ ...image, own: 'U2' }] }
		const body = { choices: [{ message, finish_reason: 'stop', own: 'U3' }], top: 'U4' }
		const events = readCompletion(body, reader())
		const writer = new ChatChunkWriter(identity, shape)
		const chunks = chunksOf(
			writer.repeat({ format: chatFormats.whole, text: JSON.stringify(body), value: body }, events),
		)
		for (const marker of ['U1', 'U2', 'U3', 'U4']) expect([marker, countOf(chunks, marker)]).toEqual([marker, 1])
	})
})

describe('numbers of unknown fields are unchanged', () => {
	const numbers = '{"id":1234567890123456789,"price":1.0,"12":-0.0,"2":[1e400,1.50]}'
	const fields = `"own":${numbers},"direct":9007199254740993`
	const delta = `{"content":"a",${fields},"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"},"own":${numbers}}]}`
	const compact = (sent: string) => [sent.split(numbers).length - 1, sent.split('9007199254740993').length - 1]

	test('in a stream', () => {
		const chunk = `{"choices":[{"index":0,"delta":${delta},${fields}}],${fields}}`
		const bytes = new TextEncoder().encode(`data: ${chunk}\n\ndata: [DONE]\n\n`)
		expect(compact(deliver([bytes], true))).toEqual([4, 3])
	})

	test('in a whole answer', async () => {
		const text = `{"choices":[{"index":0,"message":${delta},"finish_reason":"stop",${fields}}],${fields}}`
		const value = parseJson(text)
		const completion = await collect(replay(readCompletion(value, reader())))
		const source = { format: chatFormats.whole, text, value }
		expect(compact(stringifyJson(writeCompletion(completion, identity, shape, source)))).toEqual([4, 3])
		expect(stringifyJson(completion.choices[0]?.rest)).toBe(`{"wire":"openai","fields":{${fields}}}`)
	})
})

describe('what is stored of an answer', () => {
	test('unknown fields of the message, in pieces or whole', async () => {
		const rest = { wire: 'openai', fields: { reasoning_details: [{ data: 'a' }, { data: 'b' }], own: 2 } }
		const stream = [
			say({ role: 'assistant', content: 'x', reasoning_details: [{ data: 'a' }], own: 1 }),
			say({ reasoning_details: [{ data: 'b' }], own: 2 }),
			...end,
		]
		expect((await choiceOf(readAll(stream)))?.rest).toEqual(rest)
		const message = { content: 'x', ...rest.fields }
		expect((await choiceOf(readCompletion({ choices: [{ message, finish_reason: 'stop' }] }, reader())))?.rest).toEqual(
			rest,
		)
	})

	test('fields of the texts in a list of thinking', async () => {
		const thinking = [{ type: 'text', text: 'hm', score: 1 }]
		const [part] =
			(await choiceOf(readAll([role, say({ content: [{ type: 'thinking', thinking }] }), ...end])))?.parts ?? []
		expect(part).toMatchObject({ type: 'reasoning', text: 'hm', rest: { wire: 'openai', fields: { thinking } } })
	})

	test('audio by its id', async () => {
		const stream = [role, say({ audio: { id: 'audio_1' } }), say({ audio: { data: 'AA==' } }), ...end]
		expect((await choiceOf(readAll(stream)))?.rest).toEqual({ wire: 'openai', fields: { audio: { id: 'audio_1' } } })
	})

	test('nothing of fields without a value', async () => {
		const message = { content: 'x', annotations: [], audio: null, refusal: null, note: '', tool_calls: [] }
		expect(
			(await choiceOf(readCompletion({ choices: [{ message, finish_reason: 'stop' }] }, reader())))?.rest,
		).toBeUndefined()
	})

	test("Google's signature of a call, and the rest of the call", async () => {
		const extra_content = { google: { thought_signature: 'S', more: 1 } }
		const [part] = (await choiceOf(readAll([role, call({ ...named, extra_content }), ...end])))?.parts ?? []
		expect(part).toMatchObject({
			type: 'tool-call',
			signature: { wire: 'gemini', value: 'S' },
			rest: { wire: 'openai', fields: { 'extra_content.google.more': 1 } },
		})
	})

	test('images and unknown parts in their order', async () => {
		const content = [
			{ type: 'text', text: 'a' },
			image,
			{ type: 'reference', reference_ids: [1] },
			{ type: 'text', text: 'b' },
		]
		const parts = (await choiceOf(readAll([role, say({ content }), ...end])))?.parts
		expect(parts).toMatchObject([
			{ type: 'text', text: 'a' },
			{ type: 'image', url },
			{ type: 'provider-item', wire: 'openai', item: { type: 'reference', reference_ids: [1] } },
			{ type: 'text', text: 'b' },
		])
	})
})

describe('answers of other wires', () => {
	const signature = { wire: 'gemini', value: 'S' }
	const part = { type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{}' } as const
	const google = { google: { thought_signature: 'S' } }
	const usage = {
		promptTokens: 1,
		completionTokens: 1,
		cachedTokens: 0,
		reasoningTokens: 0,
		source: 'upstream',
	} as const

	test('have their signatures of calls', () => {
		const choices = [{ parts: [{ ...part, signature }], finishReason: 'tool-calls' }] as const
		const written = writeCompletion({ choices, usage }, identity, shape)
		expect(written).toMatchObject({ choices: [{ message: { tool_calls: [{ id: 'c1', extra_content: google }] } }] })
	})

	const streamed = (events: readonly ChatEvent[]) => {
		const writer = new ChatChunkWriter(identity, shape)
		return chunksOf(events.map((event) => writer.write(event)).join(''))
	}

	test('have signatures that come with a call, or at its end, in streams', () => {
		const [start, delta] = eventsOfPart({ ...part, signature }, 0)
		const [plain] = eventsOfPart(part, 0)
		if (start === undefined || delta === undefined || plain === undefined) throw new Error('no events')
		const signed = { choices: [{ delta: { tool_calls: [{ index: 0, extra_content: google }] } }] }
		expect(streamed([{ type: 'start' }, start, delta, { type: 'part-end', choice: 0 }])[1]).toMatchObject(signed)
		expect(streamed([{ type: 'start' }, plain, delta, { type: 'part-end', choice: 0, signature }])[3]).toMatchObject(
			signed,
		)
	})

	test('have none of their unknown fields and items', () => {
		const rest = { wire: 'anthropic', fields: { own: 'U1' } }
		const events: readonly ChatEvent[] = [
			{ type: 'start' },
			...eventsOfPart({ type: 'provider-item', wire: 'anthropic', item: { type: 'U2' } }, 0),
			...eventsOfPart({ ...part, rest, signature: { wire: 'anthropic', value: 'U3' } }, 0),
			...eventsOfPart({ type: 'text', text: 'a', rest }, 0),
			{ type: 'rest', choice: 0, rest },
		]
		expect(JSON.stringify(streamed(events))).not.toMatch(/U\d/)
	})

	test('have their images', () => {
		const events = [{ type: 'start' } as const, ...eventsOfPart({ type: 'image', url }, 0)]
		expect(streamed(events)[1]).toMatchObject({ choices: [{ delta: { images: [image] } }] })
		const choices = [{ parts: [{ type: 'image', url }], finishReason: 'stop' }] as const
		expect(writeCompletion({ choices, usage }, identity, shape)).toMatchObject({
			choices: [{ message: { images: [image] } }],
		})
	})
})
