// The contract suite of `Dialect`: what every dialect must do with valid and invalid requests, answers, streams and
// errors. It uses the interface, and a sample that the dialect's folder exports. dialect.test.ts runs it for every
// dialect in list.ts.

import { describe, expect, test } from 'bun:test'
import { ChatError, chatErrorKinds } from '../chat/error.ts'
import { parseJson, stringifyJson } from '../chat/json-text.ts'
import type { LimitMeasure } from '../limits/limit-state.ts'
import { DocumentValidator, testDocument } from '../openapi/document-validator.testing.ts'
import { type AnswerCheck, answerContract, asReceived, context, failure, text } from './answer.contract.ts'
import { writeSample } from './call-samples.testing.ts'
import type { Call, Dialect, Route } from './dialect.ts'
import { at, type DialectSample, type SampleRequest, sampleModel } from './dialect-sample.testing.ts'
import { JsonPieces, TextBody } from './writer.ts'

const validator = new DocumentValidator(await testDocument(sampleModel))

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

/** Routes that read no field of a body. */
function readsBody({ method, body }: Route): boolean {
	return (method === 'POST' || method === 'PATCH') && body !== 'none'
}

function describeRoute(sample: DialectSample, name: string, route: Route, request: SampleRequest): void {
	const check = checkOf(sample.dialect, route)
	describe(name, () => {
		test('a valid request is read, and its result written', async () => {
			const call = await read(route, request)
			const named = 'request' in call ? call.request.model : sampleModel
			expect(named).toBe(sampleModel)
			const written = writeSample(call, context)
			expect(JSON.stringify(written)).toBeString()
			const isDescribed = !['chat', 'complete', 'streams.read'].includes(call.type)
			if (isDescribed && !(written instanceof JsonPieces) && !(written instanceof TextBody) && route.status !== 204)
				expect(check.unary(asReceived(written))).toEqual([])
		})
		const { body } = request
		test('has a schema of its body', () => {
			expect(route.bodySchema !== undefined).toBe(readsBody(route))
		})
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
		if (reader !== undefined)
			answerContract(
				(stream) => read(route, stream === undefined ? request : { ...request, body: { ...body, stream } }),
				reader,
				check,
			)
		else
			test('cannot stream, or the sample has a reader for its answers', async () => {
				expect('stream' in (await read(route, request))).toBe(false)
			})
	})
}

/** Compares answers with the document, which must have the route. */
function checkOf({ mount, prefixes }: Dialect, { method, path, status = 200 }: Route): AnswerCheck {
	const operation = validator.at(method, `${mount}${prefixes[0] ?? ''}${path}`)
	return {
		unary: (body) => validator.answerFaults(operation, status, 'application/json', body),
		event: (event) => validator.answerFaults(operation, status, 'text/event-stream', event),
	}
}

function describeErrors({ dialect, readError }: DialectSample): void {
	for (const kind of chatErrorKinds)
		test(`${kind} errors have a status and a message`, () => {
			const error = new ChatError(kind, failure.message, { param: 'a.b[0]', retryAfterMs: 1500 })
			const { status, body, headers } = dialect.writeError(error, 'req_1')
			expect(status).toBeWithin(400, 600)
			expect(readError(asReceived(body))).toBeString()
			expect(errorFaults(dialect, asReceived(body))).toEqual([])
			expect(headers).toMatchObject({ 'x-dragoman-error': kind, 'retry-after': '2' })
		})
	test('the message of an error is written as it is', () => {
		for (const kind of ['invalid-request', 'unsupported', 'not-found', 'upstream-failed'] as const)
			expect(readError(asReceived(dialect.writeError(new ChatError(kind, text)).body))).toBe(text)
	})
}

/** The default response of its operations has the schema of all its errors. */
function errorFaults({ mount, prefixes, routes: [route] }: Dialect, body: unknown): readonly string[] {
	const operation = validator.at(route?.method ?? '', `${mount}${prefixes[0] ?? ''}${route?.path ?? ''}`)
	return validator.answerFaults(operation, 0, 'application/json', body)
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
