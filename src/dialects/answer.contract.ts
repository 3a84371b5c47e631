// The part of the contract suite of `Dialect` that is about answers: unary and streamed answers contain the same, a stream
// has one end, and what a format cannot express is reported. It does not know how requests are read.

import { expect, test } from 'bun:test'
import type { Completion } from '../chat/completion.ts'
import { eventsOfPart } from '../chat/completion-events.ts'
import { CompletionFold } from '../chat/completion-fold.ts'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { AssistantPart } from '../chat/message.ts'
import { turnId } from '../conversations/turn-id.ts'
import type { Call } from './dialect.ts'
import { type AnswerDifference, type SampleAnswerReader, sampleModel } from './dialect-sample.testing.ts'
import type { AnswerWriter, ResponseContext } from './writer.ts'

export const context: ResponseContext = {
	token: turnId('0123456789abcdef0123456789abcdef'),
	created: 1_800_000_000,
	now: () => 1_800_000_000_000,
	model: sampleModel,
}
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' } as const
/** Text that would break a stream or a JSON body if it were not escaped. */
export const text = 'Say "hi"\n\ndata: [DONE]\n\n\u2028\u0000</script>\\ \r\n é 😀'
const toolArguments = '{"place":"Paris \\"\\n"}'

const start: ChatEvent = { type: 'start' }
const stop: ChatEvent = { type: 'choice-finish', choice: 0, reason: 'stop' }
const finish: ChatEvent = { type: 'finish', usage }
const toolCall = { type: 'tool-call', kind: 'function', id: 'call_1', name: 'look', arguments: toolArguments } as const
const [callStart, , callEnd] = eventsOfPart(toolCall, 0)
const callArguments = [toolArguments.slice(0, 9), toolArguments.slice(9)].map(
	(piece): ChatEvent => ({ type: 'part-delta', choice: 0, part: 'tool-call', text: piece }),
)
const call = (deltas: readonly ChatEvent[]) => [callStart, ...deltas, callEnd].filter((event) => event !== undefined)
export const failure = new ChatError('upstream-failed', 'The "upstream"\n\nfailed.')

const textAnswer: readonly ChatEvent[] = [
	start,
	{ type: 'part-start', choice: 0, part: { type: 'text' } },
	{ type: 'part-delta', choice: 0, part: 'text', text: text.slice(0, 12) },
	{ type: 'part-delta', choice: 0, part: 'text', text: text.slice(12) },
	{ type: 'part-end', choice: 0 },
	stop,
	finish,
]
const noAnswer: readonly ChatEvent[] = [start, stop, finish]
const toolAnswer: readonly ChatEvent[] = [start, ...call(callArguments), { ...stop, reason: 'tool-calls' }, finish]

function withText(part: AssistantPart): readonly ChatEvent[] {
	return [start, ...eventsOfPart(part, 0), ...textAnswer.slice(1)]
}

/** For each difference, two answers that differ in it only. */
const differences: Readonly<Record<AnswerDifference, readonly [readonly ChatEvent[], readonly ChatEvent[]]>> = {
	text: [textAnswer, noAnswer],
	reasoning: [withText({ type: 'reasoning', text: 'hm' }), textAnswer],
	refusal: [withText({ type: 'refusal', text: 'no' }), textAnswer],
	'tool-call': [withText(toolCall), textAnswer],
	'tool-arguments': [
		[start, ...call(callArguments), stop, finish],
		[start, ...call([]), stop, finish],
	],
	image: [withText({ type: 'image', url: 'data:image/png;base64,AA==' }), textAnswer],
	audio: [withText({ type: 'audio', data: 'AA==', format: 'wav' }), textAnswer],
	'provider-item': [withText({ type: 'provider-item', wire: 'x', item: { type: 'x_call' } }), textAnswer],
	rest: [
		[...textAnswer.slice(0, -2), { type: 'rest', choice: 0, rest: { wire: 'x', fields: { x: 1 } } }, stop, finish],
		textAnswer,
	],
	'choice-finish': [[...textAnswer.slice(0, -2), { ...stop, reason: 'length' }, finish], textAnswer],
	finish: [textAnswer, textAnswer.slice(0, -1)],
	error: [[...textAnswer.slice(0, -2), { type: 'error', error: failure }], textAnswer.slice(0, -2)],
}

const differencesOfParts = [
	'reasoning',
	'refusal',
	'tool-call',
	'image',
	'audio',
	'provider-item',
	'rest',
] as const satisfies readonly AnswerDifference[]

/** What is wrong with an answer, or with an event of a stream, according to the document. */
export interface AnswerCheck {
	readonly unary: (body: unknown) => readonly string[]
	readonly event: (event: unknown) => readonly string[]
}

