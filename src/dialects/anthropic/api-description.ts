// What this dialect states about its API for the OpenAPI document. A line for each route of the dialect.

import { z } from 'zod'
import {
	contentBlockSchema,
	messageEventSchema,
	messageSchema,
	messagesErrorSchema,
	messageTokensSchema,
} from '../../wire/anthropic/message-answer-schema.ts'
import { messageRequestSchema } from '../../wire/anthropic/message-request-schema.ts'
import type { ApiDescription } from '../api-description.ts'
import { describeModel } from '../openai-family/operation-descriptions.ts'

const model = z.object({
	type: z.literal('model'),
	id: z.string(),
	display_name: z.string(),
	aliases: z.array(z.string()),
	created_at: z.string().meta({ format: 'date-time' }),
	max_input_tokens: z.int().nullable(),
	max_tokens: z.int().nullable(),
	capabilities: z.null(),
	lifecycle: z.literal('active'),
	line: z.null(),
	deprecated_at: z.null(),
	retires_at: z.null(),
})

const messages = [{ role: 'user', content: 'Hello!' }]

export const description: ApiDescription = {
	title: 'Anthropic',
	text: 'Messages, token counts and models, in the form of the Anthropic API. Clients send the header `anthropic-version`.',
	page: 'anthropic.md',
	credential: 'x-api-key',
	error: messagesErrorSchema,
	schemas: { Message: messageSchema, MessageEvent: messageEventSchema, ContentBlock: contentBlockSchema, Model: model },
	requestSchemas: {
		InputMessage: messageRequestSchema.shape.messages.element,
		Tool: messageRequestSchema.shape.tools.unwrap().unwrap().element,
	},
	operations: {
		'POST /messages': {
			name: 'createMessage',
			summary: 'Create a message',
			details: 'Answers the messages with a model. With `stream: true` the response is a stream of events.',
			example: (name) => ({ model: name, max_tokens: 256, messages }),
			calls: 'text-generation',
			converses: true,
			answer: { type: 'answer', json: messageSchema, events: messageEventSchema },
		},
		'POST /messages/count_tokens': {
			name: 'countMessageTokens',
			summary: 'Count the tokens of a request',
			example: (name) => ({ model: name, messages }),
			calls: 'text-generation',
			converses: true,
			answer: { type: 'answer', json: messageTokensSchema },
		},
		'GET /models': {
			name: 'listModels',
			summary: 'List the models',
			query: z.object({
				limit: z.int().min(1).max(1000).default(20),
				after_id: z.string().optional().describe('The page begins after this model.'),
				before_id: z.string().optional().describe('The page ends before this model.'),
			}),
			answer: {
				type: 'answer',
				json: z.object({
					data: z.array(model),
					has_more: z.boolean(),
					first_id: z.string().nullable(),
					last_id: z.string().nullable(),
				}),
			},
		},
		'GET /models/{id}': describeModel(model),
	},
}
