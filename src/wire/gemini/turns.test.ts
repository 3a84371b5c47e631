// Turns of random parts, written as a history and read back as an answer: unary, in chunks, and cut at every byte. What
// an answer contains goes back unchanged, in the same part.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import { requestFor } from '../../chat/destination.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import type { JsonObject } from '../../chat/json.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import type { AssistantPart, Message } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { EventStreamReader } from '../../engines/upstream/http/event-stream-reader.ts'
import { randomIntegersOf } from '../../system/random.testing.ts'
import { GeminiAnswerReader, readGeminiAnswer } from './answer-reader.ts'
import { formOf } from './form.ts'
import { writeGenerationRequest } from './generation-request-writer.ts'

const origin = 'host gemini-3-pro'

const open = () => {
	let made = 0
	return new GeminiAnswerReader({
		model: 'm',
		choices: 1,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		oneCall: false,
		newCallId: () => `call_${made++}`,
		origin,
	})
}

const chunkOf = (parts: readonly JsonObject[], finishReason?: string) => ({
	candidates: [{ content: { role: 'model', parts }, finishReason }],
})

async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

async function choiceOf(events: readonly ChatEvent[]) {
	expect(brokenRule(events, 1)).toBeUndefined()
	const [choice] = (await collect(replay(events))).choices
	return { parts: choice?.parts ?? [], rest: choice?.rest }
}

/** The parts of a unary answer. */
const readWhole = async (parts: readonly JsonObject[]) =>
	(await choiceOf(readGeminiAnswer(chunkOf(parts, 'STOP'), open()))).parts

function eventsOf(chunks: readonly object[]): readonly ChatEvent[] {
	const reader = open()
	return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end(false)]
}

/** The parts of a streamed answer. */
const readChunks = async (chunks: readonly (readonly JsonObject[])[]) =>
	(await choiceOf(eventsOf([...chunks.map((parts) => chunkOf(parts)), chunkOf([{ text: '' }], 'STOP')]))).parts

const plain: ChatRequest = {
	...plainRequest,
	messages: [],
}

interface Sent {
	readonly parts: readonly JsonObject[]
	readonly dropped: readonly string[]
}

/** The history's turn as it is sent. */
function send(content: readonly AssistantPart[], to = origin, model = 'gemini-2.5-pro'): Sent {
	const dropped: string[] = []
	const messages: readonly Message[] = [
		{ role: 'user', content: [{ type: 'text', text: 'hi' }] },
		{ role: 'assistant', content },
	]
	const body = writeGenerationRequest({ ...plain, messages }, formOf(model, 'gemini'), (part) => dropped.push(part), to)
	const { contents } = JSON.parse(JSON.stringify(body))
	return { parts: contents[1]?.parts ?? [], dropped }
}

const signature = (value: string) => ({ wire: 'gemini', value, origin })
const texts = ['Hello', ' ', '\n\n', 'Grüße 東京 🗼', '{"a":1}']

/** One to two parts: whatever holds a signature is followed by it. */
function randomParts(next: (bound: number) => number, number: number): readonly AssistantPart[] {
	const text = `${texts[next(texts.length)]}${number}`
	const own = next(2) === 0 ? signature(`s${number}`) : undefined
	const sealed: AssistantPart[] =
		own === undefined ? [] : [{ type: 'reasoning', text: '', signature: own, encrypted: true }]
	const fields = { partMetadata: { number } }
	const rest = next(4) === 0 ? { wire: 'gemini', fields } : undefined
	switch (next(7)) {
		case 0:
			return [{ type: 'reasoning', text, signature: own, rest }]
		case 1:
			return [{ type: 'text', text, rest }, ...sealed]
		case 2:
			return [{ type: 'image', url: `data:image/png;base64,AAA${number % 10}`, rest }, ...sealed]
		case 3:
			return [{ type: 'audio', format: 'wav', data: 'AAAA', rest }, ...sealed]
		case 4:
			return [
				{ type: 'provider-item', wire: 'gemini', item: { fileData: { mimeType: 'a/b', fileUri: `gs://${number}` } } },
				...sealed,
			]
		case 5:
			return [
				{
					type: 'tool-call',
					kind: 'function',
					id: `id${number}`,
					name: 'look',
					arguments: JSON.stringify({ city: text }),
					signature: own,
					rest,
				},
			]
		default:
			return sealed.length === 0
				? [{ type: 'text', text }]
				: [
						{ type: 'text', text },
						{ ...sealed[0], type: 'reasoning', text: '', rest: { wire: 'gemini', fields: { text: '' } } },
					]
	}
}

