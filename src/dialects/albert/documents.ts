// Albert API's paths for documents: tools that its server ran before the model, files and collections. The list of
// tools is empty, as on a server without configured tools; files and collections answer 410.

import type { Method } from '../../http/route-table.ts'
import { refusedRoute } from '../albert-family/refused-route.ts'
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
	return refusedRoute(
		method,
		path,
		'gone',
		'Files and collections are not supported on this server: the application must search documents itself.',
	)
}
