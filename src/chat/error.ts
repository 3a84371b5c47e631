// Errors of a call, in the form that every part of the gateway uses. Status codes and error bodies belong to the
// dialects.

import type { Rest } from './rest.ts'

/** Every kind of error. */
export const chatErrorKinds = [
	/** The request is invalid; the caller can correct it. */
	'invalid-request',
	/** The conversation exceeds the model's context length. */
	'context-length-exceeded',
	/** The request uses a feature that this model or engine does not support. */
	'unsupported',
	/** The body exceeds the server's size limit. */
	'too-large',
	/** The body did not arrive in time. */
	'request-timeout',
	/** The request has no key. */
	'unauthenticated',
	/** The key is unknown, expired or revoked. */
	'invalid-key',
	/** The key is valid but lacks permission. */
	'forbidden',
	/** The requested model does not exist, or is not visible to this caller. */
	'model-not-found',
	/** The model does not support this operation, such as a chat model called through legacy completions. */
	'wrong-operation',
	/** The path, or the object with this id, does not exist. */
	'not-found',
	/** The API existed but is no longer offered. */
	'gone',
	/** The path exists but does not support this method. */
	'method-not-allowed',
	/** Another request changed the object in the meantime. */
	'conflict',
	/** The caller exceeded a rate limit. */
	'rate-limited',
	/** Every upstream for the model is at capacity. */
	'overloaded',
	/** No upstream is available: an engine is starting, has crashed or is unreachable. */
	'unavailable',
	/** An upstream did not respond in time. */
	'upstream-timeout',
	/** An upstream returned an error or an invalid response. */
	'upstream-failed',
	/** The caller disconnected or the server is shutting down. */
	'cancelled',
	/** A bug in this server. */
	'internal',
] as const

/**
 * Each dialect has one table that maps every kind to a status code and a body, so a new kind does not compile until
 * every dialect handles it.
 */
export type ChatErrorKind = (typeof chatErrorKinds)[number]

/**
 * Whether the request reached the upstream before it failed. `nothing` can always be retried on another upstream;
 * `maybe` and `yes` may already have cost tokens.
 */
export type Sent = 'nothing' | 'maybe' | 'yes'

/** The name of a setting of the configuration that is a bound, such as `limits.messages`. */
export type BoundSetting = `${'keys' | 'ledger' | 'limits' | 'streams' | 'upstreams'}.${string}`

export interface ChatErrorDetails {
	/** The invalid request field, such as `messages[2].content`. */
	readonly param?: string
	/**
	 * A more specific, stable error code, such as `missing_required_parameter`. A dialect may replace it with its own.
	 */
	readonly code?: string
	/** The bound that refused the request. A label of a metric, so it never contains text from a request. */
	readonly setting?: BoundSetting | undefined
	/** Delay before a retry may succeed, in milliseconds. */
	readonly retryAfterMs?: number
	/**
	 * The upstream reports a condition that will not clear within seconds. Other upstreams may be tried, but this one is
	 * not retried, and its circuit breaker does not count the failure.
	 */
	readonly lasting?: boolean
	/** This server failed, for example because its disk is full: neither the upstream nor the request is the cause. */
	readonly local?: boolean
	/** No connection to the upstream could be established, so the request cannot be the cause. */
	readonly unreached?: boolean
	/**
	 * The upstream rejected the request's `max_tokens` and would accept this value, at least 1. Nothing was generated, so
	 * the request can be sent again with it.
	 */
	readonly fittingTokens?: number | undefined
	/** Fields of the error object that only one wire has, for clients of that wire. */
	readonly rest?: Rest | undefined
	/** Defaults to `nothing`. */
	readonly sent?: Sent
	/** For the operator's log, never for the caller. */
	readonly cause?: unknown
}

/**
 * `code` of the error when a call could not be sent because this process has run out of file descriptors. It must not
 * count toward an upstream's circuit breaker.
 */
export const descriptorsCode = 'out_of_file_descriptors'

/** `code` of an error that only the operator can fix: the upstream rejects the configured key. */
export const refusedKeyCode = 'upstream_credentials_refused'

/**
 * The only error type that crosses folders. Its message is safe to return to the caller; `cause` is for the operator's
 * log.
 */
export class ChatError extends Error {
	override readonly name = 'ChatError'
	readonly kind: ChatErrorKind
	readonly param: string | undefined
	readonly code: string | undefined
	readonly setting: BoundSetting | undefined
	readonly retryAfterMs: number | undefined
	readonly lasting: boolean
	readonly local: boolean
	readonly unreached: boolean
	readonly fittingTokens: number | undefined
	readonly rest: Rest | undefined
	readonly sent: Sent

	constructor(kind: ChatErrorKind, message: string, details: ChatErrorDetails = {}) {
		super(message, details.cause === undefined ? undefined : { cause: details.cause })
		this.kind = kind
		this.param = details.param
		this.code = details.code
		this.setting = details.setting
		this.retryAfterMs = details.retryAfterMs
		this.lasting = details.lasting ?? false
		this.local = details.local ?? false
		this.unreached = details.unreached ?? false
		this.fittingTokens = details.fittingTokens
		this.rest = details.rest
		this.sent = details.sent ?? 'nothing'
	}
}

/**
 * Converts a thrown value to a `ChatError`. An unknown error becomes `internal`, and its details are not shown to the
 * caller.
 */
export function asChatError(thrown: unknown): ChatError {
	if (thrown instanceof ChatError) return thrown
	if (thrown instanceof DOMException && thrown.name === 'AbortError')
		return new ChatError('cancelled', 'The request was cancelled.', { cause: thrown, sent: 'maybe' })
	return new ChatError('internal', 'The server had an error while processing your request.', {
		cause: thrown,
		sent: 'maybe',
	})
}

/** Whether the same work may succeed later: a dependency, such as the database, is unavailable or overloaded. */
export function isTemporary(thrown: unknown): thrown is ChatError {
	return thrown instanceof ChatError && (thrown.kind === 'unavailable' || thrown.kind === 'overloaded')
}