/** Parts that chunks do not merge: those of a kind that chunks continue never meet. */
function randomTurn(seed: number): readonly AssistantPart[] {
	const next = randomIntegersOf(seed)
	const turn: AssistantPart[] = []
	for (let number = next(6) + 1; number > 0; number--) {
		const parts = randomParts(next, number)
		const shown = turn.findLast((part) => part.type !== 'reasoning' || part.encrypted !== true)
		if (shown?.type !== parts[0]?.type || shown?.type === 'tool-call') turn.push(...parts)
	}
	return turn
}

const seeds = Array.from({ length: 400 }, (_, index) => index * 7919 + 1)

describe('a random turn', () => {
	test('is the same part by part after it was written and read, unary and in chunks', async () => {
		for (const seed of seeds) {
			const turn = randomTurn(seed)
			const { parts, dropped } = send(turn)
			expect(dropped).toEqual([])
			expect(await readWhole(parts)).toEqual(turn)
			expect(await readChunks(parts.map((part) => [part]))).toEqual(turn)
		}
	})

	test('is written as it was read', async () => {
		for (const seed of seeds) {
			const { parts } = send(randomTurn(seed))
			expect(send(await readWhole(parts)).parts).toEqual(parts)
		}
	})

	test('is the same for every split of its bytes', async () => {
		for (const seed of seeds.slice(0, 12)) {
			const turn = randomTurn(seed)
			const chunks = [...send(turn).parts.map((part) => chunkOf([part])), chunkOf([], 'STOP')]
			const bytes = Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(''))
			for (let at = 0; at <= bytes.length; at++) {
				const stream = new EventStreamReader({ maxEventLength: 100_000 })
				const reader = open()
				const cut = [bytes.subarray(0, at), bytes.subarray(at)]
				const read = [...cut.flatMap((piece) => [...stream.read(piece)]), ...stream.end()]
				const events = read.filter(({ data }) => data !== '').flatMap(({ data }) => reader.read(JSON.parse(data)))
				expect((await choiceOf([...events, ...reader.end(false)])).parts).toEqual(turn)
			}
		}
	})
})

describe('a signature', () => {
	const cases: Readonly<Record<string, readonly JsonObject[]>> = {
		'of the only text': [{ text: 'Hello', thoughtSignature: 's' }],
		'of an empty text at the end': [{ text: 'Hello' }, { text: '', thoughtSignature: 's' }],
		'of an empty text at the start': [{ text: '', thoughtSignature: 's' }, { text: 'Hello' }],
		'of an empty text alone': [{ text: '', thoughtSignature: 's' }],
		'of an empty text after a call': [
			{ functionCall: { id: 'a', name: 'f', args: {} }, thoughtSignature: 'c' },
			{ text: '', thoughtSignature: 's' },
		],
		'of several texts': [
			{ text: 'a', thoughtSignature: 's' },
			{ text: 'b', thoughtSignature: 't' },
			{ text: '', thoughtSignature: 'u' },
			{ text: '', thoughtSignature: 'v' },
		],
		'of thoughts': [{ text: 'Hm', thought: true, thoughtSignature: 's' }, { text: 'Hello' }],
		'of empty thoughts': [
			{ text: 'Hm', thought: true },
			{ text: '', thought: true, thoughtSignature: 's' },
		],
		'of a text after thoughts': [
			{ text: 'Hm', thought: true },
			{ text: 'Hello', thoughtSignature: 's' },
		],
		'of one of two texts': [{ text: 'a' }, { text: 'b', thoughtSignature: 's' }, { text: 'c' }],
		'of an image': [{ inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 's' }],
		'of code that the upstream executed': [
			{ executableCode: { language: 'PYTHON', code: '1+1' }, thoughtSignature: 's' },
			{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } },
			{ text: '2' },
		],
		'of an unknown part': [{ toolCall: { id: 'x', toolType: 'GOOGLE_SEARCH' }, thoughtSignature: 's' }],
	}
	for (const [name, parts] of Object.entries(cases)) {
		test(`${name} goes back in its part`, async () => {
			expect(send(await readWhole(parts)).parts).toEqual(parts)
		})
		test(`${name} is not sent to another model`, async () => {
			const { parts: sent, dropped } = send(await readWhole(parts), 'host gemini-2.5-flash')
			expect(JSON.stringify(sent)).not.toContain('thoughtSignature')
			expect(sent).toEqual(parts.map(({ thoughtSignature, ...part }) => part).filter(({ text }) => text !== ''))
			expect(dropped).toEqual([])
		})
	}

	test('in the last piece of a streamed text is the signature of the whole text', async () => {
		const parts = await readChunks([[{ text: 'Hel' }], [{ text: 'lo', thoughtSignature: 's' }]])
		expect(send(parts).parts).toEqual([{ text: 'Hello', thoughtSignature: 's' }])
	})

	test('in the first piece of a streamed text is the signature of the whole text', async () => {
		const parts = await readChunks([[{ text: 'Hel', thoughtSignature: 's' }], [{ text: 'lo' }]])
		expect(send(parts).parts).toEqual([{ text: 'Hello', thoughtSignature: 's' }])
	})

	test('in a chunk of its own goes back in a part of its own', async () => {
		const parts = await readChunks([[{ text: 'Hel' }], [{ text: 'lo' }], [{ text: '', thoughtSignature: 's' }]])
		expect(send(parts).parts).toEqual([{ text: 'Hello' }, { text: '', thoughtSignature: 's' }])
	})

	test('of an empty text goes to the text before it if a client has not returned its rest', async () => {
		const parts = await readWhole([{ text: 'Hello' }, { text: '', thoughtSignature: 's' }])
		const returned = parts.map((part) => (part.type === 'provider-item' ? part : { ...part, rest: undefined }))
		expect(send(returned).parts).toEqual([{ text: 'Hello', thoughtSignature: 's' }])
	})

	describe('of a call', () => {
		const call = (own: object | undefined): AssistantPart => ({
			...{ type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '{}' },
			signature: own === undefined ? undefined : { wire: 'gemini', value: 's', ...own },
		})
		const sentOf = (own: object | undefined) => send([call(own)], origin, 'gemini-3-pro').parts[0]?.thoughtSignature
		test.each([
			['of an unknown origin, such as a chat client’s, is sent', {}, 's'],
			['of this service and model is sent', { origin }, 's'],
			[
				'of another model is replaced by the marker',
				{ origin: 'host gemini-3-flash' },
				'skip_thought_signature_validator',
			],
			[
				'of another service is replaced by the marker',
				{ origin: 'other gemini-3-pro' },
				'skip_thought_signature_validator',
			],
			['of another wire is replaced by the marker', { wire: 'anthropic' }, 'skip_thought_signature_validator'],
			['that is missing is replaced by the marker', undefined, 'skip_thought_signature_validator'],
		] as const)('%s', (_, own, expected) => {
			expect(sentOf(own)).toBe(expected)
		})
	})
})

