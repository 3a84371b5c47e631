// POST /chat/completions: OpenAI's, but `user` begins a stored conversation, and `id` continues it.

import { chatRequestSchema } from '../../wire/openai/chat-request-schema.ts'
import type { ChatCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { chatWriter } from '../openai-family/chat-writer.ts'
import { readAlbertChatRequest } from './chat-request-reader.ts'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	bodySchema: chatRequestSchema,
	// Clients of this dialect expect a stored conversation.
	read({ body, userIdHistory = true }): ChatCall {
		const { fields, shape } = readAlbertChatRequest(body, userIdHistory)
		// Without a conversation, the id has the format of Albert's upstream.
		return { type: 'chat', ...fields, writer: chatWriter(shape, 'cmpl') }
	},
}
