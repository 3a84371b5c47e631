// POST /chat/completions/input_tokens: counts the tokens of a chat request's prompt. An extension, modeled on OpenAI's
// path for responses.

import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import { chatRequestSchema } from '../../wire/openai/chat-request-schema.ts'
import type { Route } from '../dialect.ts'

export const countChatTokens: Route = {
	method: 'POST',
	path: '/chat/completions/input_tokens',
	bodySchema: chatRequestSchema,
	read: ({ body }) => ({
		type: 'count',
		request: readChatRequest(body).request,
		write: (tokens) => ({ object: 'chat.completion.input_tokens', input_tokens: tokens }),
	}),
}
