// What can go wrong with a call, as every part of the gateway says it. It does not know how a dialect words or numbers it.

/** Every kind of failure. */
export const chatErrorKinds = [
	/** The request is wrong in a way its sender can mend. */
	'invalid-request',
	/** The conversation is longer than the model's context. */
	'context-length-exceeded',
	/** The request asks for something that this model or engine cannot do. */
	'unsupported',
	/** The body is larger than the server reads. */
	'too-large',
	/** The body did not arrive in time. */
	'request-timeout',
	/** No key was given. */
	'unauthenticated',
	/** A key was given that is not, or no longer, valid. */
	'invalid-key',
	/** The key is valid but may not do this. */
	'forbidden',
	/** The model asked for does not exist for this caller. */
	'model-not-found',
	/** The model exists but does not serve this operation, as a chat model on legacy completions. */
	'wrong-operation',
	/** A path or a thing named by an id does not exist. */
	'not-found',
	/** What was there once, and is offered no more. */
	'gone',
	/** The path exists, the method does not. */
	'method-not-allowed',
	/** What was asked for was changed by somebody else in the meantime. */
	'conflict',
	/** The caller sent more than a limit allows. */
	'rate-limited',
	/** Every place that could answer is full. */
	'overloaded',
	/** Nothing can answer at the moment: an engine starts, crashed or is unreachable. */
	'unavailable',
	/** An upstream took too long. */
	'upstream-timeout',
	/** An upstream answered with something that is no answer. */
	'upstream-failed',
	/** The caller hung up or the server is closing. */
	'cancelled',
	/** A defect of ours. */
	'internal',
] as const

/**
 * A dialect owns one table from these to its status codes and bodies, so a new kind does not compile until each dialect has answered
 * for it.
 */
export type ChatErrorKind = (typeof chatErrorKinds)[number]

/**
 * How much of the request a failure proves to have reached the upstream: `nothing` may always be tried elsewhere, `maybe` and
 * `yes` may have cost tokens already.
 */
export type Sent = 'nothing' | 'maybe' | 'yes'

export interface ChatErrorDetails {
	/** The request field at fault, written as `messages[2].content`. */
	readonly param?: string
	/** A finer, stable word for the cause, as `missing_required_parameter`. Dialects with codes of their own may replace it. */
	readonly code?: string
	/** When trying again may help, in milliseconds. */
	readonly retryAfterMs?: number
	/**
	 * The upstream cannot answer for reasons that will not pass within seconds, and says so itself: others may be tried, but the same one
	 * is not retried, and its breaker does not count the failure.
	 */
	readonly lasting?: boolean
	/** What the failure proves was sent upstream; `nothing` unless said. */
	readonly sent?: Sent
	/** For the operator's log, never for the caller. */
	readonly cause?: unknown
}

/**
 * `code` of the error of a call that could not be sent since this process has no file descriptor left. It must not be held against an
 * upstream.
 */
export const descriptorsCode = 'out_of_file_descriptors'

/** The one error that crosses folders. Its message is safe to show to the caller; `cause` is for the operator only. */
export class ChatError extends Error {
	override readonly name = 'ChatError'
	readonly kind: ChatErrorKind
	readonly param: string | undefined
	readonly code: string | undefined
	readonly retryAfterMs: number | undefined
	readonly lasting: boolean
	readonly sent: Sent

	constructor(kind: ChatErrorKind, message: string, details: ChatErrorDetails = {}) {
		super(message, details.cause === undefined ? undefined : { cause: details.cause })
		this.kind = kind
		this.param = details.param
		this.code = details.code
		this.retryAfterMs = details.retryAfterMs
		this.lasting = details.lasting ?? false
		this.sent = details.sent ?? 'nothing'
	}
}

/** Whatever was thrown, as a `ChatError`: anything that is not one already is a defect of ours and says nothing to the caller. */
export function asChatError(thrown: unknown): ChatError {
	if (thrown instanceof ChatError) return thrown
	if (thrown instanceof DOMException && thrown.name === 'AbortError')
		return new ChatError('cancelled', 'The request was cancelled.', { cause: thrown, sent: 'maybe' })
	return new ChatError('internal', 'The server had an error while processing your request.', {
		cause: thrown,
		sent: 'maybe',
	})
}
