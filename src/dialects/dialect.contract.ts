// The contract suite of `Dialect`: what every dialect must do with valid and invalid requests, answers, streams and
// errors. It uses the interface, and a sample that the dialect's folder exports. dialect.test.ts runs it for every
// dialect in list.ts.

import { describe, expect, test } from 'bun:test'
import type { Completion } from '../chat/completion.ts'
import { eventsOfPart } from '../chat/completion-events.ts'
import { CompletionFold } from '../chat/completion-fold.ts'
import { ChatError, chatErrorKinds } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import { parseJson, stringifyJson } from '../chat/json-text.ts'
import { turnId } from '../conversations/turn-id.ts'
import type { LimitMeasure } from '../limits/limit-state.ts'
import { writeSample } from './call-samples.testing.ts'
import type { Call, Dialect, Route } from './dialect.ts'
import {
	type AnswerDifference,
	at,
	type DialectSample,
	type SampleAnswerReader,
	type SampleRequest,
	sampleModel,
} from './dialect-sample.testing.ts'
import type { AnswerWriter, ResponseContext } from './writer.ts'

const context: ResponseContext = {
	token: turnId('0123456789abcdef0123456789abcdef'),
	created: 1_800_000_000,
	now: () => 1_800_000_000_000,
	model: sampleModel,
}
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' } as const
/** Text that would break a stream or a JSON body if it were not escaped. */
const text = 'Say "hi"\n\ndata: [DONE]\n\n\u2028\u0000</script>\\ \r\n é 😀'
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
const failure = new ChatError('upstream-failed', 'The "upstream"\n\nfailed.')

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

/** For each difference, two answers that differ in it only. */
const differences: Readonly<Record<AnswerDifference, readonly [readonly ChatEvent[], readonly ChatEvent[]]>> = {
	text: [textAnswer, noAnswer],
	reasoning: [[start, ...eventsOfPart({ type: 'reasoning', text: 'hm' }, 0), ...textAnswer.slice(1)], textAnswer],
	refusal: [[start, ...eventsOfPart({ type: 'refusal', text: 'no' }, 0), stop, finish], noAnswer],
	'tool-call': [[start, ...call([]), stop, finish], noAnswer],
	'tool-arguments': [
		[start, ...call(callArguments), stop, finish],
		[start, ...call([]), stop, finish],
	],
	'choice-finish': [[...textAnswer.slice(0, -2), { ...stop, reason: 'length' }, finish], textAnswer],
	finish: [textAnswer, textAnswer.slice(0, -1)],
	error: [[...textAnswer.slice(0, -2), { type: 'error', error: failure }], textAnswer.slice(0, -2)],
}

export function dialectContract(sample: DialectSample): void {
	const { dialect } = sample
	describe(`dialect: ${dialect.name}`, () => {
		for (const route of dialect.routes) {
			const name = `${route.method} ${route.path}`
			const request = sample.requests[name]
			if (request === undefined) test(`${name} refuses every request`, () => refuses(route))
			else describeRoute(sample, name, route, request)
		}
		test('every sample has a route', () => {
			const routes = new Set(dialect.routes.map(({ method, path }) => `${method} ${path}`))
			expect(
				[...Object.keys(sample.requests), ...Object.keys(sample.answers)].filter((one) => !routes.has(one)),
			).toEqual([])
		})
		describeErrors(sample)
		describeHeaders(dialect)
	})
}

function describeRoute(sample: DialectSample, name: string, route: Route, request: SampleRequest): void {
	describe(name, () => {
		test('a valid request is read, and its result written', async () => {
			const call = await read(route, request)
			const named = 'request' in call ? call.request.model : sampleModel
			expect(named).toBe(sampleModel)
			expect(JSON.stringify(writeSample(call, context))).toBeString()
		})
		const { body } = request
		if (body !== undefined) {
			test('a body of another type is refused or read', async () => {
				for (const other of [undefined, null, true, 0, 'x', [], {}])
					await expectReadOrRefused(sample, route, request, other)
			})
			for (const field of Object.keys(body).filter((field) => request.optional?.includes(field) !== true))
				test(`a body without ${field} is refused`, async () => {
					const { [field]: _, ...others } = body
					expect(await expectReadOrRefused(sample, route, request, others)).toBe('refused')
				})
			test('wrong, deep and long values are refused or read', async () => {
				for (const other of mutations(body)) await expectReadOrRefused(sample, route, request, other)
			})
		}
		const reader = sample.answers[name]
		if (reader !== undefined && body !== undefined)
			test('a field that the API does not know is refused, reported as dropped, or passed on unchanged', async () => {
				const text = `${JSON.stringify(body).slice(0, -1)},"unknown_field":1.0}`
				const exact = parseJson(text) as Readonly<Record<string, unknown>>
				const call = await read(route, request, exact).catch((thrown: unknown) => thrown)
				if (call instanceof ChatError) return
				const isReported = [at(call, 'dropped')].flat().includes('unknown_field')
				const isPassedOn = stringifyJson(at(call, 'request', 'passthrough') ?? {}).includes('"unknown_field":1.0')
				expect({ isReported, isPassedOn }).toContainValue(true)
			})
		if (reader !== undefined) describeAnswers(route, request, reader)
		else
			test('cannot stream, or the sample has a reader for its answers', async () => {
				expect('stream' in (await read(route, request))).toBe(false)
			})
	})
}

