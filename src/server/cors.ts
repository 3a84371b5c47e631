// CORS for any origin. This is safe because callers authenticate with a key, never with a cookie.

import type { RequestHeaders } from '../http/request-headers.ts'

const exposed = [
	'x-request-id',
	'openai-processing-ms',
	'openai-version',
	'retry-after',
	'retry-after-ms',
	'x-dragoman-error',
	'x-dragoman-conversation',
	'x-dragoman-message',
	'x-dragoman-stream',
	'x-dragoman-truncated',
	'x-dragoman-dropped',
	'request-id',
].join(', ')

/** Headers of every response. */
export const allowOrigin: Readonly<Record<string, string>> = {
	'access-control-allow-origin': '*',
	'access-control-expose-headers': exposed,
}

/** Answers a preflight request: every requested header is allowed. */
export function preflight({ headers }: { readonly headers: RequestHeaders }): Response {
	return new Response(null, {
		status: 204,
		headers: {
			...allowOrigin,
			'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE, OPTIONS',
			'access-control-allow-headers': headers.get('access-control-request-headers') ?? 'authorization, content-type',
			'access-control-max-age': '86400',
			vary: 'access-control-request-headers',
		},
	})
}
