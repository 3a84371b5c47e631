// The interface through which requests are reported to the log, Prometheus and OpenTelemetry. Telemetry observes
// requests and never changes them; observer.ts has the events.

import type { RemoteClient } from '../http/remote-client.ts'
import type { RequestHeaders } from '../http/request-headers.ts'
import type { RequestObserver } from './observer.ts'

export interface Telemetry {
	/** Starts a request. `traceparent` and `tracestate` are read from its headers. */
	begin(context: RequestContext): RequestObserver
	/** The metrics in Prometheus' text format. */
	metrics(): Promise<{ readonly contentType: string; readonly body: string }>
	/** Exports pending data. */
	close(): Promise<void>
}

export interface RequestContext {
	readonly id: string
	/** Absent if the connection is unknown. */
	readonly client?: RemoteClient
	readonly method: string
	readonly headers: RequestHeaders
	/** Milliseconds since 1970, fractions allowed. */
	readonly receivedAtMs: number
}

/** Current state of an upstream, for gauges. */
export interface UpstreamGauges {
	readonly name: string
	/** Calls in flight, and calls that are queued. */
	readonly running: number
	readonly waiting: number
	/** Maximum of each; undefined without a limit. */
	readonly limit?: number | undefined
	readonly queue?: number | undefined
	readonly breaker: 'closed' | 'open' | 'half-open'
	readonly healthy: boolean
}

/** The state of the server, read for each snapshot of the metrics. */
export interface ServerGauges {
	/** Results of the checks of `GET /ready`, by name. */
	readonly checks: Readonly<Record<string, { readonly ok: boolean }>>
	/** The file system of the data folder, in bytes; undefined if it does not report its size. */
	readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined
	/** Usage records that wait for the database, and their maximum. */
	readonly pendingRecords: number
	readonly maxPendingRecords: number
}

/** Read for each snapshot of the metrics. */
export interface TurnGauges {
	/** Number of ends of turns that wait for the database. */
	readonly pendingEnds: () => number
	/** Number of other processes that this one found dead since it started. */
	readonly deadProcesses: () => number
}
