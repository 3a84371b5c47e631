// POST /messages/count_tokens: counts the tokens of a request's prompt.

import { readCountRequest } from '../../wire/anthropic/message-request-reader.ts'
import type { Route } from '../dialect.ts'

export const countTokens: Route = {
	method: 'POST',
	path: '/messages/count_tokens',
	read: ({ body, headers }) => ({
		type: 'count',
		request: readCountRequest(body, headers.get('anthropic-beta')),
		write: (tokens) => ({ input_tokens: tokens }),
	}),
}
