// POST /chat/completions: OpenAI's, but `user` begins a stored conversation, and `id` continues it.

import type { Route } from '../dialect.ts'
import { chatWriter } from '../openai-family/chat-writer.ts'
import { readAlbertChatRequest } from './chat-request-reader.ts'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	// Clients of this dialect expect a stored conversation.
	read({ body, userIdHistory = true }) {
		const { stream, dropped, request, thread, answersAsConversation, ...shape } = readAlbertChatRequest(
			body,
			userIdHistory,
		)
		// Without a conversation, the id has the format of Albert's upstream.
		const writer = chatWriter(shape, 'cmpl')
		return { type: 'chat', request, stream, thread, answersAsConversation, dropped, writer }
	},
}