/** @param readCall reads the sample's request, with `stream` if given. */
export function answerContract(
	readCall: (stream?: boolean) => Promise<Call>,
	reader: SampleAnswerReader,
	check: AnswerCheck,
): void {
	const writerOf = async (stream: boolean): Promise<AnswerWriter> => {
		const call = await readCall(stream)
		if (call.type !== 'chat' && call.type !== 'complete') throw new Error(`unexpected call: ${call.type}`)
		expect(call.stream).toBe(stream && reader.unaryOnly === undefined)
		return call.writer
	}
	const unary = async (events: readonly ChatEvent[]): Promise<unknown> =>
		asReceived((await writerOf(false)).completion(completionOf(events), context))
	const streamed = async (events: readonly ChatEvent[]): Promise<string> => {
		const writer = (await writerOf(true)).stream(context)
		return events.map((event) => writer.write(event)).join('')
	}

	test('a unary answer has the whole text', async () => {
		expect(reader.text(await unary(textAnswer))).toBe(text)
	})
	const { toolArguments: readToolArguments } = reader
	if (readToolArguments !== undefined)
		test('a unary answer has the arguments of a tool call', async () => {
			expect(readToolArguments(await unary(toolAnswer))).toBe(toolArguments)
		})
	for (const type of differencesOfParts)
		test(`a unary answer contains its ${type}, or names it as unsupported`, async () => {
			const call = await readCall()
			// The answer to a prompt is one text.
			if (call.type !== 'chat') return
			const [answer, without] = differences[type].map(completionOf)
			if (answer === undefined || without === undefined) return
			const [body, bodyWithout] = [answer, without].map((one) => asReceived(call.writer.completion(one, context)))
			const named = (completion: Completion) => call.writer.unsupportedParts?.(completion) ?? []
			expect({ type, isReported: !Bun.deepEquals(body, bodyWithout) || named(answer).length > 0 }).toEqual({
				type,
				isReported: true,
			})
			expect(named(without)).toEqual([])
		})
	test('every unary answer is what the document says', async () => {
		for (const [answer] of Object.values(differences))
			if (answer.every(({ type }) => type !== 'error') && hasText(answer))
				expect(check.unary(await unary(answer))).toEqual([])
	})
	if (reader.unaryOnly !== undefined) return
	test('every event of a stream is what the document says', async () => {
		for (const [answer] of Object.values(differences))
			for (const event of eventsOf(await streamed(answer)))
				if (event !== '[DONE]') expect(check.event(event)).toEqual([])
	})
	test('a streamed answer has the same text as a unary one', async () => {
		expect(join(eventsOf(await streamed(textAnswer)), reader.textPiece)).toBe(text)
	})
	const { toolArgumentsPiece } = reader
	if (toolArgumentsPiece !== undefined)
		test('a streamed answer has the same arguments of a tool call', async () => {
			expect(join(eventsOf(await streamed(toolAnswer)), toolArgumentsPiece)).toBe(toolArguments)
		})
	test('a stream has exactly one end, which is its last event', async () => {
		for (const answer of [textAnswer, toolAnswer, noAnswer]) {
			const events = eventsOf(await streamed(answer))
			expect(events.map(reader.isEnd)).toEqual(events.map((_, index) => index === events.length - 1))
		}
	})
	test('a stream that fails reports the error once, or is cut', async () => {
		const before = textAnswer.slice(0, 3)
		const events = eventsOf(await streamed([...before, { type: 'error', error: failure }]))
		const messages = events.map(reader.readErrorEvent).filter((message) => typeof message === 'string')
		const cuts = (await writerOf(true)).stream(context).cutsOnError === true
		expect(messages).toEqual(cuts ? [] : [failure.message])
	})
	for (const [type, [answer, without]] of Object.entries(differences))
		test(`${type} is written, or the sample gives the reason in drops`, async () => {
			const isWritten = (await streamed(answer)) !== (await streamed(without))
			const isDropped = Object.entries(reader.drops ?? {}).some(([dropped]) => dropped === type)
			expect({ type, isWritten }).toEqual({ type, isWritten: !isDropped })
		})
}

/** Some answers need a text: the summary of a conversation. */
function hasText(events: readonly ChatEvent[]): boolean {
	return events.some((event) => event.type === 'part-delta' && event.part === 'text')
}

function completionOf(events: readonly ChatEvent[]): Completion {
	const fold = new CompletionFold()
	for (const event of events) fold.add(event)
	return fold.completion()
}

export function asReceived(body: unknown): unknown {
	return JSON.parse(JSON.stringify(body))
}

/** The data of each server-sent event, parsed; `[DONE]` as a text. Fails if anything but events is in the stream. */
function eventsOf(stream: string): readonly unknown[] {
	if (stream === '') return []
	expect(stream).toEndWith('\n\n')
	return stream
		.slice(0, -2)
		.split('\n\n')
		.map((event) => {
			const lines = event.split('\n')
			expect(lines.every((line) => /^(data|event|id): /.test(line))).toBe(true)
			const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice('data: '.length))
			return data.join('\n') === '[DONE]' ? '[DONE]' : JSON.parse(data.join('\n'))
		})
}

function join(events: readonly unknown[], piece: (event: unknown) => unknown): string {
	return events
		.map((event) => piece(event))
		.filter((part) => typeof part === 'string')
		.join('')
}
