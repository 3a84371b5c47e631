// What this dialect states about its API for the OpenAPI document. A line for each route of the dialect.

import { z } from 'zod'
import { conversationTimes } from '../../conversations/conversation-time.ts'
import { maxSearchCharacters } from '../../conversations/search-length.ts'
import {
	chatChunkSchema,
	chatCompletionSchema,
	textCompletionChunkSchema,
	textCompletionSchema,
	tokenUsageSchema,
} from '../../wire/openai/chat-answer-schema.ts'
import {
	conversationSchema,
	conversationsDeletedSchema,
	exportSchema,
	sharedBranchSchema,
	shareSchema,
} from '../../wire/openai/conversations/stored-schema.ts'
import { openaiErrorSchema } from '../../wire/openai/error-schema.ts'
import {
	chatTokenCountSchema,
	completionsUsageSchema,
	deletedSchema,
	detokenizedSchema,
	embeddingsUsageSchema,
	listOf,
	listQuerySchema,
	storedCompletionSchema,
	storedMessageSchema,
	tokensSchema,
} from '../../wire/openai/object-schemas.ts'
import { itemsSchema, responsesBodySchema } from '../../wire/openai/responses/body-schema.ts'
import { outputItemSchema, storedItemSchema } from '../../wire/openai/responses/output-schema.ts'
import {
	compactionSchema,
	inputTokensSchema,
	responseEventSchema,
	responseSchema,
	responseUsageSchema,
} from '../../wire/openai/responses/response-schema.ts'
import { usageReportQuery } from '../../wire/openai/usage-report.ts'
import type { AnswerDescription, ApiDescription, OperationDescription } from '../api-description.ts'
import {
	chatExample,
	describeChat,
	describeEmbeddings,
	describeModels,
	describeTextCompletion,
} from '../openai-family/operation-descriptions.ts'

function json(schema: z.ZodType): AnswerDescription {
	return { type: 'answer', json: schema }
}

const model = z.object({
	id: z.string(),
	object: z.literal('model'),
	created: z.int().describe('Unix time in seconds.'),
	owned_by: z.string(),
	type: z.string().describe('What the model does, such as `text-generation`.'),
	aliases: z.array(z.string()),
	max_context_length: z.int().nullable().describe('In tokens.'),
	note: z.string().optional(),
})

function responsesExample(name: string) {
	return { model: name, input: 'Hello!' }
}

const metadataFilter = z
	.record(z.string(), z.string())
	.optional()
	.describe('`metadata[key]=value`, once for each pair that the object has.')

const completionOperations: Readonly<Record<string, OperationDescription>> = {
	'POST /chat/completions': describeChat('createChatCompletion'),
	'POST /chat/completions/input_tokens': {
		name: 'countChatTokens',
		summary: 'Count the tokens of a chat request',
		example: chatExample,
		calls: 'text-generation',
		converses: true,
		answer: json(chatTokenCountSchema),
	},
	'GET /chat/completions': {
		name: 'listChatCompletions',
		summary: 'List the stored chat completions',
		details: 'Those that were requested with `store: true`.',
		query: listQuerySchema.extend({ model: z.string().optional(), metadata: metadataFilter }),
		answer: json(listOf(storedCompletionSchema)),
	},
	'GET /chat/completions/{id}': {
		name: 'retrieveChatCompletion',
		summary: 'Retrieve a stored chat completion',
		answer: json(storedCompletionSchema),
	},
	'POST /chat/completions/{id}': {
		name: 'updateChatCompletion',
		summary: 'Change the metadata of a stored chat completion',
		example: () => ({ metadata: { topic: 'greeting' } }),
		answer: json(storedCompletionSchema),
	},
	'DELETE /chat/completions/{id}': {
		name: 'deleteChatCompletion',
		summary: 'Delete a stored chat completion',
		answer: json(deletedSchema('chat.completion.deleted')),
	},
	'GET /chat/completions/{id}/messages': {
		name: 'listChatCompletionMessages',
		summary: 'List the messages of a stored chat completion',
		query: listQuerySchema,
		answer: json(listOf(storedMessageSchema)),
	},
	'POST /completions': describeTextCompletion('createCompletion'),
	'POST /embeddings': describeEmbeddings('createEmbedding'),
	...describeModels(model),
}

