import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { QuotingError } from '../chat/quoting-error.ts'
import { openLog } from '../system/log.ts'
import { Metrics, mergeSnapshots, writeMetrics } from './metric.ts'
import type { RequestEvent, RequestObserver } from './observer.ts'
import { openTelemetry } from './open-telemetry.ts'
import { telemetryOptions } from './options.ts'
import type { RequestContext } from './telemetry.ts'
import { forwardedHeaders, readTraceContext } from './trace-context.ts'

const clock = { now: () => 1_000_000, monotonicMs: () => 0, sleep: async () => undefined }
const gauges = {
	name: 'up',
	running: 2,
	waiting: 1,
	limit: 4,
	queue: 64,
	breaker: 'half-open',
	healthy: false,
} as const

async function open(options: object = {}) {
	const lines: string[] = []
	const log = openLog({ level: 'info', format: 'text' }, (line) => lines.push(line))
	const telemetry = await openTelemetry(telemetryOptions.parse(options), {
		log,
		clock,
		version: '1.2.3',
		upstreams: () => [gauges],
		quarantinedRecords: () => 2,
		turns: { pendingEnds: () => 3, deadProcesses: () => 1 },
		server: async () => ({
			checks: { database: { ok: true }, disk: { ok: false } },
			disk: { freeBytes: 5, totalBytes: 10 },
			pendingRecords: 6,
			maxPendingRecords: 1000,
		}),
	})
	return { telemetry, lines }
}

const context = (headers: Record<string, string> = {}): RequestContext => ({
	id: 'req_1',
	method: 'POST',
	headers: new Headers({ authorization: 'Bearer dgm-secret', ...headers }),
	receivedAtMs: 1000,
})

/** A streamed request that was answered on the second upstream, from 1000 ms to 1400 ms. */
const events: readonly RequestEvent[] = [
	{ type: 'routed', route: '/v1/chat/completions', dialect: 'openai' },
	{ type: 'authenticated', key: { id: 'key_1', name: 'laptop' } },
	{ type: 'parsed', operation: 'chat', stream: true, body: { messages: ['hello'] } },
	{ type: 'planned', model: 'm' },
	{ type: 'attempt', upstream: 'first', atMs: 1000 },
	{
		type: 'attempt-ended',
		atMs: 1010,
		error: new ChatError('unavailable', 'no', { cause: new Error('refused') }),
	},
	{ type: 'attempt', upstream: 'up', atMs: 1010 },
	{ type: 'attempt-ended', atMs: 1110 },
	{ type: 'output', atMs: 1120, text: 'good ' },
	{ type: 'output', atMs: 1130, text: '' },
	{ type: 'output', atMs: 1330, text: 'day' },
	{ type: 'finish-reason', reason: 'stop' },
	{ type: 'finish-reason', reason: 'length' },
	{
		type: 'usage',
		usage: { promptTokens: 10, completionTokens: 3, cachedTokens: 4, reasoningTokens: 1, source: 'upstream' },
		cost: { micros: 1500, currency: 'EUR' },
	},
	{ type: 'ended', atMs: 1400, status: 200, disconnected: false },
]

function observeAll(observer: RequestObserver): void {
	for (const event of events) observer.observe(event)
}