function describeAnswers(route: Route, request: SampleRequest, reader: SampleAnswerReader): void {
	const writerOf = async (stream: boolean): Promise<AnswerWriter> => {
		const call = await read(route, { ...request, body: { ...request.body, stream } })
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
	if (reader.unaryOnly !== undefined) return
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

function describeErrors({ dialect, readError }: DialectSample): void {
	for (const kind of chatErrorKinds)
		test(`${kind} errors have a status and a message`, () => {
			const error = new ChatError(kind, failure.message, { param: 'a.b[0]', retryAfterMs: 1500 })
			const { status, body, headers } = dialect.writeError(error, 'req_1')
			expect(status).toBeWithin(400, 600)
			expect(readError(asReceived(body))).toBeString()
			expect(headers).toMatchObject({ 'x-dragoman-error': kind, 'retry-after': '2' })
		})
	test('the message of an error is written as it is', () => {
		for (const kind of ['invalid-request', 'unsupported', 'not-found', 'upstream-failed'] as const)
			expect(readError(asReceived(dialect.writeError(new ChatError(kind, text)).body))).toBe(text)
	})
}

function describeHeaders(dialect: Dialect): void {
	const measures: readonly LimitMeasure[] = ['requests', 'tokens', 'input_tokens', 'output_tokens']
	const facts = { processingMs: 1.5, requestId: 'req_1', nowMs: 1_800_000_000_000 }
	test('headers are valid, with limits and without', () => {
		const limits = measures.map((measure) => ({ measure, limit: 10, remaining: 9, resetAtMs: facts.nowMs + 1000 }))
		const [some, none] = [dialect.headers({ ...facts, limits }), dialect.headers({ ...facts, limits: [] })]
		expect(Object.keys(none).filter((name) => name.includes('ratelimit'))).toEqual([])
		for (const [name, value] of Object.entries(some)) expect([name, value]).toEqual([name.toLowerCase(), value.trim()])
		expect(some).toMatchObject(none)
		expect(() => new Headers(some)).not.toThrow()
	})
}

async function read(
	route: Route,
	request: SampleRequest,
	body: unknown = request.form?.() ?? request.body,
): Promise<Call> {
	return route.read({
		body,
		headers: new Headers(),
		parameters: request.parameters ?? [],
		query: () => new URLSearchParams(request.query),
	})
}

async function refuses(route: Route): Promise<void> {
	const parameters = Array.from(route.path.matchAll(/\{/g), () => 'x')
	const thrown = await read(route, { parameters }).then(
		() => undefined,
		(error: unknown) => error,
	)
	expect(thrown).toBeInstanceOf(ChatError)
	expect(['gone', 'unsupported']).toContain(String(at(thrown, 'kind')))
}

/** Longest error body: it must not repeat what the client sent. */
const maxErrorBytes = 4096

/** Expects a call or a ChatError that the dialect can write, and nothing else. */
async function expectReadOrRefused(
	{ dialect, readError }: DialectSample,
	route: Route,
	request: SampleRequest,
	body: unknown,
): Promise<'read' | 'refused'> {
	try {
		expect((await read(route, request, body ?? null)).type).toBeString()
		return 'read'
	} catch (thrown) {
		if (!(thrown instanceof ChatError)) throw thrown
		const error = dialect.writeError(thrown)
		expect(error.status).toBeWithin(400, 500)
		const written = JSON.stringify(error.body)
		expect(written.length).toBeLessThan(maxErrorBytes)
		expect(readError(JSON.parse(written))).toBeString()
		return 'refused'
	}
}

/** The depth and the length that a body may have: see `limits` in the configuration. */
const [maxDepth, longText] = [128, 'x'.repeat(100_000)]
const deep = (): unknown => Array.from({ length: maxDepth }).reduce<unknown>((inner) => [inner], 'x')
const wrongValues: readonly unknown[] = [
	undefined,
	null,
	0,
	-1,
	1e308,
	'',
	'x',
	true,
	[],
	{},
	[null],
	[[]],
	deep(),
	longText,
]

/** The value with each of its inner values replaced, one at a time. */
function* mutations(value: unknown): Generator<unknown> {
	if (typeof value !== 'object' || value === null) return
	for (const key of Object.keys(value)) {
		const inner: unknown = Reflect.get(value, key)
		for (const other of [...wrongValues, ...mutations(inner)])
			yield Array.isArray(value)
				? value.map((element: unknown, index) => (String(index) === key ? other : element))
				: { ...value, [key]: other }
	}
}

function completionOf(events: readonly ChatEvent[]): Completion {
	const fold = new CompletionFold()
	for (const event of events) fold.add(event)
	return fold.completion()
}

function asReceived(body: unknown): unknown {
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
