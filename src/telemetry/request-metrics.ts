// Metrics of requests and upstreams. Label values come from the configuration and from fixed lists, never
// from clients, so their number is bounded. docs/telemetry.md lists all metrics.

import type { BoundSetting, ChatError } from '../chat/error.ts'
import { type CounterChild, type HistogramChild, type MetricSnapshot, Metrics } from './metric.ts'
import type { ObservedRequest } from './observed-request.ts'
import type { UpstreamGauges } from './telemetry.ts'

/** Histogram bounds in seconds: from cached responses to long generations. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
const gaps = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5]
const breakerStates = { closed: 0, 'half-open': 1, open: 2 } as const

/** Bounds of the whole server. They are counted from 0: a rate of Prometheus does not see the first value of a counter. */
const sharedBounds: readonly BoundSetting[] = [
	'upstreams.concurrency.queue',
	'upstreams.concurrency.queueTimeoutMs',
	'limits.connections',
	'limits.sockets',
	'limits.bodyMemoryBytes',
	'limits.background.queue',
	'limits.background.queueTimeoutMs',
	'streams.maxTotalBytes',
	'ledger.maxPending',
]

/** Metrics of one model, looked up once. */
interface ModelCounts {
	readonly firstToken: HistogramChild
	readonly gap: HistogramChild
	readonly prompt: CounterChild
	readonly completion: CounterChild
	readonly cached: CounterChild
	readonly reasoning: CounterChild
}

export class RequestMetrics {
	private readonly metrics = new Metrics()
	private readonly models = new Map<string, ModelCounts>()
	private running = 0
	private readonly requests = this.metrics.counter({
		name: 'dragoman_requests_total',
		help: 'Requests by HTTP status.',
		labels: ['route', 'dialect', 'model', 'status'],
	})
	private readonly duration = this.metrics.histogram(
		{
			name: 'dragoman_request_duration_seconds',
			help: 'Time from receiving a request to the last byte of its response.',
			labels: ['route', 'model'],
		},
		durations,
	)
	private readonly firstToken = this.metrics.histogram(
		{
			name: 'dragoman_time_to_first_token_seconds',
			help: 'Time from receiving a request to the first chunk of its streaming response.',
			labels: ['model'],
		},
		durations,
	)
	private readonly gap = this.metrics.histogram(
		{
			name: 'dragoman_inter_token_seconds',
			help: 'Time between two chunks of a streaming response.',
			labels: ['model'],
		},
		gaps,
	)
	private readonly tokens = this.metrics.counter({
		name: 'dragoman_tokens_total',
		help: 'Tokens by kind: `cached` is part of the prompt, `reasoning` of the completion.',
		labels: ['model', 'kind'],
	})
	private readonly left = this.metrics.counter({
		name: 'dragoman_clients_left_total',
		help: 'Requests whose client disconnected before the end of the response.',
		labels: ['route', 'model'],
	})
	private readonly errors = this.metrics.counter({
		name: 'dragoman_errors_total',
		help: 'Failed requests by kind, including failures within a stream.',
		labels: ['route', 'model', 'kind'],
	})
	private readonly refusals = this.metrics.counter({
		name: 'dragoman_refusals_total',
		help: 'Requests refused by a bound of the configuration, by its setting.',
		labels: ['setting'],
	})
	private readonly cost = this.metrics.counter({
		name: 'dragoman_cost_total',
		help: 'Cost of the usage of models with a price, in units of the currency.',
		labels: ['model', 'currency'],
	})
	private readonly attempts = this.metrics.counter({
		name: 'dragoman_upstream_attempts_total',
		help: 'Attempts on an upstream; `outcome` is `answered` or the kind of error.',
		labels: ['upstream', 'outcome'],
	})
	private readonly attemptDuration = this.metrics.histogram(
		{
			name: 'dragoman_upstream_first_event_seconds',
			help: 'Time from sending a request to an upstream to the start of its response.',
			labels: ['upstream'],
		},
		durations,
	)

