// POST /chat/completions: OpenAI's, with usage and cost in every answer.

import { readHistoryRequest } from '../../wire/albert/history-request.ts'
import { writeCompletion } from '../../wire/openai/completion-writer.ts'
import { UsageChunkWriter } from '../../wire/opengatellm/accounted-chunk-writer.ts'
import { writeAccountedUsage } from '../../wire/opengatellm/accounted-usage.ts'
import { readOpenGateChatRequest } from '../../wire/opengatellm/chat-request-reader.ts'
import type { ResponseContext, Route } from '../dialect.ts'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	read({ body }) {
		const { request, stream, ...shape } = readOpenGateChatRequest(body)
		const history = readHistoryRequest(request)
		return {
			type: 'chat',
			request,
			stream,
			offer: history === undefined ? undefined : { ...history, history: 'albert', answersAsConversation: true },
			writer: {
				completion(completion, identity, source) {
					const own = identify(identity)
					const { model: _, ...named } = completion
					return {
						...writeCompletion(named, own, shape, source),
						usage: writeAccountedUsage({ ...own, usage: completion.usage, price: identity.price }),
					}
				},
				stream: (identity) => new UsageChunkWriter(identify(identity), identity.price, shape),
			},
		}
	},
}

function identify({ token, created, model, id = `chatcmpl-${token}` }: ResponseContext) {
	return { id, created, model }
}