describe('an unknown part', () => {
	const image = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
	const video = { inlineData: { mimeType: 'video/mp4', data: 'AAAA' } }
	const cases: Readonly<Record<string, readonly JsonObject[]>> = {
		'a file by URI': [{ fileData: { mimeType: 'video/mp4', fileUri: 'gs://bucket/a' } }],
		'a video': [{ text: 'See:' }, video, { text: 'Done.' }],
		'an image of the thoughts': [{ ...image, thought: true }, image],
		'an image with a name': [{ inlineData: { ...image.inlineData, displayName: 'a.png' } }],
		'a tool of the upstream': [
			{ toolCall: { id: 'x', toolType: 'GOOGLE_SEARCH', args: { queries: ['a'] } } },
			{ toolResponse: { id: 'x', toolType: 'GOOGLE_SEARCH', response: { hits: [] } } },
			{ text: 'Found.' },
		],
		'something new': [{ somethingNew: { of: ['this', 'wire'] } }, { text: 'a' }],
	}
	for (const [name, parts] of Object.entries(cases))
		test(`goes back unchanged and in its position: ${name}`, async () => {
			expect(send(await readWhole(parts)).parts).toEqual(parts)
			expect(send(await readChunks(parts.map((part) => [part]))).parts).toEqual(parts)
		})

	test('is reported if the conversation goes to another wire', async () => {
		const content = await readWhole([video, { text: 'a', partMetadata: { b: 1 } }])
		const dropped: string[] = []
		const request = { ...plain, messages: [{ role: 'assistant', content }] } as const
		const [message] = requestFor({ wire: 'openai' }, request, (part) => dropped.push(part)).messages
		expect(message?.content).toEqual([{ type: 'text', text: 'a' }])
		expect(dropped).toEqual(['messages[0].content[0]', 'messages[0].content[1].partMetadata'])
	})

	test('in the history of a user goes back to this wire', () => {
		const messages: readonly Message[] = [
			{ role: 'user', content: [{ type: 'provider-item', wire: 'gemini', item: video }] },
		]
		const body = writeGenerationRequest({ ...plain, messages }, formOf('gemini-3-pro', 'gemini'), () => undefined)
		expect(body.contents).toEqual([{ role: 'user', parts: [video] }])
	})
})

