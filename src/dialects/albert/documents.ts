// What Albert API had for documents: tools that its server ran in front of the model, files and collections. There are no tools here, as on
// a server where none was set up; files and collections are told to be gone.

import { ChatError } from '../../chat/error.ts'
import type { Method } from '../../http/route-table.ts'
import type { Route } from '../dialect.ts'

export const listTools: Route = {
	method: 'GET',
	path: '/tools',
	read: () => ({ type: 'constant', answer: { object: 'list', data: [] } }),
}

export const files: readonly Route[] = [
	gone('POST', '/files'),
	gone('GET', '/files/{path}'),
	gone('DELETE', '/files/{path}'),
]

export const collections: readonly Route[] = [
	gone('GET', '/collections'),
	gone('DELETE', '/collections'),
	gone('GET', '/collections/{path}'),
	gone('DELETE', '/collections/{path}'),
]

function gone(method: Method, path: string): Route {
	return {
		method,
		path,
		body: 'none',
		expressly: true,
		read() {
			throw new ChatError(
				'gone',
				'This server keeps no files and no collections: search in documents has to be done by the application.',
			)
		},
	}
}
