// OpenGateLLM's operations that this server does not support: documents and their search, OCR, agents, and
// administration over the same API. Each has its own message, so that the caller does not mistake it for a wrong path.

import type { ChatErrorKind } from '../../chat/error.ts'
import type { Method } from '../../http/route-table.ts'
import { refusedRoute } from '../albert-family/refused-route.ts'
import type { Route } from '../dialect.ts'

const everyMethod: readonly Method[] = ['GET', 'POST', 'PATCH', 'DELETE']

export const documents: readonly Route[] = unsupported(
	'gone',
	['/collections', '/documents', '/chunks', '/search', '/parse-beta', '/files'],
	'Documents, collections and search are not supported on this server: the application must add search results to the messages.',
)

export const agents: readonly Route[] = unsupported(
	'gone',
	['/agents'],
	'Server-side agents are not supported on this server: the application must call tools itself.',
)

export const administration: readonly Route[] = unsupported(
	'gone',
	['/admin'],
	'Users, roles, routers and providers cannot be administered over this API: configure models and upstreams in the configuration file, and create keys with `dragoman keys`.',
)

export const logins: readonly Route[] = unsupported(
	'gone',
	['/auth'],
	'Logins are not supported on this server: authenticate with a key, which is created with `dragoman keys`.',
)

export const ocr: readonly Route[] = ['/ocr', '/ocr-beta'].map((path) =>
	refusedRoute('POST', path, 'unsupported', 'OCR is not supported on this server.'),
)

/** Every method at these paths and below them. */
function unsupported(kind: ChatErrorKind, paths: readonly string[], message: string): readonly Route[] {
	return paths
		.flatMap((path) => [path, `${path}/{path}`])
		.flatMap((path) => everyMethod.map((method) => refusedRoute(method, path, kind, message)))
}
