// Turns of random parts, written as a prompt and read back as the answer of a provider that repeats it: unary, streamed,
// and with the blocks of a stream interleaved. What a provider requires back goes to no other provider or model.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import { requestFor } from '../../chat/destination.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import type { AssistantPart, Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { randomIntegersOf } from '../../system/random.testing.ts'
import { writeCall } from './call-writer.ts'
import { PartReader, partsOf } from './part-reader.ts'
import { isVersion, versions } from './specification.ts'

const origin = 'acme.chat m'

const plain: ChatRequest = {
	...plainRequest,
	messages: [],
}

/** The history's turn as it is sent. */
function send(content: readonly AssistantPart[], to: string | undefined = origin, version = 'v3') {
	if (!isVersion(version)) throw new Error(version)
	const dropped: string[] = []
	const messages: readonly Message[] = [{ role: 'assistant', content }]
	const form = { version, supportedUrls: {}, providerOptions: {}, passthrough: undefined, origin: to }
	const { prompt } = writeCall({ ...plain, messages }, form, (part) => dropped.push(part))
	const parts: readonly Record<string, unknown>[] = Object(prompt[0]).content
	return { parts, dropped }
}

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

const finish = { type: 'finish', finishReason: { unified: 'stop', raw: 'x' }, usage: { inputTokens: { total: 1 } } }

async function choiceOf(parts: readonly unknown[]) {
	let made = 0
	const reader = new PartReader({
		model: 'm',
		title: 'The upstream',
		namedTool: false,
		oneCall: false,
		newCallId: () => `call_${made++}`,
		origin,
		drop: () => undefined,
		explain: (error) => new ChatError('upstream-failed', String(error), { sent: 'yes' }),
	})
	const events = [...parts, finish].flatMap((part) => reader.read(part))
	expect(brokenRule(events, 1)).toBeUndefined()
	const [choice] = (await collect(replay(events))).choices
	return { parts: choice?.parts ?? [], rest: choice?.rest }
}

/** A part of a prompt as content of an answer. */
function answered({ providerOptions, input, output, ...part }: Record<string, unknown>): Record<string, unknown> {
	return {
		...part,
		providerMetadata: providerOptions,
		input: input === undefined ? undefined : JSON.stringify(input),
		result: Object(output).value,
	}
}

/** The parts of the stream for one part of a unary answer. */
function streamed(part: Record<string, unknown>, id: string): readonly Record<string, unknown>[] {
	const { type, providerMetadata } = part
	const pieces = (text: string) => [...text].map((delta) => ({ type: `${type}-delta`, id, delta }))
	if (type === 'text' || type === 'reasoning')
		return [{ type: `${type}-start`, id, providerMetadata }, ...pieces(String(part.text)), { type: `${type}-end`, id }]
	if (type !== 'tool-call' || part.providerExecuted === true) return [part]
	const own = String(part.toolCallId)
	return [
		{ type: 'tool-input-start', id: own, toolName: part.toolName },
		...[...String(part.input)].map((delta) => ({ type: 'tool-input-delta', id: own, delta })),
		{ type: 'tool-input-end', id: own },
		part,
	]
}

const readWhole = async (prompt: readonly Record<string, unknown>[]) =>
	(await choiceOf([...partsOf({ content: prompt.map(answered) })].slice(0, -1))).parts

const readStream = async (prompt: readonly Record<string, unknown>[]) =>
	(await choiceOf(prompt.flatMap((part, index) => streamed(answered(part), String(index))))).parts

const texts = ['Hello', ' ', '\n\n', 'Grüße 東京 🗼', '{"a":1}']

function randomPart(next: (bound: number) => number, number: number): AssistantPart {
	const text = `${texts[next(texts.length)]}${number}`
	const values = { acme: { number } }
	const signature =
		next(2) === 0 ? { wire: 'ai-sdk', value: JSON.stringify({ acme: { sig: `s${number}` } }), origin } : undefined
	const rest = next(2) === 0 ? { wire: 'ai-sdk', fields: { metadata: { origin, values } } } : undefined
	const item = (part: object): AssistantPart => ({
		type: 'provider-item',
		wire: 'ai-sdk',
		item: { origin, type: Object(part).type, part: { ...part, providerOptions: {} } },
	})
	const tool = { toolCallId: `p${number}`, toolName: 'search' }
	switch (next(8)) {
		case 0:
			return { type: 'reasoning', text, signature }
		case 1:
			return signature === undefined
				? { type: 'text', text }
				: { type: 'reasoning', text: '', signature, encrypted: true }
		case 2:
			return { type: 'image', url: `data:image/png;base64,AAA${number % 10}`, rest }
		case 3:
			return { type: 'audio', format: 'wav', data: 'AAAA', rest }
		case 4:
			return item({ type: 'file', mediaType: 'application/pdf', data: 'AAAA' })
		case 5:
			return item({ type: 'tool-call', ...tool, input: { q: text }, providerExecuted: true })
		case 6:
			return item({ type: 'tool-result', ...tool, output: { type: 'json', value: [text] } })
		default: {
			const call = { id: `id${number}`, name: 'look', arguments: JSON.stringify({ city: text }) }
			return { type: 'tool-call', kind: 'function', ...call, signature }
		}
	}
}

