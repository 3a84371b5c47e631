// A route that exists in the dialect's API but is not supported here: a client learns why, whatever it sends.

import { ChatError, type ChatErrorKind } from '../../chat/error.ts'
import type { Method } from '../../http/route-table.ts'
import type { Route } from '../dialect.ts'

/** Only for clients of the dialect, without reading the body. */
export function refusedRoute(method: Method, path: string, kind: ChatErrorKind, message: string): Route {
	return {
		method,
		path,
		body: 'none',
		explicitOnly: true,
		read() {
			throw new ChatError(kind, message)
		},
	}
}
