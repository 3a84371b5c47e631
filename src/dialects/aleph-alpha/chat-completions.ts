// POST /chat/completions

import { chatRequestSchema } from '../../wire/openai/chat-request-schema.ts'
import type { ChatCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { readChat } from './chat-request.ts'
import { chatWriter } from './chat-writer.ts'
import { priorityOf } from './priority.ts'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	bodySchema: chatRequestSchema,
	read({ body, query }): ChatCall {
		const { request, stream, violation, includeUsage, dropped, labels } = readChat(body)
		return {
			type: 'chat',
			request,
			stream,
			violation,
			writer: chatWriter({ includeUsage, hasTools: request.tools.length > 0 }),
			dropped,
			labels,
			...priorityOf(query()),
		}
	},
}
