// The events that a request reports about itself. Telemetry folds them into log lines, metrics and spans; nothing that
// answers requests reads them back. With an observer that ignores every event, each byte of every answer is the same.

import type { ChatError } from '../chat/error.ts'
import type { FinishReason } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'

/** Observes one request. */
export interface RequestObserver {
	/** Cheap: called for every token. Never throws. */
	observe(event: RequestEvent): void
	/** `traceparent` and `tracestate` for the upstream of the current attempt; empty if there are none. */
	traceHeaders(): Readonly<Record<string, string>>
}

/**
 * Times are in milliseconds since 1970, fractions allowed. A later event replaces an earlier one of the same type,
 * unless stated otherwise.
 */
export type RequestEvent =
	| RoutedEvent
	| AuthenticatedEvent
	| ParsedEvent
	| PlannedEvent
	| AttemptEvent
	| AttemptEndedEvent
	| DroppedEvent
	| OutputEvent
	| AnsweredEvent
	| FinishReasonEvent
	| UsageEvent
	| FailedEvent
	| EndedEvent

/** The path has a route. Reported again if the caller's key selects another dialect. */
export interface RoutedEvent {
	readonly type: 'routed'
	/** The pattern that matched, such as `/v1/models/{id}`; never the path itself, whose values are unbounded. */
	readonly route: string
	/** Absent for WebSockets, whose messages are requests of their own. */
	readonly dialect?: string | undefined
}

export interface AuthenticatedEvent {
	readonly type: 'authenticated'
	readonly key: { readonly id: string; readonly name: string }
}

export interface ParsedEvent {
	readonly type: 'parsed'
	/** The type of the call. */
	readonly operation: string
	/** Absent if the operation has no streaming form. */
	readonly stream?: boolean | undefined
	/** Labels that the client sets for usage reports, such as Scale's account and Aleph Alpha's tags. */
	readonly labels?: Readonly<Record<string, string>> | undefined
	/** The parsed body of the request, which telemetry only reads if the operator enabled prompts in the log. */
	readonly body: unknown
}

/** The model exists. */
export interface PlannedEvent {
	readonly type: 'planned'
	/** Its public name. */
	readonly model: string
}

/** A request is sent to an upstream. Attempts of one request follow each other. */
export interface AttemptEvent {
	readonly type: 'attempt'
	readonly upstream: string
	readonly atMs: number
}

/** The upstream of the current attempt started to respond, or `error` is the failure. */
export interface AttemptEndedEvent {
	readonly type: 'attempt-ended'
	readonly atMs: number
	readonly error?: ChatError | undefined
}

/** Parts of the request are left out, because the dialect or the upstream that answers cannot express them. */
export interface DroppedEvent {
	readonly type: 'dropped'
	readonly parts: readonly string[]
}

/** A token of the answer, or a part of another size. */
export interface OutputEvent {
	readonly type: 'output'
	readonly atMs: number
	/** Empty for output that is not text. */
	readonly text: string
}

/** A unary answer is complete: its output and the end of its first choice in one event. */
export interface AnsweredEvent {
	readonly type: 'answered'
	readonly atMs: number
	/** Of the first choice; empty for output that is not text. */
	readonly text: string
	readonly finishReason: FinishReason | undefined
}

/** A choice is complete. The first one of a request counts. */
export interface FinishReasonEvent {
	readonly type: 'finish-reason'
	readonly reason: FinishReason
}

/** The usage that is billed. */
export interface UsageEvent {
	readonly type: 'usage'
	readonly usage: Usage
	/** Absent if the model has no price. */
	readonly cost?: ObservedCost | undefined
}

export interface ObservedCost {
	/** Millionths of the currency. */
	readonly micros: number
	readonly currency: string
}

/** The answer failed after it began. */
export interface FailedEvent {
	readonly type: 'failed'
	readonly error: ChatError
}

/**
 * The last byte was sent, or sending was aborted. Once. An answer without a client may report further events after it.
 */
export interface EndedEvent {
	readonly type: 'ended'
	readonly atMs: number
	/** HTTP status of the response. */
	readonly status: number
	/** The failure that the response reports instead of an answer. */
	readonly error?: ChatError | undefined
	/** The client disconnected before the end of the response. */
	readonly disconnected: boolean
}
