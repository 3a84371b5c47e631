// Errors in the format of Albert API in 2024: `detail` is a text, or a list if the request is invalid.

import type { ChatError, ChatErrorKind } from '../../chat/error.ts'
import { errorHeaders } from '../../wire/json/error-headers.ts'
import { type DetailShape, writeDetail } from '../albert-family/detail-error.ts'
import type { WrittenError } from '../writer.ts'

const shapes: Readonly<Record<ChatErrorKind, DetailShape>> = {
	'invalid-request': { status: 422, listed: true },
	'context-length-exceeded': { status: 400 },
	unsupported: { status: 422, listed: true },
	'too-large': { status: 413 },
	'request-timeout': { status: 408 },
	unauthenticated: { status: 403, text: 'Not authenticated' },
	'invalid-key': { status: 403, text: 'Invalid API key' },
	forbidden: { status: 403 },
	'model-not-found': { status: 404, text: 'Model not found.' },
	'wrong-operation': { status: 422, listed: true },
	'not-found': { status: 404 },
	gone: { status: 410 },
	'method-not-allowed': { status: 405, text: 'Method Not Allowed' },
	conflict: { status: 409 },
	'rate-limited': { status: 429 },
	overloaded: { status: 503 },
	unavailable: { status: 503 },
	'upstream-timeout': { status: 504 },
	'upstream-failed': { status: 502 },
	cancelled: { status: 499 },
	internal: { status: 500, text: 'Internal Server Error' },
}

export function writeError(error: ChatError): WrittenError {
	const shape = shapes[error.kind]
	return {
		status: shape.status,
		body: { detail: writeDetail(error, shape) },
		headers: errorHeaders(error),
	}
}
