// Errors in the formats of both families of its clients: OpenGateLLM's `detail` in addition to the `error` of OpenAI's
// API.

import type { ChatError, ChatErrorKind } from '../../chat/error.ts'
import { writeError as writeOpenAIError } from '../../wire/openai/error-writer.ts'
import { type DetailShape, writeDetail } from '../albert-family/detail-error.ts'
import type { WrittenError } from '../writer.ts'

const tooBusy: DetailShape = { status: 503, text: 'Model is too busy, please try again later.' }

const shapes: Readonly<Record<ChatErrorKind, DetailShape>> = {
	'invalid-request': { status: 422, listed: true },
	'context-length-exceeded': { status: 400 },
	unsupported: { status: 422, listed: true },
	'too-large': { status: 413 },
	'request-timeout': { status: 408 },
	unauthenticated: { status: 401, text: 'Not authenticated' },
	'invalid-key': { status: 401, text: 'Invalid API key.' },
	forbidden: { status: 403 },
	'model-not-found': { status: 404, text: 'Model not found.' },
	'wrong-operation': { status: 422, text: 'Wrong model type.' },
	'not-found': { status: 404 },
	gone: { status: 410 },
	'method-not-allowed': { status: 405, text: 'Method Not Allowed' },
	conflict: { status: 409 },
	'rate-limited': { status: 429 },
	overloaded: tooBusy,
	unavailable: tooBusy,
	'upstream-timeout': tooBusy,
	'upstream-failed': { status: 502 },
	cancelled: { status: 499 },
	internal: { status: 500, text: 'Internal Server Error' },
}

/** Default of the `retry-after` header, in seconds. */
const retryAfterSeconds = '10'

export function writeError(error: ChatError): WrittenError {
	const shape = shapes[error.kind]
	const { body, headers } = writeOpenAIError(error)
	return {
		status: shape.status,
		body: { ...body, detail: writeDetail(error, shape) },
		headers: { ...(shape.status === tooBusy.status ? { 'retry-after': retryAfterSeconds } : {}), ...headers },
	}
}
