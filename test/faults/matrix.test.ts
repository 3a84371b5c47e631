// Runs the table of faults: every cell on its own upstreams, all of them concurrently in one gateway process.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
	type Answer,
	eventually,
	type FaultTestGateway,
	logLines,
	type RequestLine,
	startFaultTestGateway,
} from './gateway.ts'
import { attempts, type Expected, matrix, maxAnswerBytes, type Row, timeouts } from './matrix.ts'
import { openScriptedUpstream, type ScriptedUpstream, unusedPort } from './scripted-upstream.ts'
import { answerUsage, healthy } from './scripts.ts'

interface Cell {
	/** The model's name, and what its upstreams begin with. */
	readonly model: string
	readonly row: Row
	readonly reserve: boolean
	readonly expected: Expected
}

/** The outcome of a cell. */
interface Result {
	readonly answer: Answer
	readonly line: RequestLine
}

const cells: readonly Cell[] = matrix.flatMap((row, number) => [
	{ model: `m${number}-alone`, row, reserve: false, expected: row.alone },
	{ model: `m${number}-reserve`, row, reserve: true, expected: row.withReserve },
])
const mebibyte = 1_048_576
/** `error`, by pino's numbers. */
const errorLevel = 50

let upstream: ScriptedUpstream
let gateway: FaultTestGateway
let results: ReadonlyMap<string, readonly Result[]>
let metrics: ReadonlyMap<string, number>
let restingBytes: number

beforeAll(async () => {
	upstream = openScriptedUpstream()
	gateway = await startFaultTestGateway(describeCells(upstream))
	restingBytes = (await gateway.metrics()).get('process_resident_memory_bytes') ?? 0
	const light = await runAll(
		cells.filter(({ row }) => !row.heavy),
		30,
	)
	const heavy = await runAll(
		cells.filter(({ row }) => row.heavy),
		1,
	)
	results = new Map([...light, ...heavy])
	metrics = await gateway.metrics()
}, 60_000)
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

function describeCells(scripted: ScriptedUpstream): object {
	const refusing = `http://127.0.0.1:${unusedPort()}/v1`
	const breaker = { failures: attempts, openMs: 600_000, maxOpenMs: 600_000 }
	const models: Record<string, object> = {}
	const upstreams: Record<string, object> = {}
	for (const { model, row, reserve } of cells) {
		const [first, second] = [`${model}-first`, `${model}-second`]
		const common = { engine: 'openai-compatible', key: 'sk-upstream', timeouts, maxAnswerBytes, model: 'm' }
		upstreams[first] = { ...common, url: row.script === undefined ? refusing : scripted.urlOf(first), breaker }
		if (row.script !== undefined) scripted.script(first, row.script)
		if (reserve) {
			upstreams[second] = { ...common, url: scripted.urlOf(second), breaker }
			scripted.script(second, healthy())
		}
		models[model] = { route: reserve ? [first, second] : [first], retry: { attempts, baseMs: 1, maxMs: 20 } }
	}
	return { models, upstreams, limits: { keepAliveMs: 0 } }
}

/** Runs all cells, `width` at a time. */
async function runAll(request: readonly Cell[], width: number): Promise<(readonly [string, readonly Result[]])[]> {
	const left = [...request]
	const done: (readonly [string, readonly Result[]])[] = []
	const work = async () => {
		for (let cell = left.shift(); cell !== undefined; cell = left.shift()) done.push([cell.model, await run(cell)])
	}
	await Promise.all(Array.from({ length: width }, work))
	return done
}

/** Sends enough requests for failures that count to open a breaker; a request that is tried twice does so alone. */
async function run(cell: Cell): Promise<readonly Result[]> {
	const allResults: Result[] = []
	while (allResults.length < repetitionsOf(cell)) {
		const answer = await gateway.send(cell.model, { stream: cell.row.stream })
		allResults.push({ answer, line: await gateway.lineOf(answer.requestId) })
	}
	return allResults
}

function repetitionsOf({ expected }: Cell): number {
	return attempts / expected.tries
}

function resultsOf(cell: Cell): readonly Result[] {
	const allResults = results.get(cell.model) ?? []
	expect(allResults).toHaveLength(repetitionsOf(cell))
	return allResults
}

function metricOf(name: string, labels: Readonly<Record<string, string>>): number {
	const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
	return metrics.get(`${name}{${pairs.join(',')}}`) ?? 0
}