describe('images and audio', () => {
	test('of an answer have a form that other wires know', async () => {
		const parts = [
			{ text: 'a' },
			{ inlineData: { mimeType: 'image/webp', data: 'AAAA' } },
			{ inlineData: { mimeType: 'audio/wav', data: 'BBBB' } },
		]
		expect(await readWhole(parts)).toEqual([
			{ type: 'text', text: 'a' },
			{ type: 'image', url: 'data:image/webp;base64,AAAA' },
			{ type: 'audio', format: 'wav', data: 'BBBB' },
		])
	})
})

describe('unknown fields', () => {
	test('keep their numbers', async () => {
		const parts = '[{"newField":12345678901234567890,"text":"a"},{"newPart":1.0},{"other":{"2":1,"1":-0.0}}]'
		const content = await readWhole(parseJson(parts) as readonly JsonObject[])
		const messages: readonly Message[] = [{ role: 'assistant', content }]
		const body = writeGenerationRequest({ ...plain, messages }, formOf('m', 'gemini'), () => undefined)
		expect(stringifyJson(body)).toContain(`"parts":${parts}`)
	})

	test('of a call go back in it', async () => {
		const call = { functionCall: { id: 'a', name: 'f', args: {}, newField: 1 }, partMetadata: { b: 2 } }
		expect(send(await readWhole([call])).parts).toEqual([call])
	})

	test('of a candidate are the rest of the choice, with the last value of each', async () => {
		const ratings = (probability: string) => [{ category: 'HARM_CATEGORY_HARASSMENT', probability }]
		const grounding = { groundingChunks: [{ web: { uri: 'https://x.example' } }], webSearchQueries: ['a'] }
		const chunks = [
			{ candidates: [{ content: { parts: [{ text: 'a' }] }, safetyRatings: ratings('LOW') }] },
			{
				candidates: [
					{
						content: { parts: [{ text: 'b' }] },
						finishReason: 'STOP',
						safetyRatings: ratings('NEGLIGIBLE'),
						citationMetadata: { citationSources: [] },
					},
				],
			},
			// After the finish reason.
			{ candidates: [{ groundingMetadata: grounding, urlContextMetadata: { urlMetadata: [] } }] },
		]
		const fields = {
			safetyRatings: ratings('NEGLIGIBLE'),
			citationMetadata: { citationSources: [] },
			groundingMetadata: grounding,
			urlContextMetadata: { urlMetadata: [] },
		}
		const expected = { parts: [{ type: 'text', text: 'ab' }] as const, rest: { wire: 'gemini', fields } }
		expect(await choiceOf(eventsOf(chunks))).toEqual(expected)
		expect(await choiceOf(readGeminiAnswer(chunks, open()))).toEqual(expected)
		const message = { role: 'assistant', content: expected.parts, rest: expected.rest } as const
		const dropped: string[] = []
		const body = writeGenerationRequest({ ...plain, messages: [message] }, formOf('m', 'gemini'), (part) =>
			dropped.push(part),
		)
		expect(body.contents).toEqual([{ role: 'model', parts: [{ text: 'ab' }] }])
		expect(dropped).toEqual([])
	})

	test.each(['citationSources', 'citations'])(
		'of a candidate include the citations of all chunks: %s',
		async (name) => {
			const chunk = (text: string, uris: readonly string[], finishReason?: string) => ({
				candidates: [
					{
						content: { parts: [{ text }] },
						finishReason,
						citationMetadata: { [name]: uris.map((uri) => ({ uri, startIndex: 0 })) },
					},
				],
			})
			const { rest } = await choiceOf(eventsOf([chunk('a', ['x']), chunk('b', ['x', 'y']), chunk('c', ['z'], 'STOP')]))
			const citations = ['x', 'y', 'z'].map((uri) => ({ uri, startIndex: 0 }))
			expect(rest?.fields).toEqual({ citationMetadata: { [name]: citations } })
		},
	)

	test('of the usage are its rest', () => {
		const promptTokensDetails = [{ modality: 'TEXT', tokenCount: 3 }]
		const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4, promptTokensDetails }
		expect(eventsOf([{ ...chunkOf([{ text: 'a' }], 'STOP'), usageMetadata }]).at(-1)).toMatchObject({
			usage: { promptTokens: 3, completionTokens: 1, rest: { wire: 'gemini', fields: { promptTokensDetails } } },
		})
	})
})

test('a character in two pieces is one', async () => {
	const parts = await readChunks([[{ text: 'a\ud83d' }], [{ text: '\uddfcb' }]])
	expect(parts).toEqual([{ type: 'text', text: 'a🗼b' }])
})
