// POST /chat/completions

import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import { chatRequestSchema } from '../../wire/openai/chat-request-schema.ts'
import type { ChatCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { chatWriter } from '../openai-family/chat-writer.ts'
import { readUserIdHistory } from '../openai-family/user-id-history.ts'
import { readStored } from './stored-completions.ts'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	bodySchema: chatRequestSchema,
	read({ body, userIdHistory = false }): ChatCall {
		const { request, stream, violation, ...shape } = readChatRequest(body)
		const history = readStored(request, body) ?? (userIdHistory ? readUserIdHistory(request) : undefined)
		return { type: 'chat', request, ...history, stream, violation, writer: chatWriter(shape, 'chatcmpl') }
	},
}
