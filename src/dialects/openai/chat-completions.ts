// POST /chat/completions

import { readHistoryRequest } from '../../wire/albert/history-request.ts'
import { ChatChunkWriter } from '../../wire/openai/chat-chunk-writer.ts'
import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import { writeCompletion } from '../../wire/openai/completion-writer.ts'
import type { ResponseContext, Route } from '../dialect.ts'
import { readStored } from './stored-completions.ts'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	read({ body }) {
		const { request, stream, ...shape } = readChatRequest(body)
		const history = readHistoryRequest(request)
		return {
			type: 'chat',
			request,
			stream,
			...readStored(request, body),
			offer: history === undefined ? undefined : { ...history, history: 'albert', answersAsConversation: true },
			writer: {
				completion: (completion, identity, source) => writeCompletion(completion, identify(identity), shape, source),
				stream: (identity) => new ChatChunkWriter(identify(identity), shape),
			},
		}
	},
}

function identify({ token, created, model, id = `chatcmpl-${token}` }: ResponseContext) {
	return { id, created, model }
}