for (const cell of cells) {
	const { model, row, reserve, expected } = cell
	const { outcome, tries } = expected
	const { kind } = { kind: undefined, ...outcome }
	const [first, second] = [`${model}-first`, `${model}-second`]
	const answeredBySecond = outcome.type === 'answered' && outcome.by === 'second'
	describe(`${row.fault}, ${row.stream ? 'streamed' : 'whole'}, ${reserve ? 'with a reserve' : 'alone'}`, () => {
		test('the client', () => {
			for (const { answer } of resultsOf(cell)) expectAnswer(answer, outcome, row.stream)
		})
		test('the usage records', () => {
			for (const { line, answer } of resultsOf(cell)) {
				expect(line.status).toBe(answer.status)
				expect(line.error).toBe(kind)
				expect(line.left).toBeUndefined()
				expect(line.upstream).toBe(outcome.type === 'refused' ? undefined : answeredBySecond ? second : first)
				expect(tokensOf(outcome, answer)).toEqual([line.promptTokens, line.completionTokens])
			}
			const failures = metricOf('dragoman_errors_total', { route: '/v1/chat/completions', model, kind: kind ?? '' })
			expect(failures).toBe(kind === undefined ? 0 : repetitionsOf(cell))
			const tokens = resultsOf(cell).reduce((sum, { line }) => sum + (line.completionTokens ?? 0), 0)
			expect(metricOf('dragoman_tokens_total', { model, kind: 'completion' })).toBe(tokens)
		})
		test('the upstream', () => {
			for (const { line } of resultsOf(cell))
				expect(line.attempts?.length ?? 1).toBe(tries + (answeredBySecond ? 1 : 0))
			const tried = metricOf('dragoman_upstream_attempts_total', { upstream: first, outcome: expected.tried })
			expect(tried).toBe(tries * repetitionsOf(cell))
			if (row.script !== undefined) expect(upstream.requestsTo(first)).toHaveLength(tried)
			if (reserve) expect(upstream.requestsTo(second)).toHaveLength(answeredBySecond ? repetitionsOf(cell) : 0)
			expect(metricOf('dragoman_upstream_breaker', { upstream: first })).toBe(expected.held ? 2 : 0)
			const alarms = logLines(gateway).filter(({ upstream: named, level }) => named === first && level === errorLevel)
			expect(alarms).toHaveLength(expected.alarm === true ? 1 : 0)
		})
	})
}

function expectAnswer(answer: Answer, outcome: Expected['outcome'], stream: boolean): void {
	switch (outcome.type) {
		case 'answered':
			expect(answer).toMatchObject({ status: 200, text: outcome.text, error: undefined })
			if (stream) expect(answer.data.at(-1)).toBe('[DONE]')
			return
		case 'refused':
			expect(answer.status).toBe(outcome.status)
			expect(answer.headers.get('x-dragoman-error')).toBe(outcome.kind)
			expect(answer.error?.code ?? null).toBe(outcome.code)
			expect(answer.headers.get('retry-after')).toBe(outcome.retryAfterSeconds?.toString() ?? null)
			expect(answer.data).toEqual([])
			return
		case 'broken': {
			expect(answer.status).toBe(200)
			expect(answer.text.slice(0, outcome.text.length)).toBe(outcome.text)
			expect(answer.error?.code).toBe(outcome.code)
			const errorsAt = answer.data.flatMap((data, at) => (data.includes('"error"') ? [at] : []))
			expect(errorsAt).toEqual([answer.data.length - 1])
		}
	}
}

/** What o200k_base makes of the prompt of every cell. Each piece of the upstream's answers is one token in it. */
const promptTokens = 8

/** The usage that the upstream reported, or what was counted here if it did not get that far. */
function tokensOf(outcome: Expected['outcome'], answer: Answer): readonly (number | undefined)[] {
	switch (outcome.type) {
		case 'answered':
			return [answerUsage.prompt_tokens, answerUsage.completion_tokens]
		case 'refused':
			return [undefined, undefined]
		case 'broken':
			return [promptTokens, answer.chunks]
	}
}

describe('after all cells', () => {
	test('no permit is held, and no connection to a failed upstream remains', async () => {
		for (const [name, value] of metrics)
			if (/^dragoman_upstream_(running|waiting)/.test(name)) expect([name, value]).toEqual([name, 0])
		expect(metrics.get('dragoman_requests_running')).toBe(0)
		const waiting = cells.filter(({ row }) => /silent|stall|endless|50 MB|an error mid-stream/.test(row.fault))
		await eventually('end of every connection', () =>
			waiting.every(({ model }) => upstream.requestsTo(`${model}-first`).every(({ left }) => left)),
		)
	})
	test('redirects were not followed', () => expect(upstream.requestsTo('redirected')).toEqual([]))
	test('memory stayed bounded', () => {
		const grownBytes = (metrics.get('process_resident_memory_bytes') ?? 0) - restingBytes
		expect(grownBytes).toBeLessThan(200 * mebibyte)
	})
	test('the server is healthy', async () => {
		expect((await fetch(`${gateway.url}/health`)).status).toBe(200)
		expect(gateway.log()).not.toContain('defect')
	})
})
