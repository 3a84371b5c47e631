// POST /chat/completions: OpenAI's, where `user` begins a conversation that is kept, and `id` goes on with it.

import { readAlbertChatRequest } from '../../wire/albert/chat-request-reader.ts'
import { ChatChunkWriter } from '../../wire/openai/chat-chunk-writer.ts'
import { writeCompletion } from '../../wire/openai/completion-writer.ts'
import type { AnswerIdentity, Route } from '../dialect.ts'

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
			// Whoever speaks this dialect means it so.
			...(history === undefined
				? {}
				: { offer: { ...history, history: 'albert', answersAsConversation: true, expected: true } }),
			writer: {
				completion: (completion, identity, source) => writeCompletion(completion, identify(identity), shape, source),
				stream: (identity) => new ChatChunkWriter(identify(identity), shape),
			},
		}
	},
}

/** The conversation's id where one is kept, and else of the form that its upstream had. */
function identify({ token, created, model, id = `cmpl-${token}` }: AnswerIdentity) {
	return { id, created, model }
}
