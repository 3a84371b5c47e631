// What this dialect states about its API for the OpenAPI document. A line for each route of the dialect.

import { z } from 'zod'
import { modelCapabilities } from '../../routing/model.ts'
import {
	chatChunkSchema,
	chatCompletionSchema,
	textCompletionChunkSchema,
	textCompletionSchema,
	tokenUsageSchema,
} from '../../wire/openai/chat-answer-schema.ts'
import { conversationSchema, shareSchema } from '../../wire/openai/conversations/stored-schema.ts'
import { openaiErrorSchema } from '../../wire/openai/error-schema.ts'
import {
	chatTokenCountSchema,
	completionsUsageSchema,
	deletedSchema,
	detokenizedSchema,
	embeddingsUsageSchema,
	listOf,
	listQuerySchema,
	metadataFilterSchema,
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
import { type ApiDescription, jsonAnswer, type OperationDescription } from '../api-description.ts'
import {
	chatExample,
	describeChat,
	describeEmbeddings,
	describeModels,
	describeTextCompletion,
} from '../openai-family/operation-descriptions.ts'
import { conversationOperations } from './conversation-descriptions.ts'
import { maxStreamCharacters } from './responses-socket.ts'

const model = z.object({
	id: z.string(),
	object: z.literal('model'),
	created: z.int().describe('Unix time in seconds.'),
	owned_by: z.string(),
	type: z.string().describe('What the model does, such as `text-generation`.'),
	aliases: z.array(z.string()),
	max_context_length: z.int().nullable().describe('In tokens.'),
	capabilities: z
		.array(z.enum(modelCapabilities))
		.describe('What the model can do besides text, as far as it is known: read images, call tools, reason.'),
	health: z
		.enum(['good', 'limited', 'none'])
		.describe('`limited` if some upstreams are unavailable or calls are queued, `none` if all are unavailable.'),
	local: z.boolean().describe('Whether all its upstreams run on the machine of the server.'),
	speed: z
		.number()
		.optional()
		.describe('Output tokens per second: the median of the answers of the last hour; absent without any.'),
	costs: z
		.object({ prompt_tokens: z.number(), completion_tokens: z.number(), currency: z.string() })
		.optional()
		.describe('The price of a million tokens.'),
	note: z.string().optional(),
})

function responsesExample(name: string) {
	return { model: name, input: 'Hello!' }
}

const completionOperations: Readonly<Record<string, OperationDescription>> = {
	'POST /chat/completions': describeChat('createChatCompletion'),
	'POST /chat/completions/input_tokens': {
		name: 'countChatTokens',
		summary: 'Count the tokens of a chat request',
		example: chatExample,
		calls: 'text-generation',
		converses: true,
		answer: jsonAnswer(chatTokenCountSchema),
	},
	'GET /chat/completions': {
		name: 'listChatCompletions',
		summary: 'List the stored chat completions',
		details: 'Those that were requested with `store: true`.',
		query: listQuerySchema.extend({ model: z.string().optional(), metadata: metadataFilterSchema }),
		answer: jsonAnswer(listOf(storedCompletionSchema)),
	},
	'GET /chat/completions/{id}': {
		name: 'retrieveChatCompletion',
		summary: 'Retrieve a stored chat completion',
		answer: jsonAnswer(storedCompletionSchema),
	},
	'POST /chat/completions/{id}': {
		name: 'updateChatCompletion',
		summary: 'Change the metadata of a stored chat completion',
		example: () => ({ metadata: { topic: 'greeting' } }),
		answer: jsonAnswer(storedCompletionSchema),
	},
	'DELETE /chat/completions/{id}': {
		name: 'deleteChatCompletion',
		summary: 'Delete a stored chat completion',
		answer: jsonAnswer(deletedSchema('chat.completion.deleted')),
	},
	'GET /chat/completions/{id}/messages': {
		name: 'listChatCompletionMessages',
		summary: 'List the messages of a stored chat completion',
		query: listQuerySchema,
		answer: jsonAnswer(listOf(storedMessageSchema)),
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
			'With `stream: true` the response is a stream of events. With `background: true` the response has the status `queued`, and `GET /responses/{id}` returns its state.',
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
		answer: jsonAnswer(inputTokensSchema),
	},
	'POST /responses/compact': {
		name: 'compactResponse',
		summary: 'Compact a conversation',
		details: 'Returns the messages of the user and a summary, from which a client continues.',
		example: responsesExample,
		calls: 'text-generation',
		answer: jsonAnswer(compactionSchema),
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
		answer: jsonAnswer(deletedSchema('response')),
	},
	'POST /responses/{id}/cancel': {
		name: 'cancelResponse',
		summary: 'Cancel a background response',
		answer: jsonAnswer(responseSchema),
	},
	'GET /responses/{id}/input_items': {
		name: 'listResponseInputItems',
		summary: 'List the input items of a stored response',
		query: listQuerySchema,
		answer: jsonAnswer(listOf(storedItemSchema)),
	},
	'GET /responses': {
		name: 'openResponsesSocket',
		summary: 'Create responses over a WebSocket',
		details:
			'Each message of the client is a request, and each message of the server an event. Requests with the same `stream_id` are answered one after the other; the events of the response repeat it.',
		answer: {
			type: 'socket',
			sent: responsesBodySchema.extend({
				type: z.literal('response.create'),
				stream_id: z.string().max(maxStreamCharacters).optional(),
			}),
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

const otherOperations: Readonly<Record<string, OperationDescription>> = {
	'GET /organization/usage/completions': {
		name: 'reportCompletionUsage',
		summary: 'Report the usage of chat and text completions',
		query: usageReportQuery,
		answer: jsonAnswer(completionsUsageSchema),
	},
	'GET /organization/usage/embeddings': {
		name: 'reportEmbeddingUsage',
		summary: 'Report the usage of embeddings',
		query: usageReportQuery,
		answer: jsonAnswer(embeddingsUsageSchema),
	},
	'POST /tokenize': {
		name: 'tokenize',
		summary: 'Convert a text to tokens',
		details: 'As in vLLM.',
		example: (name) => ({ model: name, prompt: 'Hello!' }),
		calls: 'text-generation',
		answer: jsonAnswer(tokensSchema),
	},
	'POST /detokenize': {
		name: 'detokenize',
		summary: 'Convert tokens to a text',
		details: 'As in vLLM.',
		example: (name) => ({ model: name, tokens: [72, 105] }),
		calls: 'text-generation',
		answer: jsonAnswer(detokenizedSchema),
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
