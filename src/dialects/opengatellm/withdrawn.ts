// What OpenGateLLM has, or had, and this server has not: documents and their search, OCR, agents, and administration over the same API. Each is
// told apart, so that nobody takes it for a wrong path.

import { ChatError, type ChatErrorKind } from '../../chat/error.ts'
import type { Method } from '../../http/route-table.ts'
import type { Route } from '../dialect.ts'

const everyMethod: readonly Method[] = ['GET', 'POST', 'PATCH', 'DELETE']

export const documents: readonly Route[] = withdrawn(
	'gone',
	['/collections', '/documents', '/chunks', '/search', '/parse-beta', '/files'],
	'Documents, collections and search in them are not part of this server: the application has to put what it found into the messages.',
)

export const agents: readonly Route[] = withdrawn(
	'gone',
	['/agents'],
	'Agents that run on the server are not part of it: tools are called by the application.',
)

export const administration: readonly Route[] = withdrawn(
	'gone',
	['/admin'],
	'Users, roles, routers and providers are not administered over this API: models and upstreams are configured in a file, keys are made with `dragoman keys`.',
)

export const logins: readonly Route[] = withdrawn(
	'gone',
	['/auth'],
	'Nobody logs in over this API: callers have keys, which are made with `dragoman keys`.',
)

export const ocr: readonly Route[] = ['/ocr', '/ocr-beta'].map((path) =>
	refused('POST', path, 'unsupported', 'No upstream of this server reads documents.'),
)

/** All that stands at these paths and below them. */
function withdrawn(kind: ChatErrorKind, paths: readonly string[], message: string): readonly Route[] {
	return paths
		.flatMap((path) => [path, `${path}/{path}`])
		.flatMap((path) => everyMethod.map((method) => refused(method, path, kind, message)))
}

function refused(method: Method, path: string, kind: ChatErrorKind, message: string): Route {
	return {
		method,
		path,
		body: 'none',
		expressly: true,
		read() {
			throw new ChatError(kind, message)
		},
	}
}
