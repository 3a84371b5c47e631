// Errors in the format of Scale's API: FastAPI's `detail`, a list if a field is invalid, a text otherwise.

import type { ChatError, ChatErrorKind } from '../../chat/error.ts'
import { errorHeaders } from '../../wire/json/error-headers.ts'
import type { WrittenError } from '../writer.ts'

const statuses: Readonly<Record<ChatErrorKind, number>> = {
	'invalid-request': 400,
	'context-length-exceeded': 400,
	unsupported: 400,
	'too-large': 413,
	'request-timeout': 408,
	unauthenticated: 401,
	'invalid-key': 401,
	forbidden: 403,
	'model-not-found': 422,
	'wrong-operation': 422,
	'not-found': 404,
	gone: 410,
	'method-not-allowed': 405,
	conflict: 409,
	'rate-limited': 429,
	overloaded: 429,
	unavailable: 503,
	'upstream-timeout': 504,
	'upstream-failed': 502,
	cancelled: 499,
	internal: 500,
}

/** Field errors: Scale's schema lists the models, so an unknown model is a field error as well. */
const aboutFields: ReadonlySet<ChatErrorKind> = new Set(['invalid-request', 'model-not-found', 'wrong-operation'])

export function writeError(error: ChatError): WrittenError {
	const { kind, message } = error
	const param = error.param ?? (kind === 'invalid-request' ? undefined : 'model')
	const field = aboutFields.has(kind) ? param : undefined
	return {
		status: field === undefined ? statuses[kind] : 422,
		body: { detail: field === undefined ? message : [{ loc: locate(field), msg: message, type: typeOf(error) }] },
		headers: errorHeaders(error),
	}
}

/** Splits a path such as `messages[2].content` into its segments. */
function locate(param: string): readonly (string | number)[] {
	const steps = [...param.matchAll(/[^.[\]]+/g)].map(([step]) => (/^\d+$/.test(step) ? Number(step) : step))
	return ['body', ...steps]
}

/** Pydantic's error types, if there is one. */
function typeOf({ code, kind }: ChatError): string {
	if (kind === 'model-not-found') return 'enum'
	if (code === 'missing_required_parameter') return 'missing'
	return code ?? 'value_error'
}