const responseOperations: Readonly<Record<string, OperationDescription>> = {
	'POST /responses': {
		name: 'createResponse',
		summary: 'Create a response',
		details:
			'With `stream: true` the answer is a stream of events. With `background: true` the response has the status `queued`, and `GET /responses/{id}` returns its state.',
		example: responsesExample,
		calls: 'text-generation',
		converses: true,
		answer: { type: 'answer', json: responseSchema, events: responseEventSchema },
	},
	'POST /responses/input_tokens': {
		name: 'countResponseTokens',
		summary: 'Count the tokens of a responses request',
		example: responsesExample,
		calls: 'text-generation',
		converses: true,
		answer: json(inputTokensSchema),
	},
	'POST /responses/compact': {
		name: 'compactResponse',
		summary: 'Compact a conversation',
		details: 'Returns the messages of the user and a summary, from which a client continues.',
		example: responsesExample,
		calls: 'text-generation',
		answer: json(compactionSchema),
	},
	'GET /responses/{id}': {
		name: 'retrieveResponse',
		summary: 'Retrieve a stored response, or resume its stream',
		query: z.object({
			stream: z.boolean().optional().describe('Resumes the stream of a background response.'),
			starting_after: z.int().min(0).optional().describe('The number of the last event that the client has.'),
			include: z.array(z.string()).optional().describe('`reasoning.encrypted_content`, for encrypted reasoning.'),
		}),
		answer: { type: 'answer', json: responseSchema, events: responseEventSchema },
	},
	'DELETE /responses/{id}': {
		name: 'deleteResponse',
		summary: 'Delete a stored response',
		answer: json(deletedSchema('response')),
	},
	'POST /responses/{id}/cancel': {
		name: 'cancelResponse',
		summary: 'Cancel a background response',
		answer: json(responseSchema),
	},
	'GET /responses/{id}/input_items': {
		name: 'listResponseInputItems',
		summary: 'List the input items of a stored response',
		query: listQuerySchema,
		answer: json(listOf(storedItemSchema)),
	},
	'GET /responses': {
		name: 'openResponsesSocket',
		summary: 'Create responses over a WebSocket',
		details:
			'Each message of the client is a request, and each message of the server an event. Requests with the same `stream_id` are answered one after the other; the events of the answer repeat it.',
		answer: {
			type: 'socket',
			sent: responsesBodySchema.extend({ type: z.literal('response.create'), stream_id: z.string().optional() }),
			received: responseEventSchema,
		},
	},
	'GET /streams/{id}': {
		name: 'readStream',
		summary: 'Resume a stream',
		details:
			'Continues a stream that was requested with the header `x-dragoman-resumable`. The id is in the header `x-dragoman-stream` of its first response. The events have the form of the operation that began it.',
		query: z.object({ after: z.int().min(0).default(0).describe('The number of events that the client has.') }),
		answer: { type: 'answer', events: z.looseObject({}) },
	},
}

