// Headers of error responses, which the APIs share. Each dialect decides about the status and the body.

import type { ChatError } from '../../chat/error.ts'

/** `x-dragoman-error` carries our own kind, for a gateway in front of this one. `retry-after` is in seconds. */
export function errorHeaders({ kind, retryAfterMs }: ChatError): Readonly<Record<string, string>> {
	const own = { 'x-dragoman-error': kind }
	return retryAfterMs === undefined
		? own
		: { ...own, 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }
}

/** The same, with the headers that only the SDKs of OpenAI and Anthropic read. */
export function sdkErrorHeaders(error: ChatError): Readonly<Record<string, string>> {
	const headers: Record<string, string> = { ...errorHeaders(error) }
	if (error.retryAfterMs !== undefined) headers['retry-after-ms'] = String(Math.ceil(error.retryAfterMs))
	// The SDKs retry a 409 by default, which would fail again.
	if (error.kind === 'conflict') headers['x-should-retry'] = 'false'
	return headers
}
