// OpenAI's API as a dialect: chat completions, responses, conversations, legacy completions, embeddings and models. The
// wire format defines requests and answers; this folder defines the paths.

import { writeError } from '../../wire/openai/error-writer.ts'
import { writeRateLimits } from '../../wire/openai/rate-limit-headers.ts'
import type { Dialect } from '../dialect.ts'
import { embeddingsRoute } from '../openai-family/embeddings.ts'
import { textCompletionsRoute } from '../openai-family/text-completions.ts'
import { chatCompletions } from './chat-completions.ts'
import { compactResponse } from './compact-response.ts'
import { createItems, deleteItem, listConversationItems, retrieveItem } from './conversation-items.ts'
import {
	createConversation,
	deleteConversation,
	deleteConversations,
	exportConversation,
	listConversations,
	retrieveConversation,
	updateConversation,
} from './conversations.ts'
import { countChatTokens } from './count-chat-tokens.ts'
import { models } from './models.ts'
import { countInputTokens, createResponse } from './responses.ts'
import { responsesSocket } from './responses-socket.ts'
import { createShare, listShares, openShare, revokeShare } from './shares.ts'
import {
	deleteCompletion,
	listCompletionMessages,
	listCompletions,
	retrieveCompletion,
	updateCompletion,
} from './stored-completions.ts'
import { cancelResponse, deleteResponse, listInputItems, retrieveResponse } from './stored-responses.ts'
import { readStream } from './streams.ts'
import { detokenize, tokenize } from './tokenization.ts'
import { completionUsage, embeddingUsage } from './usage.ts'

/** The version that OpenAI's servers report in `openai-version`. */
const apiVersion = '2020-10-01'

/** The `User-Agent` of OpenAI's SDKs in all languages, and of the AI SDK's provider. */
const sdk = /^(?:Async)?(?:Azure)?OpenAI(?:Client(?:Async)?Impl|::Client)?\/|\bai-sdk\/openai\//

export const openai: Dialect = {
	name: 'openai',
	mount: '/openai',
	prefixes: ['/v1', ''],
	routes: [
		chatCompletions,
		countChatTokens,
		listCompletions,
		retrieveCompletion,
		updateCompletion,
		deleteCompletion,
		listCompletionMessages,
		createResponse,
		countInputTokens,
		compactResponse,
		retrieveResponse,
		deleteResponse,
		cancelResponse,
		listInputItems,
		createConversation,
		listConversations,
		deleteConversations,
		retrieveConversation,
		updateConversation,
		deleteConversation,
		exportConversation,
		createShare,
		listShares,
		revokeShare,
		openShare,
		createItems,
		listConversationItems,
		retrieveItem,
		deleteItem,
		readStream,
		completionUsage,
		embeddingUsage,
		textCompletionsRoute(),
		embeddingsRoute(),
		tokenize,
		detokenize,
		...models,
	],
	suggests: (headers) => sdk.test(headers.get('user-agent') ?? ''),
	sockets: [responsesSocket],
	writeError,
	describe: async () => (await import('./api-description.ts')).description,
	headers: ({ processingMs, limits, nowMs }) => ({
		'openai-version': apiVersion,
		'openai-processing-ms': String(Math.round(processingMs)),
		...(limits.length === 0 ? undefined : writeRateLimits(limits, nowMs)),
	}),
}