describe('a request', () => {
	test('has one line in the log, without secrets, prompts and completions', async () => {
		const { telemetry, lines } = await open()
		observeAll(telemetry.begin(context()))
		expect(lines).toHaveLength(1)
		for (const word of ['request=req_1', 'key=laptop', 'model=m', 'upstream=up', 'durationMs=400', 'firstTokenMs=120'])
			expect(lines[0]).toContain(word)
		expect(lines[0]).toContain('promptTokens=10')
		expect(lines[0]).toContain('"error":"unavailable"')
		expect(lines[0]).toContain('finishReason=stop')
		for (const word of ['secret', 'hello', 'good day']) expect(lines[0]).not.toContain(word)
	})

	test('has no line if disabled, and its content if enabled', async () => {
		const quiet = await open({ requests: false })
		observeAll(quiet.telemetry.begin(context()))
		expect(quiet.lines).toEqual([])
		const { telemetry, lines } = await open({ content: true })
		observeAll(telemetry.begin(context()))
		for (const word of ['hello', 'answer=good day']) expect(lines[0]).toContain(word)
	})

	test('with a unary answer has its time, its finish reason and, if enabled, its text', async () => {
		const { telemetry, lines } = await open({ content: true })
		const observer = telemetry.begin(context())
		observer.observe({ type: 'answered', atMs: 1120, text: 'good day', finishReason: 'length' })
		observer.observe({ type: 'ended', atMs: 1400, status: 200, disconnected: false })
		for (const word of ['firstTokenMs=120', 'finishReason=length', 'answer=good day']) expect(lines[0]).toContain(word)
	})

	test.each([
		['status 400', new QuotingError('status 400', 'you wrote: my secret')],
		['SyntaxError', new SyntaxError('JSON Parse error: Unexpected identifier "my secret"')],
		['AI_APICallError', Object.assign(new Error('my secret'), { name: 'AI_APICallError' })],
		['refused: SyntaxError', new Error('refused', { cause: new SyntaxError('my secret') })],
		['no route', Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' })],
	])('has no text that its cause quotes, except at level debug: %s', async (summary, cause) => {
		const error = new ChatError('upstream-failed', 'It failed.', { cause })
		const log = async (level: 'info' | 'debug') => {
			const lines: string[] = []
			const telemetry = await openTelemetry(telemetryOptions.parse({}), {
				log: openLog({ level, format: 'text' }, (line) => lines.push(line)),
				clock,
				version: '1.2.3',
				upstreams: () => [gauges],
			})
			telemetry.begin(context()).observe({ type: 'ended', atMs: 1400, status: 502, error, disconnected: false })
			return lines.join('')
		}
		const usual = await log('info')
		expect(usual).toContain(`cause=${summary}\n`)
		expect(usual).not.toContain('secret')
		expect(await log('debug')).toContain(cause.message)
	})
	test('that fails because of the server or an upstream is a warning with its cause', async () => {
		const { telemetry, lines } = await open()
		const error = new ChatError('upstream-failed', 'It failed.', { cause: new QuotingError('status 500', 'oops') })
		telemetry.begin(context()).observe({ type: 'ended', atMs: 1400, status: 502, error, disconnected: false })
		expect(lines[0]).toMatch(/ warn .*error=upstream-failed.*cause=status 500\b/)
	})

	test('is counted', async () => {
		const { telemetry } = await open()
		telemetry.begin(context())
		observeAll(telemetry.begin(context()))
		const { body } = await telemetry.metrics()
		const labels = 'route="/v1/chat/completions"'
		for (const line of [
			`dragoman_requests_total{${labels},dialect="openai",model="m",status="200"} 1`,
			`dragoman_request_duration_seconds_bucket{${labels},model="m",le="0.25"} 0`,
			`dragoman_request_duration_seconds_bucket{${labels},model="m",le="0.5"} 1`,
			`dragoman_request_duration_seconds_sum{${labels},model="m"} 0.4`,
			'dragoman_time_to_first_token_seconds_sum{model="m"} 0.12',
			'dragoman_inter_token_seconds_bucket{model="m",le="0.01"} 1',
			'dragoman_inter_token_seconds_count{model="m"} 2',
			'dragoman_tokens_total{model="m",kind="prompt"} 10',
			'dragoman_tokens_total{model="m",kind="cached"} 4',
			'dragoman_upstream_attempts_total{upstream="first",outcome="unavailable"} 1',
			'dragoman_upstream_attempts_total{upstream="up",outcome="answered"} 1',
			'dragoman_requests_running 1',
			'dragoman_upstream_running{upstream="up"} 2',
			'dragoman_upstream_breaker{upstream="up"} 1',
			'dragoman_upstream_healthy{upstream="up"} 0',
			'dragoman_upstream_limit{upstream="up"} 4',
			'dragoman_upstream_queue_limit{upstream="up"} 64',
			'dragoman_cost_total{model="m",currency="EUR"} 0.0015',
			'dragoman_check_ok{check="database"} 1',
			'dragoman_check_ok{check="disk"} 0',
			'dragoman_disk_free_bytes 5',
			'dragoman_disk_size_bytes 10',
			'dragoman_usage_records_pending 6',
			'dragoman_usage_records_pending_max 1000',
			'dragoman_refusals_total{setting="limits.connections"} 0',
			'dragoman_build_info{version="1.2.3"} 1',
			'dragoman_usage_records_quarantined 2',
			'dragoman_turn_ends_pending 3',
			'dragoman_dead_processes_total 1',
		])
			expect(body.split('\n')).toContain(line)
	})
})

describe('metrics', () => {
	test('of several processes are merged: sums, the worst breaker, the lowest health', () => {
		const one = (running: number, breaker: number) => {
			const metrics = new Metrics()
			const count = metrics.counter({ name: 'c_total', help: 'C.', labels: ['a'] })
			count('x "y"\n').value += running
			metrics.histogram({ name: 'h', help: 'H.', labels: [] }, [1, 2])().observe(running)
			metrics.gauge({ name: 'b', help: 'B.', labels: [] }, () => [[[], breaker]], 'max')
			return metrics.snapshot()
		}
		expect(writeMetrics(mergeSnapshots([one(1, 2), one(3, 0)]))).toBe(
			[
				'# HELP c_total C.',
				'# TYPE c_total counter',
				'c_total{a="x \\"y\\"\\n"} 4',
				'# HELP h H.',
				'# TYPE h histogram',
				'h_bucket{le="1"} 1',
				'h_bucket{le="2"} 1',
				'h_bucket{le="+Inf"} 2',
				'h_sum 4',
				'h_count 2',
				'# HELP b B.',
				'# TYPE b gauge',
				'b 2',
				'',
			].join('\n'),
		)
	})

	test('and documentation list the same names', async () => {
		const { telemetry } = await open()
		observeAll(telemetry.begin(context()))
		const names = (await telemetry.snapshot()).map(({ name }) => name)
		const page = await Bun.file(`${import.meta.dir}/../../docs/telemetry.md`).text()
		const rows = [...page.matchAll(/^\| `((?:dragoman|process)_\w+)` \|/gm)].map(([, name]) => name ?? '')
		expect(rows.toSorted()).toEqual(names.toSorted())
	})
})

describe('a trace context', () => {
	const traceId = '0af7651916cd43dd8448eb211c80319c'
	const parent = `00-${traceId}-b7ad6b7169203331-01`
	test('is forwarded', () => {
		const headers = new Headers({ traceparent: parent, tracestate: 'a=b' })
		expect(forwardedHeaders(headers)).toEqual({ traceparent: parent, tracestate: 'a=b' })
		expect(readTraceContext(headers)).toMatchObject({ traceId, sampled: true })
	})
	for (const broken of [
		'',
		'nonsense',
		parent.toUpperCase(),
		parent.replace('00-', 'ff-'),
		parent.replace(traceId, '0'.repeat(32)),
		parent.slice(0, -3),
	])
		test(`'${broken}' is ignored`, () => expect(forwardedHeaders(new Headers({ traceparent: broken }))).toEqual({}))
})

describe('OpenTelemetry', () => {
	test('spans and metrics reach the collector, named by the conventions', async () => {
		const bodies: Record<string, string> = {}
		const collector = Bun.serve({
			port: 0,
			hostname: '127.0.0.1',
			async fetch(request) {
				const path = new URL(request.url).pathname
				bodies[path] = `${bodies[path] ?? ''}${request.headers.get('x-key')}${await request.text()}`
				return Response.json({})
			},
		})
		const { telemetry } = await open({
			otlp: {
				endpoint: `http://127.0.0.1:${collector.port}`,
				headers: { 'x-key': 'collector-key' },
				intervalMs: 60_000,
			},
		})
		const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
		const observer = telemetry.begin(context({ traceparent, tracestate: 'a=b' }))
		observer.observe({ type: 'attempt', upstream: 'other', atMs: 1000 })
		const traceHeaders = observer.traceHeaders()
		expect(traceHeaders.tracestate).toBe('a=b')
		expect(traceHeaders.traceparent).toMatch(
			/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
		)
		observeAll(observer)
		await telemetry.close()
		const traces = bodies['/v1/traces'] ?? ''
		for (const word of [
			'collector-key',
			'"traceId":"0af7651916cd43dd8448eb211c80319c"',
			'"parentSpanId":"b7ad6b7169203331","name":"POST /v1/chat/completions","kind":2',
			'"name":"chat m","kind":3',
			'{"key":"gen_ai.usage.output_tokens","value":{"intValue":3}}',
			'{"key":"error.type","value":{"stringValue":"unavailable"}}',
			'{"key":"http.response.status_code","value":{"intValue":200}}',
		])
			expect([word, traces.includes(word)]).toEqual([word, true])
		for (const name of ['operation.duration', 'token.usage'])
			expect(bodies['/v1/metrics']).toContain(`"gen_ai.client.${name}"`)
		expect(bodies['/v1/metrics']).toContain('"gen_ai.server.time_per_output_token"')
		expect(JSON.stringify(bodies)).not.toContain('dgm-secret')
		collector.stop(true)
	})

	test('an unavailable collector causes one warning', async () => {
		const { telemetry, lines } = await open({ requests: false, otlp: { endpoint: 'http://127.0.0.1:9' } })
		for (let round = 0; round < 3; round++) observeAll(telemetry.begin(context()))
		await telemetry.close()
		expect(lines.filter((line) => line.includes('export to the OpenTelemetry collector failed'))).toHaveLength(1)
	}, 20_000)
})
