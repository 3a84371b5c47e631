// GET /version, which clients may ask before anything else, without a key.

import { type Route, TextBody } from '../dialect.ts'

/** The generation of the API that is spoken here: clients refuse any major version but 1, and anything before 1.19. */
const apiVersion = '1.27.0'

export const version: Route = {
	method: 'GET',
	path: '/version',
	open: true,
	read: () => ({ type: 'constant', answer: new TextBody(apiVersion, 'text/plain; charset=utf-8') }),
}
