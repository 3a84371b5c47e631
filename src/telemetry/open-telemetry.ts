// Opens telemetry as configured: the request log, Prometheus metrics, and OpenTelemetry, each independent of the
// others.

import type { Clock } from '../system/clock.ts'
import type { RootLog } from '../system/log.ts'
import { type MetricSnapshot, mergeSnapshots, metricsContentType, writeMetrics } from './metric.ts'
import { ObservedRequest, type RequestReports } from './observed-request.ts'
import type { TelemetryOptions } from './options.ts'
import type { Otlp } from './otlp.ts'
import { logRequest } from './request-log.ts'
import { RequestMetrics } from './request-metrics.ts'
import { ServerMetrics } from './server-metrics.ts'
import type { ServerGauges, Telemetry, TurnGauges, UpstreamGauges } from './telemetry.ts'
import { forwardedHeaders } from './trace-context.ts'

export interface TelemetryContext {
	readonly log: RootLog
	readonly clock: Clock
	readonly version: string
	readonly upstreams: () => readonly UpstreamGauges[]
	/** Returns the number of usage records in quarantine. Absent for a process that stores none. */
	readonly quarantinedRecords?: () => number
	/** Absent for a process that stores no turns. */
	readonly turns?: TurnGauges
	/** Returns the state of the server. Absent for a process that stores nothing. */
	readonly server?: () => Promise<ServerGauges>
	/** Returns the metrics of the other processes that serve the same address, if there are any. */
	readonly others?: () => Promise<readonly (readonly MetricSnapshot[])[]>
}

export interface OpenedTelemetry extends Telemetry {
	/** This process's own metrics. */
	snapshot(): Promise<readonly MetricSnapshot[]>
}

export async function openTelemetry(options: TelemetryOptions, deps: TelemetryContext): Promise<OpenedTelemetry> {
	const { log, clock, version, upstreams, quarantinedRecords, turns, server, others } = deps
	const metrics = new RequestMetrics(upstreams)
	const serverMetrics = new ServerMetrics({
		version,
		startedAtMs: clock.now(),
		quarantinedRecords,
		turns,
		server,
		isMeasured: options.metrics !== 'off',
	})
	const snapshot = async () => {
		const state = await serverMetrics.snapshot()
		return [...metrics.snapshot(), ...state]
	}
	const otlp = await openConfiguredOtlp(options, deps)
	const reports: RequestReports = {
		content: options.content,
		gaps: (model) => metrics.gapsOf(model),
		attempt(request, upstream, begunMs) {
			const traced = otlp?.attempt(request, upstream, begunMs)
			return {
				traceHeaders: traced?.traceHeaders ?? forwardedHeaders(request.context.headers),
				end(endMs, error) {
					metrics.attempted(upstream, endMs - begunMs, error)
					traced?.end(endMs, error)
				},
			}
		},
		end(request, nowMs) {
			const durationMs = nowMs - request.context.receivedAtMs
			metrics.end(request, durationMs)
			if (options.requests) logRequest(log, request, durationMs)
			otlp?.end(request, nowMs)
		},
	}
	return {
		begin(context) {
			metrics.begin()
			// The address is available only while the client is connected.
			const request = new ObservedRequest(context, reports, options.requests ? context.client?.address : undefined)
			otlp?.begin(request)
			return request
		},
		snapshot,
		async metrics() {
			const [own, rest] = await Promise.all([snapshot(), others?.() ?? []])
			return { contentType: metricsContentType, body: writeMetrics(mergeSnapshots([own, ...rest])) }
		},
		async close() {
			serverMetrics.close()
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
