// Writes an error in the format of OpenAI's API: one table maps our kinds to status, type and code.

import type { ChatError, ChatErrorKind } from '../../chat/error.ts'
import { sdkErrorHeaders } from '../json/error-headers.ts'

interface ErrorShape {
	readonly status: number
	readonly type: string
	/** Used if the error itself has no code. */
	readonly code: string | null
}

const invalidRequest = 'invalid_request_error'

const shapes: Readonly<Record<ChatErrorKind, ErrorShape>> = {
	'invalid-request': { status: 400, type: invalidRequest, code: null },
	'context-length-exceeded': { status: 400, type: invalidRequest, code: 'context_length_exceeded' },
	unsupported: { status: 400, type: invalidRequest, code: 'unsupported_parameter' },
	'too-large': { status: 413, type: invalidRequest, code: null },
	'request-timeout': { status: 408, type: invalidRequest, code: null },
	unauthenticated: { status: 401, type: invalidRequest, code: null },
	'invalid-key': { status: 401, type: invalidRequest, code: 'invalid_api_key' },
	forbidden: { status: 403, type: invalidRequest, code: null },
	'model-not-found': { status: 404, type: invalidRequest, code: 'model_not_found' },
	'wrong-operation': { status: 404, type: invalidRequest, code: null },
	'not-found': { status: 404, type: invalidRequest, code: null },
	gone: { status: 410, type: invalidRequest, code: 'gone' },
	'method-not-allowed': { status: 405, type: invalidRequest, code: 'method_not_supported' },
	conflict: { status: 409, type: invalidRequest, code: 'conflict' },
	'rate-limited': { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
	overloaded: { status: 503, type: 'server_error', code: 'server_is_overloaded' },
	unavailable: { status: 503, type: 'server_error', code: 'model_unavailable' },
	'upstream-timeout': { status: 504, type: 'server_error', code: 'upstream_timeout' },
	'upstream-failed': { status: 502, type: 'server_error', code: 'upstream_error' },
	cancelled: { status: 499, type: 'server_error', code: 'request_cancelled' },
	internal: { status: 500, type: 'server_error', code: null },
}

export interface OpenAIError {
	readonly status: number
	readonly body: {
		readonly error: {
			readonly message: string
			readonly type: string
			readonly param: string | null
			readonly code: string | null
		}
	}
	readonly headers: Readonly<Record<string, string>>
}

export function statusOf({ kind }: ChatError): number {
	return shapes[kind].status
}

export function writeError(error: ChatError): OpenAIError {
	const { status, type, code } = shapes[error.kind]
	return {
		status,
		body: { error: { message: error.message, type, param: error.param ?? null, code: error.code ?? code } },
		headers: sdkErrorHeaders(error),
	}
}
