// What this dialect states about its API for the OpenAPI document. A line for each route of the dialect.

import type { z } from 'zod'
import type { ApiDescription, OperationDescription } from '../api-description.ts'
import {
	describeChat,
	describeEmbeddings,
	describeModels,
	describeTextCompletion,
} from '../openai-family/operation-descriptions.ts'
import { describeRefused, nameOfPath } from '../refused-operations.ts'
import {
	callerSchema,
	errorSchema,
	keyListSchema,
	keySchema,
	modelHealthSchema,
	modelSchema,
	ownUsageSchema,
	pricedCompletionSchema,
	pricedEmbeddingsSchema,
	pricedEventSchema,
	pricedUsageSchema,
	rankingSchema,
	revokedKeySchema,
	transcriptionSchema,
	usageSchema,
} from './answer-schemas.ts'
import { keyListQuery, keyPaths, newestKeyPath } from './keys.ts'
import { administration, agents, documents, logins, ocr } from './unsupported-routes.ts'
import { daysQuery, entriesQuery, pagesQuery } from './usage.ts'

function json(name: string, summary: string, schema: z.ZodType, query?: z.ZodObject): OperationDescription {
	return { name, summary, query, answer: { type: 'answer', json: schema } }
}

function describeKeys(path: (typeof keyPaths)[number]): Readonly<Record<string, OperationDescription>> {
	const name = nameOfPath(path)
	const deletion: OperationDescription =
		path === newestKeyPath
			? json(`delete${name}`, 'Revoke a key', revokedKeySchema)
			: { name: `delete${name}`, summary: 'Revoke a key', answer: { type: 'none' } }
	return {
		[`POST ${path}`]: {
			...json(`create${name}`, 'Create a key', keySchema),
			details: 'The response has the whole key, which is not shown again.',
			example: () => ({ name: 'laptop' }),
		},
		[`GET ${path}`]: json(`list${name}`, "List the caller's keys", keyListSchema, keyListQuery),
		[`GET ${path}/{id}`]: json(`retrieve${name}`, 'Retrieve a key', keySchema),
		[`DELETE ${path}/{id}`]: deletion,
	}
}

export const description: ApiDescription = {
	title: 'OpenGateLLM',
	text: 'OpenGateLLM, the API of which Albert API is an instance today. Responses have their usage with its cost.',
	page: 'opengatellm.md',
	credential: 'bearer',
	error: errorSchema,
	schemas: {
		ChatCompletion: pricedCompletionSchema,
		PricedUsage: pricedUsageSchema,
		Model: modelSchema,
		Key: keySchema,
	},
	operations: {
		'POST /chat/completions': describeChat('createChatCompletion', {
			type: 'answer',
			json: pricedCompletionSchema,
			events: pricedEventSchema,
		}),
		'POST /completions': describeTextCompletion('createCompletion'),
		'POST /embeddings': describeEmbeddings('createEmbedding', pricedEmbeddingsSchema),
		'POST /rerank': {
			...json('createRanking', 'Rank documents by their relevance to a query', rankingSchema),
			example: (model) => ({ model, query: 'Which animals bark?', documents: ['Cats sleep.', 'Dogs bark.'] }),
			calls: 'text-classification',
		},
		'POST /audio/transcriptions': {
			name: 'createTranscription',
			summary: 'Transcribe a recording',
			files: { file: 'The recording.' },
			example: (model) => ({ model }),
			calls: 'automatic-speech-recognition',
			answer: {
				type: 'answer',
				json: transcriptionSchema,
				texts: ['text/plain', 'application/x-subrip', 'text/vtt'],
			},
		},
		...describeModels(modelSchema),
		'GET /health/models': json('listModelHealth', 'List the health of the models', modelHealthSchema),
		'GET /me': json('retrieveMe', 'Retrieve the caller', callerSchema),
		'GET /me/info': json('retrieveMeInfo', 'Retrieve the caller', callerSchema),
		'GET /users/me': json('retrieveUsersMe', 'Retrieve the caller', callerSchema),
		...Object.assign({}, ...keyPaths.map(describeKeys)),
		'GET /me/usage': json('listOwnUsage', "List the caller's calls", ownUsageSchema, entriesQuery),
		'GET /usage': {
			...json('reportUsage', "Report the caller's usage, by call or by day", usageSchema),
			details: 'By day if the query has `start_time` and `end_time`, otherwise by call.',
			query: pagesQuery.extend(daysQuery.partial().omit({ limit: true }).shape),
		},
		...describeRefused([documents, agents, ocr, administration, logins].flat()),
	},
}
