// What the pipeline tells about each request, and to whom: the operator's log, Prometheus, OpenTelemetry. Telemetry reads what
// happens and changes none of it.

import type { ChatError } from '../chat/error.ts'
import type { FinishReason } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'
import type { RemoteClient } from '../http/remote-client.ts'

export interface Telemetry {
	/** The operator asked for prompts and answers in the log. */
	readonly wantsContent: boolean
	/** A request arrived. `headers` are read for `traceparent` and `tracestate`. */
	begin(arrival: Arrival): RequestRecord
	/** The request is over, its last byte sent or given up. Called once. Never throws. */
	end(record: RequestRecord, nowMs: number): void
	/** The metrics in Prometheus' text format. */
	metrics(): Promise<{ readonly contentType: string; readonly body: string }>
	/** Sends what is not yet sent. */
	close(): Promise<void>
}

export interface Arrival {
	readonly id: string
	/** Absent where no connection is known. */
	readonly client?: RemoteClient
	readonly method: string
	readonly headers: Headers
	/** Milliseconds since 1970, fractions allowed. */
	readonly receivedAtMs: number
}

/** One request, filled in as it goes on. */
export interface RequestRecord {
	readonly arrival: Arrival
	/** The pattern that matched, as `/v1/models/{id}`: never the path itself, of which there are endlessly many. */
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
		| 'kept'
		| 'resume'
		| 'cancel'
		| 'usage'
		| 'entries'
		| 'keys'
		| 'who'
		| 'constant'
	key?: { readonly id: string; readonly name: string }
	/** The model's public name, once it is known to exist. */
	model?: string
	stream?: boolean
	/** What the client says of the request: an account, tags. */
	labels?: Readonly<Record<string, string>>
	/** The upstream that answers. */
	upstream?: string
	/** HTTP status of the answer. */
	status?: number
	/** Why there was no answer, or why it broke off. */
	error?: ChatError
	/** The client hung up before the end. */
	left?: boolean
	usage?: Usage
	finishReason?: FinishReason
	/** Only where `wantsContent`: the body of the request, and the text of the answer. */
	prompt?: unknown
	answer?: string
	/** A piece of the answer came into being. Cheap: called for every token. */
	piece(nowMs: number): void
	/** The request is tried on an upstream. */
	attempt(upstream: string, nowMs: number): AttemptRecord
}

export interface AttemptRecord {
	/** `traceparent` and `tracestate` for the upstream; empty where there are none. */
	readonly traceHeaders: Readonly<Record<string, string>>
	/** It began to answer, or `error` says why not. Called once. */
	end(nowMs: number, error?: ChatError): void
}

/** What can be asked of an upstream at any time, for gauges. */
export interface UpstreamGauges {
	readonly name: string
	/** Calls it is working on, and those that wait for their turn. */
	readonly running: number
	readonly waiting: number
	readonly breaker: 'closed' | 'open' | 'half-open'
	readonly healthy: boolean
}
