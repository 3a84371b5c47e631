// Writes errors in the format of Anthropic's API: one table maps our kinds to status and type.

import type { ChatError, ChatErrorKind } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import { restFor } from '../../chat/rest.ts'
import { sdkErrorHeaders } from '../json/error-headers.ts'
import { messagesWire } from './formats.ts'

interface AnthropicErrorShape {
	readonly status: number
	readonly type: string
}

const shapes: Readonly<Record<ChatErrorKind, AnthropicErrorShape>> = {
	'invalid-request': { status: 400, type: 'invalid_request_error' },
	'context-length-exceeded': { status: 400, type: 'invalid_request_error' },
	unsupported: { status: 400, type: 'invalid_request_error' },
	'too-large': { status: 413, type: 'request_too_large' },
	'request-timeout': { status: 408, type: 'timeout_error' },
	unauthenticated: { status: 401, type: 'authentication_error' },
	'invalid-key': { status: 401, type: 'authentication_error' },
	forbidden: { status: 403, type: 'permission_error' },
	'model-not-found': { status: 404, type: 'not_found_error' },
	'wrong-operation': { status: 400, type: 'invalid_request_error' },
	'not-found': { status: 404, type: 'not_found_error' },
	gone: { status: 410, type: 'not_found_error' },
	'method-not-allowed': { status: 405, type: 'invalid_request_error' },
	conflict: { status: 409, type: 'conflict_error' },
	'rate-limited': { status: 429, type: 'rate_limit_error' },
	overloaded: { status: 529, type: 'overloaded_error' },
	unavailable: { status: 503, type: 'api_error' },
	'upstream-timeout': { status: 504, type: 'timeout_error' },
	'upstream-failed': { status: 502, type: 'api_error' },
	cancelled: { status: 499, type: 'api_error' },
	internal: { status: 500, type: 'api_error' },
}

export interface ErrorBody {
	readonly type: 'error'
	/** With the `details` of the error, if it has a code in this API. */
	readonly error: JsonObject & { readonly type: string; readonly message: string }
	/** Id of the request, if known. */
	readonly request_id?: string
}

export interface AnthropicError {
	readonly status: number
	readonly body: ErrorBody
	readonly headers: Readonly<Record<string, string>>
}

export function writeError(error: ChatError, requestId?: string): AnthropicError {
	return {
		status: shapes[error.kind].status,
		body: writeErrorBody(error, requestId),
		headers: sdkErrorHeaders(error),
	}
}

export function writeErrorBody(error: ChatError, requestId?: string): ErrorBody {
	return {
		type: 'error',
		error: { ...restFor(messagesWire, error.rest), type: shapes[error.kind].type, message: messageOf(error) },
		request_id: requestId,
	}
}

/** Agents recognize by this text that they must shorten the conversation: the API has no error code for it. */
const tooLong = 'prompt is too long'

function messageOf({ kind, message }: ChatError): string {
	if (kind !== 'context-length-exceeded' || message.toLowerCase().includes(tooLong)) return message
	return `${tooLong}: ${message}`
}
