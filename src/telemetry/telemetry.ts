// The interface through which the pipeline reports each request to the log, Prometheus and OpenTelemetry. Telemetry observes requests and
// never changes them.

import type { ChatError } from '../chat/error.ts'
import type { FinishReason } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'
import type { RemoteClient } from '../http/remote-client.ts'

export interface Telemetry {
	/** Whether the operator enabled prompts and completions in the log. */
	readonly wantsContent: boolean
	/** Starts a request. `traceparent` and `tracestate` are read from its headers. */
	begin(arrival: RequestContext): RequestRecord
	/** Ends a request, after its last byte was sent or sending was aborted. Called once. Never throws. */
	end(record: RequestRecord, nowMs: number): void
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
	readonly headers: Headers
	/** Milliseconds since 1970, fractions allowed. */
	readonly receivedAtMs: number
}

/** The record of a request, filled in during its processing. */
export interface RequestRecord {
	readonly arrival: RequestContext
	/** The pattern that matched, such as `/v1/models/{id}`; never the path itself, whose values are unbounded. */
	route?: string
	dialect?: string
	operation?:
		| 'chat'
		| 'complete'
		| 'embed'
		| 'rerank'
		| 'transcribe'
		| 'tokenize'
		| 'detokenize'
		| 'count'
		| 'list-models'
		| 'show-model'
		| 'stored'
		| 'resume'
		| 'cancel'
		| 'usage'
		| 'entries'
		| 'keys'
		| 'who'
		| 'constant'
	key?: { readonly id: string; readonly name: string }
	/** Public name of the model; set only if the model exists. */
	model?: string
	stream?: boolean
	/** Labels that the client sets for usage reports, such as Scale's account and Aleph Alpha's tags. */
	labels?: Readonly<Record<string, string>>
	/** The upstream that responds. */
	upstream?: string
	/** HTTP status of the response. */
	status?: number
	/** The failure of the request, before or during its response. */
	error?: ChatError
	/** The client disconnected before the end of the response. */
	left?: boolean
	usage?: Usage
	finishReason?: FinishReason
	/** Only if `wantsContent`: the body of the request, and the text of the response. */
	prompt?: unknown
	answer?: string
	/** Reports a chunk of the response. Cheap: called for every token. */
	piece(nowMs: number): void
	/** Starts an attempt on an upstream. */
	attempt(upstream: string, nowMs: number): AttemptRecord
}

export interface AttemptRecord {
	/** `traceparent` and `tracestate` for the upstream; empty if there are none. */
	readonly traceHeaders: Readonly<Record<string, string>>
	/** Ends the attempt: the upstream started to respond, or `error` is the failure. Called once. */
	end(nowMs: number, error?: ChatError): void
}

/** Current state of an upstream, for gauges. */
export interface UpstreamGauges {
	readonly name: string
	/** Calls in flight, and calls that are queued. */
	readonly running: number
	readonly waiting: number
	readonly breaker: 'closed' | 'open' | 'half-open'
	readonly healthy: boolean
}
