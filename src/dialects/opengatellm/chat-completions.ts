// POST /chat/completions: OpenAI's, with usage and cost in every answer.

import { chatRequestSchema } from '../../wire/openai/chat-request-schema.ts'
import { writeCompletion } from '../../wire/openai/completion-writer.ts'
import type { ChatCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { unsupportedInChat } from '../openai-family/chat-writer.ts'
import { completionIdentity } from '../openai-family/completion-identity.ts'
import { readUserIdHistory } from '../openai-family/user-id-history.ts'
import type { ResponseContext } from '../writer.ts'
import { readOpenGateChatRequest } from './chat-request-reader.ts'
import { writePricedUsage } from './priced-usage.ts'
import { UsageChunkWriter } from './usage-chunk-writer.ts'

const idPrefix = 'chatcmpl'

export const chatCompletions: Route = {
	method: 'POST',
	path: '/chat/completions',
	bodySchema: chatRequestSchema,
	read({ body, userIdHistory = false }): ChatCall {
		const { request, stream, violation, ...shape } = readOpenGateChatRequest(body)
		const history = userIdHistory ? readUserIdHistory(request) : undefined
		const shapeOf = ({ tagsSignatures }: ResponseContext) => ({ ...shape, tagsSignatures })
		return {
			type: 'chat',
			request,
			...history,
			stream,
			violation,
			writer: {
				completion(completion, context, source) {
					const identity = completionIdentity(context, idPrefix)
					const { model: _, ...named } = completion
					return {
						...writeCompletion(named, identity, shapeOf(context), source),
						usage: writePricedUsage({ ...identity, usage: completion.usage, price: context.price }),
					}
				},
				unsupportedParts: unsupportedInChat,
				stream: (context) =>
					new UsageChunkWriter(completionIdentity(context, idPrefix), context.price, shapeOf(context)),
			},
		}
	},
}
