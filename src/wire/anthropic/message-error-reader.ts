// Reads errors: what only this wire has in them, and those in the middle of a stream, which carry an error type instead
// of a status.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { field, textField } from '../json/fields.ts'
import { type ErrorReading, readErrorAnswer } from '../json/upstream-error.ts'
import { messagesWire } from './formats.ts'

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

/**
 * Reads an `error` event like an error response with the status of its type, except that the request counts as sent.
 */
export function readMessageError(event: unknown, reading: ErrorReading): ChatError {
	const status = statuses[textField(field(event, 'error'), 'type') ?? ''] ?? 500
	const error = readErrorAnswer({ status, headers: noHeaders, body: event, receivedAtMs: 0 }, reading)
	return new ChatError(error.kind, error.message, {
		param: error.param,
		code: error.code,
		fittingTokens: error.fittingTokens,
		rest: error.rest,
		sent: 'yes',
		cause: error.cause,
	})
}

/** The `details` of an error with a code, which clients of this wire branch on. */
export function readErrorRest(error: unknown): Rest | undefined {
	const details = field(error, 'details')
	return typeof field(details, 'error_code') === 'string'
		? restOf(messagesWire, { details: details as JsonObject })
		: undefined
}
