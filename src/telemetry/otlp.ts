// Traces and metrics for OpenTelemetry, following its semantic conventions for HTTP servers and for generative AI. Loaded only if a collector
// is configured. Sources: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ and …/semconv/gen-ai/.

import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import {
	BasicTracerProvider,
	BatchSpanProcessor,
	ParentBasedSampler,
	TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { ChatError } from '../chat/error.ts'
import { readBaseUrl, requestTarget } from '../http/base-url.ts'
import type { Log } from '../system/log.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import type { AttemptReport, ObservedRequest } from './observed-request.ts'
import type { OtlpOptions } from './otlp-options.ts'
import { readTraceContext, writeTraceContext } from './trace-context.ts'

export interface Otlp {
	begin(request: ObservedRequest): void
	attempt(request: ObservedRequest, upstream: string, nowMs: number): AttemptReport
	end(request: ObservedRequest, nowMs: number): void
	/** Exports pending spans and metrics, within a few seconds. */
	close(): Promise<void>
}

export interface OtlpContext {
	readonly log: Log
	readonly version: string
	/** Milliseconds since 1970. */
	readonly nowMs: () => number
}

const [timeoutMillis, spanDelayMs] = [3000, 1000]
const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]
const perToken = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5]

const operationNames: Readonly<Record<string, string>> = {
	chat: 'chat',
	complete: 'text_completion',
	embed: 'embeddings',
}

export function openOtlp(options: OtlpOptions, deps: OtlpContext): Otlp {
	const resource = resourceFromAttributes({
		'service.name': options.serviceName,
		'service.version': deps.version,
	})
	const warn = warner(deps)
	const tracing = options.traces ? new Tracing(options, resource, warn) : undefined
	const metering = options.metrics ? new Metering(options, resource, warn) : undefined
	return {
		begin: (request) => tracing?.begin(request),
		attempt: (request, upstream, nowMs) => tracing?.attempt(request, upstream, nowMs) ?? quietAttempt(request),
		end(request, nowMs) {
			tracing?.end(request, nowMs)
			metering?.end(request, nowMs)
		},
		async close() {
			await Promise.allSettled([tracing?.close(), metering?.close()])
		},
	}
}

type Resource = ReturnType<typeof resourceFromAttributes>
type Warn = (signal: string, error: unknown) => void

/** Warns about failed exports, at most once per minute. */
function warner({ log, nowMs }: OtlpContext): Warn {
	const throttled = new ThrottledLog(log, { now: nowMs })
	return (signal, error) => {
		const reason = error instanceof Error ? error.message : String(error)
		throttled.write('warn', { signal, reason }, 'export to the OpenTelemetry collector failed')
	}
}

function exporterOptions({ endpoint, headers }: OtlpOptions, path: string) {
	const base = readBaseUrl(endpoint)
	const { secure, host, authorization } = base
	return {
		url: `${secure ? 'https' : 'http'}://${host}${requestTarget(base, path)}`,
		headers: authorization === undefined ? headers : { authorization, ...headers },
		timeoutMillis,
	}
}

interface Spans {
	readonly server: Span
	readonly context: Context
	/** Span of the attempt that responded. */
	client?: Span
}

class Tracing {
	private readonly provider: BasicTracerProvider
	private readonly tracer: ReturnType<BasicTracerProvider['getTracer']>
	private readonly running = new WeakMap<ObservedRequest, Spans>()