const conversationOperations: Readonly<Record<string, OperationDescription>> = {
	'POST /conversations': {
		name: 'createConversation',
		summary: 'Create a conversation',
		example: () => ({ title: 'Greetings', items: [{ type: 'message', role: 'user', content: 'Hello!' }] }),
		answer: json(conversationSchema),
	},
	'GET /conversations': {
		name: 'listConversations',
		summary: 'List or search conversations',
		query: listQuerySchema.extend({
			user: z.string().optional(),
			search: z.string().max(maxSearchCharacters).optional().describe('A text in the title or in a message.'),
			order_by: z.enum(conversationTimes).optional(),
			metadata: metadataFilter,
		}),
		answer: json(listOf(conversationSchema)),
	},
	'DELETE /conversations': {
		name: 'deleteConversations',
		summary: 'Delete all conversations',
		query: z.object({ user: z.string().min(1).optional().describe('Only those of this end user.') }),
		answer: json(conversationsDeletedSchema),
	},
	'GET /conversations/{id}': {
		name: 'retrieveConversation',
		summary: 'Retrieve a conversation',
		answer: json(conversationSchema),
	},
	'POST /conversations/{id}': {
		name: 'updateConversation',
		summary: 'Change the title or the metadata of a conversation',
		example: () => ({ title: 'Greetings' }),
		answer: json(conversationSchema),
	},
	'DELETE /conversations/{id}': {
		name: 'deleteConversation',
		summary: 'Delete a conversation',
		answer: json(deletedSchema('conversation.deleted')),
	},
	'GET /conversations/{id}/export': {
		name: 'exportConversation',
		summary: 'Export a conversation with all its branches',
		answer: json(exportSchema),
	},
	'POST /conversations/{id}/shares': {
		name: 'createShare',
		summary: 'Share a branch of a conversation',
		example: () => ({ files: false }),
		answer: json(shareSchema),
	},
	'GET /conversations/{id}/shares': {
		name: 'listShares',
		summary: 'List the shares of a conversation',
		answer: json(listOf(shareSchema)),
	},
	'DELETE /conversations/{id}/shares/{share}': {
		name: 'revokeShare',
		summary: 'Revoke a share',
		answer: json(deletedSchema('conversation.share.deleted')),
	},
	'GET /shares/{id}': {
		name: 'openShare',
		summary: 'Read a shared branch',
		details: 'For every key of the same tenant.',
		answer: json(sharedBranchSchema),
	},
	'POST /conversations/{id}/items': {
		name: 'createConversationItems',
		summary: 'Add items to a conversation',
		example: () => ({ items: [{ type: 'message', role: 'user', content: 'Hello!' }] }),
		answer: json(listOf(storedItemSchema)),
	},
	'GET /conversations/{id}/items': {
		name: 'listConversationItems',
		summary: 'List the items of a conversation',
		query: listQuerySchema.extend({
			branch: z.string().optional().describe('The last message of a branch; the current branch if absent.'),
		}),
		answer: json(listOf(storedItemSchema)),
	},
	'GET /conversations/{id}/items/{item}': {
		name: 'retrieveConversationItem',
		summary: 'Retrieve an item of a conversation',
		answer: json(storedItemSchema),
	},
	'DELETE /conversations/{id}/items/{item}': {
		name: 'deleteConversationItem',
		summary: 'Delete an item of a conversation',
		answer: json(conversationSchema),
	},
}

const otherOperations: Readonly<Record<string, OperationDescription>> = {
	'GET /organization/usage/completions': {
		name: 'reportCompletionUsage',
		summary: 'Report the usage of chat and text completions',
		query: usageReportQuery,
		answer: json(completionsUsageSchema),
	},
	'GET /organization/usage/embeddings': {
		name: 'reportEmbeddingUsage',
		summary: 'Report the usage of embeddings',
		query: usageReportQuery,
		answer: json(embeddingsUsageSchema),
	},
	'POST /tokenize': {
		name: 'tokenize',
		summary: 'Convert a text to tokens',
		details: 'As in vLLM.',
		example: (name) => ({ model: name, prompt: 'Hello!' }),
		calls: 'text-generation',
		answer: json(tokensSchema),
	},
	'POST /detokenize': {
		name: 'detokenize',
		summary: 'Convert tokens to a text',
		details: 'As in vLLM.',
		example: (name) => ({ model: name, tokens: [72, 105] }),
		calls: 'text-generation',
		answer: json(detokenizedSchema),
	},
}

export const description: ApiDescription = {
	title: 'OpenAI',
	text: 'Chat completions, responses, conversations, text completions, embeddings, models and usage, in the form of the OpenAI API.',
	page: 'openai.md',
	credential: 'bearer',
	error: openaiErrorSchema,
	schemas: {
		TokenUsage: tokenUsageSchema,
		ChatCompletion: chatCompletionSchema,
		ChatCompletionChunk: chatChunkSchema,
		TextCompletion: textCompletionSchema,
		TextCompletionChunk: textCompletionChunkSchema,
		Response: responseSchema,
		ResponseUsage: responseUsageSchema,
		ResponseEvent: responseEventSchema,
		OutputItem: outputItemSchema,
		StoredItem: storedItemSchema,
		Conversation: conversationSchema,
		Share: shareSchema,
		StoredChatCompletion: storedCompletionSchema,
		Model: model,
	},
	requestSchemas: { InputItem: itemsSchema.element },
	operations: {
		...completionOperations,
		...responseOperations,
		...conversationOperations,
		...otherOperations,
	},
}
