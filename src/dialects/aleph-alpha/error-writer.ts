// Errors in the format of Aleph Alpha's API: a message and a code. Its clients distinguish a busy model from a broken one by the code alone.

import type { ChatError, ChatErrorKind } from '../../chat/error.ts'
import { errorHeaders } from '../../wire/json/error-headers.ts'
import type { WrittenError } from '../writer.ts'

const shapes: Readonly<Record<ChatErrorKind, readonly [status: number, code: string]>> = {
	'invalid-request': [400, 'INVALID_REQUEST'],
	'context-length-exceeded': [400, 'PROMPT_TOO_LONG'],
	unsupported: [400, 'MISSING_CAPABILITY'],
	'too-large': [413, 'PAYLOAD_TOO_LARGE'],
	'request-timeout': [408, 'REQUEST_TIMEOUT'],
	unauthenticated: [401, 'UNAUTHENTICATED'],
	'invalid-key': [401, 'UNAUTHENTICATED'],
	forbidden: [403, 'FORBIDDEN'],
	'model-not-found': [404, 'UNKNOWN_MODEL'],
	'wrong-operation': [400, 'MISSING_CAPABILITY'],
	'not-found': [404, 'NOT_FOUND'],
	gone: [410, 'GONE'],
	'method-not-allowed': [405, 'METHOD_NOT_ALLOWED'],
	conflict: [409, 'CONFLICT'],
	'rate-limited': [429, 'TOO_MANY_REQUESTS'],
	overloaded: [503, 'QUEUE_FULL'],
	unavailable: [503, 'UNAVAILABLE'],
	'upstream-timeout': [504, 'UPSTREAM_TIMEOUT'],
	'upstream-failed': [502, 'UPSTREAM_FAILED'],
	cancelled: [499, 'CANCELLED'],
	internal: [500, 'INTERNAL'],
}

export function writeError(error: ChatError): WrittenError {
	return {
		status: shapes[error.kind][0],
		body: writeErrorBody(error),
		headers: errorHeaders(error),
	}
}

export function writeErrorBody({ kind, message }: ChatError) {
	return { error: message, code: shapes[kind][1] }
}
