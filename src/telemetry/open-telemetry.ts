// Opens telemetry as configured: the request log, Prometheus metrics, and OpenTelemetry, each independent of the others.

import type { Clock } from '../system/clock.ts'
import type { RootLog } from '../system/log.ts'
import { type MetricSnapshot, mergeSnapshots, metricsContentType, writeMetrics } from './metric.ts'
import { ObservedRequest, type RequestWatcher } from './observed-request.ts'
import type { TelemetryOptions } from './options.ts'
import type { Otlp } from './otlp.ts'
import { logRequest } from './request-log.ts'
import { RequestMetrics } from './request-metrics.ts'
import type { Telemetry, UpstreamGauges } from './telemetry.ts'
import { forwardedHeaders } from './trace-context.ts'

export interface TelemetryContext {
	readonly log: RootLog
	readonly clock: Clock
	readonly version: string
	readonly upstreams: () => readonly UpstreamGauges[]
	/** Returns the metrics of the other processes that serve the same address, if there are any. */
	readonly others?: () => Promise<readonly (readonly MetricSnapshot[])[]>
}

export interface OpenedTelemetry extends Telemetry {
	/** This process's own metrics. */
	snapshot(): readonly MetricSnapshot[]
}

export async function openTelemetry(options: TelemetryOptions, deps: TelemetryContext): Promise<OpenedTelemetry> {
	const { log, clock, version, upstreams, others } = deps
	const metrics = new RequestMetrics({ version, startedAtMs: clock.now(), upstreams })
	const otlp = await openConfiguredOtlp(options, deps)
	const watcher: RequestWatcher = {
		gap: (model, ms) => metrics.gapOf(model).observe(ms / 1000),
		attempt(record, upstream, begunMs) {
			const traced = otlp?.attempt(record, upstream, begunMs)
			return {
				traceHeaders: traced?.traceHeaders ?? forwardedHeaders(record.arrival.headers),
				end(endMs, error) {
					record.attempts.push(error === undefined ? { upstream } : { upstream, error: error.kind })
					metrics.attempted(upstream, endMs - begunMs, error)
					traced?.end(endMs, error)
				},
			}
		},
	}
	return {
		wantsContent: options.content,
		begin(arrival) {
			metrics.begin()
			const record = new ObservedRequest(arrival, watcher)
			// The address is available only while the client is connected.
			if (options.requests) record.client = arrival.client?.address
			otlp?.begin(record)
			return record
		},
		end(record, nowMs) {
			if (!(record instanceof ObservedRequest)) return
			const durationMs = nowMs - record.arrival.receivedAtMs
			metrics.end(record, durationMs)
			if (options.requests) logRequest(log, record, durationMs)
			otlp?.end(record, nowMs)
		},
		snapshot: () => metrics.snapshot(),
		async metrics() {
			const rest = others === undefined ? [] : await others()
			return { contentType: metricsContentType, body: writeMetrics(mergeSnapshots([metrics.snapshot(), ...rest])) }
		},
		async close() {
			await otlp?.close()
		},
	}
}

/** Loads the OpenTelemetry libraries only if a collector is configured. */
async function openConfiguredOtlp(
	{ otlp }: TelemetryOptions,
	{ log, version, clock }: TelemetryContext,
): Promise<Otlp | undefined> {
	if (otlp === undefined) return undefined
	const { openOtlp } = await import('./otlp.ts')
	return openOtlp(otlp, { log, version, nowMs: () => clock.now() })
}
