// Reads errors of Gemini: converts Google's format (status names, reasons in `details`, retry delays) for the reader of OpenAI's
// errors, which decides what a status means for the caller.

import type { ChatError } from '../../chat/error.ts'
import { field, listField, numberField, textField } from '../json/fields.ts'
import {
	type ErrorAnswer,
	type ErrorReading,
	type HeaderLookup,
	readErrorAnswer,
	readErrorEvent,
} from '../json/upstream-error.ts'

/** Reads a response with an error status. */
export function readGeminiError(answer: ErrorAnswer, reading: ErrorReading): ChatError {
	const details = readDetails(answer.body)
	return readErrorAnswer(
		{
			...answer,
			status: details.isOperators ? 401 : answer.status,
			headers: withRetry(answer.headers, details.retryAfterMs),
			body: details.body,
		},
		reading,
	)
}

/** Reads an error that a stream contains instead of a chunk. */
export function readGeminiErrorEvent(chunk: unknown, reading: ErrorReading): ChatError {
	return readErrorEvent(readDetails(chunk).body, reading)
}

interface ErrorDetails {
	/** In OpenAI's format. */
	readonly body: unknown
	/** Only the operator can correct it, such as an invalid API key. */
	readonly isOperators: boolean
	readonly retryAfterMs: number | undefined
}

/** For a stream without server-sent events, the upstream returns a list with one error. */
function readDetails(body: unknown): ErrorDetails {
	const error = field(Array.isArray(body) ? body[0] : body, 'error')
	if (error === undefined) return { body, isOperators: false, retryAfterMs: undefined }
	const message = textField(error, 'message')
	const status = textField(error, 'status') ?? ''
	const details = listField(error, 'details')
	const reasons = details.flatMap((detail) => textField(detail, 'reason') ?? [])
	return {
		body: { error: { message, code: numberField(error, 'code') ?? statuses[status] } },
		isOperators: status === 'FAILED_PRECONDITION' || reasons.some((reason) => reason.startsWith('API_KEY_')),
		retryAfterMs: details.map(readRetryDelay).find((delay) => delay !== undefined),
	}
}

/** A duration in the JSON format of protocol buffers: `37s`, `0.5s`. */
function readRetryDelay(detail: unknown): number | undefined {
	const [, seconds] = /^(\d{1,9}(?:\.\d+)?)s$/.exec(textField(detail, 'retryDelay') ?? '') ?? []
	return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000)
}

function withRetry(headers: HeaderLookup, retryAfterMs: number | undefined): HeaderLookup {
	if (retryAfterMs === undefined) return headers
	return { get: (name) => (name === 'retry-after-ms' ? String(retryAfterMs) : headers.get(name)) }
}

const statuses: Readonly<Record<string, number>> = {
	CANCELLED: 499,
	INVALID_ARGUMENT: 400,
	FAILED_PRECONDITION: 400,
	OUT_OF_RANGE: 400,
	UNAUTHENTICATED: 401,
	PERMISSION_DENIED: 403,
	NOT_FOUND: 404,
	ABORTED: 409,
	RESOURCE_EXHAUSTED: 429,
	INTERNAL: 500,
	UNIMPLEMENTED: 501,
	UNAVAILABLE: 503,
	DEADLINE_EXCEEDED: 504,
}