function randomTurn(seed: number): readonly AssistantPart[] {
	const next = randomIntegersOf(seed)
	const count = next(6) + 1
	return Array.from({ length: count }, (_, index) => randomPart(next, index))
}

const seeds = Array.from({ length: 300 }, (_, index) => index * 7919 + 1)

describe('a random turn', () => {
	test('is the same part by part after it was written and read, unary and streamed, in every version', async () => {
		for (const seed of seeds) {
			const turn = randomTurn(seed)
			for (const version of versions) {
				const { parts, dropped } = send(turn, origin, version)
				expect(dropped).toEqual([])
				expect(await readWhole(parts)).toEqual(turn)
				expect(await readStream(parts)).toEqual(turn)
			}
		}
	})

	test('is whole if the blocks of its stream interleave', async () => {
		for (const seed of seeds) {
			const next = randomIntegersOf(seed)
			const turn = randomTurn(seed).filter(({ type }) => type === 'tool-call' || type === 'reasoning')
			const signed = turn.map((part) => ({ ...part, signature: { wire: 'ai-sdk', value: '{"acme":{"s":1}}', origin } }))
			const blocks = send(signed).parts.map((part, index) => [...streamed(answered(part), String(index))])
			const starts = blocks.flatMap((block) => block.splice(0, 1))
			const pieces: unknown[] = []
			for (let left = blocks; left.length > 0; left = left.filter(({ length }) => length > 0))
				pieces.push(...(left[next(left.length)]?.splice(0, 1 + next(3)) ?? []))
			expect((await choiceOf([...starts, ...pieces])).parts).toEqual(signed)
		}
	})
})