	constructor(upstreams: () => readonly UpstreamGauges[]) {
		for (const setting of sharedBounds) this.refusals(setting)
		const { metrics } = this
		metrics.gauge({ name: 'dragoman_requests_running', help: 'Requests in flight.', labels: [] }, () => [
			[[], this.running],
		])
		const ofUpstreams =
			(read: (gauges: UpstreamGauges) => number | undefined) => (): readonly (readonly [readonly string[], number])[] =>
				upstreams().flatMap((gauges) => {
					const value = read(gauges)
					return value === undefined ? [] : [[[gauges.name], value] as const]
				})
		const labels = ['upstream']
		metrics.gauge(
			{ name: 'dragoman_upstream_running', help: 'Calls in flight on the upstream.', labels },
			ofUpstreams(({ running }) => running),
		)
		metrics.gauge(
			{ name: 'dragoman_upstream_waiting', help: 'Calls queued for the upstream.', labels },
			ofUpstreams(({ waiting }) => waiting),
		)
		metrics.gauge(
			{
				name: 'dragoman_upstream_limit',
				help: 'Calls that may be in flight on the upstream; absent without a limit.',
				labels,
			},
			ofUpstreams(({ limit }) => limit),
		)
		metrics.gauge(
			{
				name: 'dragoman_upstream_queue_limit',
				help: 'Calls that may be queued for the upstream; absent without a limit.',
				labels,
			},
			ofUpstreams(({ queue }) => queue),
		)
		metrics.gauge(
			{
				name: 'dragoman_upstream_breaker',
				help: 'Circuit breaker of the upstream: 0 closed, 1 half-open, 2 open.',
				labels,
			},
			ofUpstreams(({ breaker }) => breakerStates[breaker]),
			'max',
		)
		metrics.gauge(
			{
				name: 'dragoman_upstream_healthy',
				help: '1 if active health checks pass, or if there are none.',
				labels,
			},
			ofUpstreams(({ healthy }) => Number(healthy)),
			'min',
		)
	}

	snapshot(): readonly MetricSnapshot[] {
		return this.metrics.snapshot()
	}

	begin(): void {
		this.running++
	}

	/** The times between two chunks of streamed responses, in seconds. */
	gapsOf(model: string): HistogramChild {
		return this.of(model).gap
	}

	attempted(upstream: string, ms: number, error: ChatError | undefined): void {
		this.attempts(upstream, error?.kind ?? 'answered').value++
		if (error === undefined) this.attemptDuration(upstream).observe(ms / 1000)
	}

	end(request: ObservedRequest, durationMs: number): void {
		this.running--
		const {
			route = 'none',
			dialect = 'none',
			model = '',
			status = 0,
			error,
			usage,
			cost,
			firstOutputMs,
			context,
		} = request
		this.requests(route, dialect, model, String(status)).value++
		this.duration(route, model).observe(durationMs / 1000)
		if (error !== undefined && !request.disconnected) this.errors(route, model, error.kind).value++
		if (request.disconnected) this.left(route, model).value++
		if (error?.setting !== undefined) this.refusals(error.setting).value++
		if (cost !== undefined) this.cost(model, cost.currency).value += cost.micros / 1_000_000
		if (model === '') return
		const counts = this.of(model)
		if (firstOutputMs !== undefined && request.stream === true)
			counts.firstToken.observe((firstOutputMs - context.receivedAtMs) / 1000)
		if (usage === undefined) return
		counts.prompt.value += usage.promptTokens
		counts.completion.value += usage.completionTokens
		counts.cached.value += usage.cachedTokens
		counts.reasoning.value += usage.reasoningTokens
	}

	private of(model: string): ModelCounts {
		const known = this.models.get(model)
		if (known !== undefined) return known
		const counts: ModelCounts = {
			firstToken: this.firstToken(model),
			gap: this.gap(model),
			prompt: this.tokens(model, 'prompt'),
			completion: this.tokens(model, 'completion'),
			cached: this.tokens(model, 'cached'),
			reasoning: this.tokens(model, 'reasoning'),
		}
		this.models.set(model, counts)
		return counts
	}
}
