// POST /chat/completions: OpenAI's, but `user` begins a stored conversation, and `id` continues it.

import { readAlbertChatRequest } from '../../wire/albert/chat-request-reader.ts'
import { ChatChunkWriter } from '../../wire/openai/chat-chunk-writer.ts'
import { writeCompletion } from '../../wire/openai/completion-writer.ts'
import type { ResponseContext, Route } from '../dialect.ts'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	read({ body }) {
		const { request, stream, history, dropped, ...shape } = readAlbertChatRequest(body)
		return {
			type: 'chat',
			request,
			stream,
			dropped,
			// Clients of this dialect expect a stored conversation.
			offer:
				history === undefined
					? undefined
					: { ...history, history: 'albert', answersAsConversation: true, expected: true },
			writer: {
				completion: (completion, identity, source) => writeCompletion(completion, identify(identity), shape, source),
				stream: (identity) => new ChatChunkWriter(identify(identity), shape),
			},
		}
	},
}

/** The id of the stored conversation, or else an id in the format of Albert's upstream. */
function identify({ token, created, model, id = `cmpl-${token}` }: ResponseContext) {
	return { id, created, model }
}