describe('blocks that a package ends late', () => {
	const start = (type: string, id = '0') => ({ type: `${type}-start`, id })
	const delta = (type: string, text: string, id = '0') => ({ type: `${type}-delta`, id, delta: text })
	const end = (type: string, id = '0') => ({ type: `${type}-end`, id })
	const called = { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{}' }

	test('end when a part of another type begins', async () => {
		const parts = [
			...[start('reasoning'), delta('reasoning', 'hm'), start('text'), delta('text', 'a'), called],
			...[delta('text', 'b'), end('reasoning'), end('text')],
		]
		expect((await choiceOf(parts)).parts).toMatchObject([
			{ type: 'reasoning', text: 'hm' },
			{ type: 'text', text: 'a' },
			{ type: 'tool-call', id: 'c' },
			{ type: 'text', text: 'b' },
		])
	})

	test('do not delay what follows', () => {
		const reader = new PartReader({
			...{ model: 'm', title: 'The upstream', namedTool: false, oneCall: false, newCallId: () => 'x' },
			drop: () => undefined,
			explain: (error) => new ChatError('upstream-failed', String(error)),
		})
		for (const type of ['reasoning', 'text'] as const) {
			const events = [start(type), delta(type, 'a')].flatMap((part) => reader.read(part))
			expect(events.at(-1)).toMatchObject({ type: 'part-delta', part: type, text: 'a' })
		}
		const input = [{ type: 'tool-input-start', id: 'c', toolName: 'f' }, delta('tool-input', '{"a"', 'c')]
		expect(input.flatMap((part) => reader.read(part)).at(-1)).toMatchObject({ part: 'tool-call', text: '{"a"' })
	})

	test('of one type stream one after another', async () => {
		const parts = [
			...[start('text', '1'), delta('text', 'a', '1'), start('text', '2'), delta('text', 'x', '2')],
			...[delta('text', 'b', '1'), end('text', '1'), delta('text', 'y', '2'), end('text', '2')],
		]
		expect((await choiceOf(parts)).parts).toEqual([
			{ type: 'text', text: 'ab' },
			{ type: 'text', text: 'xy' },
		])
	})

	test('text between the arguments of a call follows the call', async () => {
		const parts = [
			{ type: 'tool-input-start', id: 'c', toolName: 'f' },
			delta('tool-input', '{"a"', 'c'),
			...[start('text'), delta('text', '\n'), delta('tool-input', ':1}', 'c')],
			...[{ ...called, input: '{"a":1}' }, end('text')],
		]
		expect((await choiceOf(parts)).parts).toMatchObject([
			{ type: 'tool-call', arguments: '{"a":1}' },
			{ type: 'text', text: '\n' },
		])
	})
})

describe('metadata', () => {
	const google = { google: { thoughtSignature: 's' } }
	const cases: Readonly<Record<string, Record<string, unknown>>> = {
		'of a text': { type: 'text', text: 'a', providerMetadata: google },
		'of an empty text': { type: 'text', text: '', providerMetadata: google },
		'of reasoning': { type: 'reasoning', text: 'a', providerMetadata: google },
		'of encrypted reasoning': { type: 'reasoning', text: '', providerMetadata: google },
		'of a call': { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{}', providerMetadata: google },
		'of an image': { type: 'file', mediaType: 'image/png', data: 'AAAA', providerMetadata: google },
	}
	for (const [name, part] of Object.entries(cases)) {
		test(`${name} goes back to its provider and model`, async () => {
			const { parts } = await choiceOf(streamed(part, '0'))
			expect(send(parts).parts).toMatchObject([{ type: part.type, providerOptions: google }])
		})
		test.each(['acme.chat other', 'other.chat m', undefined])(`${name} does not go to %p`, async (to) => {
			const { parts } = await choiceOf(streamed(part, '0'))
			const sent = writeTo(parts, to)
			expect(JSON.stringify(sent ?? null)).not.toContain('thoughtSignature')
		})
	}

	test('of an item of the provider: the item goes nowhere else, which is reported', async () => {
		const { parts } = await choiceOf([{ type: 'file', mediaType: 'video/mp4', data: 'AAAA' }])
		expect(send(parts).parts).toMatchObject([{ type: 'file', mediaType: 'video/mp4', data: 'AAAA' }])
		expect(send(parts, 'acme.chat other')).toEqual({ parts: [], dropped: ['messages[0].content[0]'] })
	})

	/** `to` undefined: an engine without a wire. */
	function writeTo(content: readonly AssistantPart[], to: string | undefined): unknown {
		if (to !== undefined) return send(content, to).parts
		const request: ChatRequest = { ...plain, messages: [{ role: 'assistant', content }] }
		return requestFor({ wire: undefined }, request, () => undefined)
	}
})

describe('files of an answer', () => {
	test('have a form that other wires know, in every version', async () => {
		const bytes = Uint8Array.of(0, 0, 0)
		const parts = [
			{ type: 'file', mediaType: 'image/png', data: 'AAAA' },
			{ type: 'file', mediaType: 'image/png', data: bytes },
			{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: bytes } },
			{ type: 'file', mediaType: 'image/png', data: { type: 'url', url: new URL('https://x.example/a.png') } },
			{ type: 'file', mediaType: 'audio/wav', data: 'AAAA' },
		]
		expect((await choiceOf(parts)).parts).toEqual([
			{ type: 'image', url: 'data:image/png;base64,AAAA' },
			{ type: 'image', url: 'data:image/png;base64,AAAA' },
			{ type: 'image', url: 'data:image/png;base64,AAAA' },
			{ type: 'image', url: 'https://x.example/a.png' },
			{ type: 'audio', format: 'wav', data: 'AAAA' },
		])
	})

	test('go back in the form of each version', () => {
		const content: readonly AssistantPart[] = [{ type: 'image', url: 'data:image/png;base64,AAAA' }]
		const file = { type: 'file', mediaType: 'image/png' }
		for (const version of ['v2', 'v3'])
			expect(send(content, origin, version).parts).toEqual([{ ...file, data: 'AAAA' }])
		expect(send(content, origin, 'v4').parts).toEqual([{ ...file, data: { type: 'data', data: 'AAAA' } }])
	})

	test('by a URL that the upstream does not fetch are left out, which is reported', () => {
		const content: readonly AssistantPart[] = [
			{ type: 'text', text: 'See:' },
			{ type: 'image', url: 'https://x.example/a.png' },
		]
		expect(send(content)).toEqual({
			parts: [{ type: 'text', text: 'See:' }],
			dropped: ['messages[0].content[1]'],
		})
	})
})

test('sources are the rest of the choice', async () => {
	const sources = ['a', 'b'].map((id) => ({ type: 'source', sourceType: 'url', id, url: `https://x.example/${id}` }))
	const [first, second] = sources
	const { parts, rest } = await choiceOf([{ type: 'text-delta', id: '0', delta: 'x' }, first, second])
	expect(textOf(parts)).toBe('x')
	expect(rest).toEqual({ wire: 'ai-sdk', fields: { sources } })
})

test('the input of a tool that the provider runs is not a call', async () => {
	const search = { toolName: 'search', providerExecuted: true }
	const { parts } = await choiceOf([
		{ type: 'tool-input-start', id: 's', ...search },
		{ type: 'tool-input-delta', id: 's', delta: '{"q":1}' },
		{ type: 'tool-input-end', id: 's' },
		{ type: 'tool-call', toolCallId: 's', input: '{"q":1}', ...search },
		{ type: 'tool-result', toolCallId: 's', toolName: 'search', result: [], preliminary: true },
		{ type: 'tool-result', toolCallId: 's', toolName: 'search', result: [1] },
		{ type: 'text-delta', id: '0', delta: 'Found.' },
	])
	expect(parts.map(({ type }) => type)).toEqual(['provider-item', 'provider-item', 'text'])
	expect(send(parts).parts).toMatchObject([
		{ type: 'tool-call', toolCallId: 's', toolName: 'search', input: { q: 1 }, providerExecuted: true },
		{ type: 'tool-result', toolCallId: 's', toolName: 'search', output: { type: 'json', value: [1] } },
		{ type: 'text', text: 'Found.' },
	])
})
