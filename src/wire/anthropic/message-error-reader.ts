// What a server of this wire says when it cannot go on, in the middle of a stream: types of errors instead of statuses.

import { ChatError } from '../../chat/error.ts'
import { type ErrorReading, readErrorAnswer } from '../openai/error-reader.ts'
import { field, textField } from '../openai/fields.ts'

const statuses: Readonly<Record<string, number>> = {
	invalid_request_error: 400,
	authentication_error: 401,
	billing_error: 402,
	permission_error: 403,
	not_found_error: 404,
	request_too_large: 413,
	rate_limit_error: 429,
	api_error: 500,
	timeout_error: 504,
	overloaded_error: 529,
}

const noHeaders = { get: () => undefined }

/** An `error` event: as the answer with the status that its type stands for, but that something was sent before it. */
export function readMessageError(event: unknown, reading: ErrorReading): ChatError {
	const status = statuses[textField(field(event, 'error'), 'type') ?? ''] ?? 500
	const error = readErrorAnswer({ status, headers: noHeaders, body: event, receivedAtMs: 0 }, reading)
	return new ChatError(error.kind, error.message, {
		...(error.param === undefined ? {} : { param: error.param }),
		...(error.code === undefined ? {} : { code: error.code }),
		sent: 'yes',
		cause: error.cause,
	})
}