	constructor(options: OtlpOptions, resource: Resource, warn: Warn) {
		const exporter = new OTLPTraceExporter(exporterOptions(options, '/v1/traces'))
		const send = exporter.export.bind(exporter)
		exporter.export = (spans, done) =>
			send(spans, (result) => {
				if (result.error !== undefined) warn('traces', result.error)
				done(result)
			})
		this.provider = new BasicTracerProvider({
			resource,
			sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sampleRatio) }),
			spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: spanDelayMs })],
		})
		this.tracer = this.provider.getTracer('dragoman')
	}

	begin(request: ObservedRequest): void {
		const { method, headers, id, receivedAtMs } = request.context
		const caller = readTraceContext(headers)
		const parent =
			caller === undefined
				? ROOT_CONTEXT
				: trace.setSpanContext(ROOT_CONTEXT, {
						traceId: caller.traceId,
						spanId: caller.spanId,
						traceFlags: caller.sampled ? 1 : 0,
						isRemote: true,
					})
		const attributes = { 'http.request.method': method, 'dragoman.request.id': id }
		const server = this.tracer.startSpan(method, { kind: SpanKind.SERVER, startTime: receivedAtMs, attributes }, parent)
		this.running.set(request, { server, context: trace.setSpan(parent, server) })
	}

	attempt(request: ObservedRequest, upstream: string, nowMs: number): AttemptReport {
		const spans = this.running.get(request)
		if (spans === undefined) return quietAttempt(request)
		const operation = operationNames[request.operation ?? ''] ?? 'chat'
		const client = this.tracer.startSpan(
			`${operation} ${request.model ?? ''}`.trim(),
			{
				kind: SpanKind.CLIENT,
				startTime: nowMs,
				attributes: {
					'gen_ai.operation.name': operation,
					'gen_ai.provider.name': upstream,
					'gen_ai.request.model': request.model ?? '',
				},
			},
			spans.context,
		)
		const { traceId, spanId, traceFlags } = client.spanContext()
		const state = readTraceContext(request.context.headers)?.state
		return {
			traceHeaders: writeTraceContext({
				traceId,
				spanId,
				sampled: (traceFlags & 1) === 1,
				state,
			}),
			end(endMs, error) {
				if (error === undefined) spans.client = client
				else {
					fail(client, error)
					client.end(endMs)
				}
			},
		}
	}

	end(request: ObservedRequest, nowMs: number): void {
		const spans = this.running.get(request)
		if (spans === undefined) return
		const { server, client } = spans
		const { route, context, status = 0, error, usage, finishReason } = request
		if (client !== undefined) {
			if (usage !== undefined)
				client.setAttributes({
					'gen_ai.usage.input_tokens': usage.promptTokens,
					'gen_ai.usage.output_tokens': usage.completionTokens,
				})
			if (finishReason !== undefined) client.setAttribute('gen_ai.response.finish_reasons', [finishReason])
			if (error !== undefined) fail(client, error)
			client.end(nowMs)
		}
		if (route !== undefined) server.updateName(`${context.method} ${route}`)
		server.setAttributes({
			'http.response.status_code': status,
			'http.route': route,
		})
		if (error !== undefined && status >= 500) fail(server, error)
		server.end(nowMs)
	}

	close(): Promise<void> {
		return this.provider.shutdown()
	}
}

class Metering {
	private readonly provider: MeterProvider
	private readonly duration
	private readonly usage
	private readonly firstToken
	private readonly perToken

	constructor(options: OtlpOptions, resource: Resource, warn: Warn) {
		const exporter = new OTLPMetricExporter(exporterOptions(options, '/v1/metrics'))
		const send = exporter.export.bind(exporter)
		exporter.export = (metrics, done) =>
			send(metrics, (result) => {
				if (result.error !== undefined) warn('metrics', result.error)
				done(result)
			})
		const reader = new PeriodicExportingMetricReader({
			exporter,
			exportIntervalMillis: options.intervalMs,
			exportTimeoutMillis: Math.min(options.intervalMs, timeoutMillis),
		})
		this.provider = new MeterProvider({ resource, readers: [reader] })
		const meter = this.provider.getMeter('dragoman')
		const histogram = (name: string, unit: string, explicitBucketBoundaries: number[]) =>
			meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries } })
		this.duration = histogram('gen_ai.client.operation.duration', 's', seconds)
		this.usage = histogram('gen_ai.client.token.usage', '{token}', tokens)
		this.firstToken = histogram('gen_ai.server.time_to_first_token', 's', seconds)
		this.perToken = histogram('gen_ai.server.time_per_output_token', 's', perToken)
	}

	end(request: ObservedRequest, nowMs: number): void {
		const operation = operationNames[request.operation ?? '']
		if (operation === undefined || request.model === undefined) return
		const { error, usage, upstream, context, firstOutputMs, stream } = request
		const attributes = {
			'gen_ai.operation.name': operation,
			'gen_ai.provider.name': upstream ?? 'dragoman',
			'gen_ai.request.model': request.model,
		}
		const failed = error === undefined ? {} : { 'error.type': error.kind }
		this.duration.record((nowMs - context.receivedAtMs) / 1000, { ...attributes, ...failed })
		if (usage !== undefined) {
			this.usage.record(usage.promptTokens, { ...attributes, 'gen_ai.token.type': 'input' })
			this.usage.record(usage.completionTokens, { ...attributes, 'gen_ai.token.type': 'output' })
		}
		if (firstOutputMs === undefined || stream !== true) return
		this.firstToken.record((firstOutputMs - context.receivedAtMs) / 1000, attributes)
		const further = (usage?.completionTokens ?? 0) - 1
		if (further > 0) this.perToken.record((nowMs - firstOutputMs) / 1000 / further, attributes)
	}

	close(): Promise<void> {
		return this.provider.shutdown()
	}
}

function fail(span: Span, error: ChatError): void {
	span.setAttribute('error.type', error.kind)
	span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}

/** Forwards the caller's trace context without a span. */
function quietAttempt({ context }: ObservedRequest): AttemptReport {
	const caller = readTraceContext(context.headers)
	return { traceHeaders: caller === undefined ? {} : writeTraceContext(caller), end: () => undefined }
}
