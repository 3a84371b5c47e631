// GET /version, which clients may call first, without a key.

import type { Route } from '../dialect.ts'
import { TextBody } from '../writer.ts'

/** The supported version of the API: clients reject major versions other than 1, and versions before 1.19. */
const apiVersion = '1.27.0'

export const version: Route = {
	method: 'GET',
	path: '/version',
	open: true,
	read: () => ({ type: 'constant', answer: new TextBody(apiVersion, 'text/plain; charset=utf-8') }),
}
