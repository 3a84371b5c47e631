// What this dialect states about its API for the OpenAPI document. A line for each route of the dialect.

import { z } from 'zod'
import { detailErrorSchema } from '../albert-family/detail-schema.ts'
import type { ApiDescription } from '../api-description.ts'
import {
	describeChat,
	describeEmbeddings,
	describeModels,
	describeTextCompletion,
} from '../openai-family/operation-descriptions.ts'
import { describeRefused } from '../refused-operations.ts'
import { collections, files } from './documents.ts'

const model = z.object({
	id: z.string(),
	object: z.literal('model'),
	created: z.int(),
	owned_by: z.string(),
	type: z.string(),
	aliases: z.array(z.string()),
	max_context_length: z.int().nullable(),
})

const history = z.object({
	created: z.int().describe('Unix time in seconds.'),
	messages: z.array(z.looseObject({ role: z.string() })),
})

export const description: ApiDescription = {
	title: 'Albert API',
	text: 'Albert API as it was in 2024: `user` begins a stored conversation, and `id` continues it.',
	page: 'albert.md',
	credential: 'bearer',
	error: detailErrorSchema,
	schemas: { Model: model, History: history },
	operations: {
		'POST /chat/completions': {
			...describeChat('createChatCompletion'),
			details:
				'With `user`, the turn is stored, and the `id` of the response is that of the conversation: a request with both `user` and `id` continues it.',
		},
		'POST /completions': describeTextCompletion('createCompletion'),
		'POST /embeddings': describeEmbeddings('createEmbedding'),
		...describeModels(model),
		'GET /chat/history/{user}': {
			name: 'listHistory',
			summary: 'List the conversations of a user with their messages',
			answer: { type: 'answer', json: z.record(z.string(), history) },
		},
		'GET /chat/history/{user}/{id}': {
			name: 'retrieveHistory',
			summary: 'Retrieve a conversation of a user',
			answer: { type: 'answer', json: history },
		},
		'GET /tools': {
			name: 'listTools',
			summary: 'List the tools of the server',
			details: 'The list is empty.',
			answer: { type: 'answer', json: z.object({ object: z.literal('list'), data: z.array(z.looseObject({})) }) },
		},
		...describeRefused([...files, ...collections]),
	},
}
