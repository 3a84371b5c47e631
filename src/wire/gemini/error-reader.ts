// What this upstream says when it cannot answer. Blame is told by the reader of OpenAI's errors, which knows what a status means to a caller;
// here Google's words are brought into that form: status names, reasons in `details`, and how long to wait.

import type { ChatError } from '../../chat/error.ts'
import {
	type ErrorAnswer,
	type ErrorReading,
	type HeaderLookup,
	readErrorAnswer,
	readErrorEvent,
} from '../openai/error-reader.ts'
import { field, listField, numberField, textField } from '../openai/fields.ts'

/** A whole answer whose status says that it is none. */
export function readGeminiError(answer: ErrorAnswer, reading: ErrorReading): ChatError {
	const said = readSaid(answer.body)
	return readErrorAnswer(
		{
			...answer,
			status: said.isOperators ? 401 : answer.status,
			headers: withRetry(answer.headers, said.retryAfterMs),
			body: said.body,
		},
		reading,
	)
}

/** An error in place of a chunk. */
export function readGeminiErrorEvent(chunk: unknown, reading: ErrorReading): ChatError {
	return readErrorEvent(readSaid(chunk).body, reading)
}

interface Said {
	/** In OpenAI's form. */
	readonly body: unknown
	/** Only the operator can mend it. */
	readonly isOperators: boolean
	readonly retryAfterMs: number | undefined
}

/** Asked for a stream and no event stream, it answers with a list of one. */
function readSaid(body: unknown): Said {
	const error = field(Array.isArray(body) ? body[0] : body, 'error')
	if (error === undefined) return { body, isOperators: false, retryAfterMs: undefined }
	const message = textField(error, 'message')
	const status = textField(error, 'status') ?? ''
	const details = listField(error, 'details')
	const reasons = details.flatMap((detail) => textField(detail, 'reason') ?? [])
	const overlong = message !== undefined && /input token count.*exceeds the maximum/is.test(message)
	return {
		body: {
			error: { message, code: overlong ? 'context_length_exceeded' : (numberField(error, 'code') ?? statuses[status]) },
		},
		isOperators: status === 'FAILED_PRECONDITION' || reasons.some((reason) => reason.startsWith('API_KEY_')),
		retryAfterMs: details.map(readRetryDelay).find((delay) => delay !== undefined),
	}
}

/** A duration as JSON of protocol buffers writes it: `37s`, `0.5s`. */
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
