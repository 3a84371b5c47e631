// POST /messages/count_tokens: counts the tokens of a request's prompt.

import type { RequestHeaders } from '../../http/request-headers.ts'
import { readCountRequest } from '../../wire/anthropic/message-request-reader.ts'
import { countRequestSchema } from '../../wire/anthropic/message-request-schema.ts'
import { readThread } from '../../wire/anthropic/message-thread.ts'
import type { CountCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { type MessageThread, readThreadCall, threadOf } from './message-thread.ts'

export const countTokens: Route = {
	method: 'POST',
	path: '/messages/count_tokens',
	bodySchema: countRequestSchema,
	read({ body, headers }): CountCall {
		const thread = readThread(body)
		const read = (given: unknown, ref?: MessageThread) => countCall(given, headers, ref)
		return thread === undefined ? read(body) : readThreadCall(body, thread, read)
	},
}

function countCall(body: unknown, headers: RequestHeaders, thread: MessageThread | undefined): CountCall {
	const { request, parts } = readCountRequest(body, headers.get('anthropic-beta'))
	return {
		type: 'count',
		request,
		thread: thread === undefined ? undefined : threadOf(thread, parts),
		write: (tokens) => ({ input_tokens: tokens }),
	}
}
