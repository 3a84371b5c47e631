// What this dialect states about its API for the OpenAPI document. A line for each route of the dialect.

import { z } from 'zod'
import {
	chatChunkSchema,
	chatCompletionSchema,
	textCompletionChunkSchema,
} from '../../wire/openai/chat-answer-schema.ts'
import { type ApiDescription, jsonAnswer } from '../api-description.ts'
import { describeChat, describeEmbeddings, describeTextCompletion } from '../openai-family/operation-descriptions.ts'
import { describeRefused } from '../refused-operations.ts'
import { unsupportedRoutes } from './unsupported-routes.ts'

const count = z.int().min(0)

const error = z.object({ error: z.string(), code: z.string().describe('Such as `UNKNOWN_MODEL`.') })

/** The counts that every answer has. */
const usage = z.object({ prompt_tokens: count, completion_tokens: count, total_tokens: count })

const [choice, chunkChoice] = [chatCompletionSchema.shape.choices.element, chatChunkSchema.shape.choices.element]
const logprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullish() })
const logprobs = z.object({ content: z.array(logprob.extend({ top_logprobs: z.array(logprob) })) }).nullable()
const call = z.object({
	id: z.string(),
	type: z.literal('function'),
	function: z.object({ name: z.string(), arguments: z.string() }),
})

const chatCompletion = chatCompletionSchema.omit({ service_tier: true }).extend({
	system_fingerprint: z.string(),
	choices: z.array(
		z.object({
			index: count,
			finish_reason: choice.shape.finish_reason,
			message: z.object({
				role: z.literal('assistant'),
				content: z.string().describe('Reasoning is between the tags `<think>` and `</think>`.'),
				tool_calls: z.array(call).optional(),
			}),
			logprobs,
		}),
	),
	usage,
})

const chatChunk = chatChunkSchema.omit({ service_tier: true }).extend({
	choices: z.array(
		z.object({
			index: count,
			delta: chunkChoice.shape.delta,
			finish_reason: chunkChoice.shape.finish_reason,
			logprobs,
		}),
	),
	usage: usage.nullable(),
})

const text = {
	completion: z.string(),
	raw_completion: z.string().optional(),
	log_probs: z.array(z.record(z.string(), z.number().nullable())).optional(),
	completion_tokens: z.array(z.string()).optional(),
}
const reason = z.enum(['end_of_text', 'maximum_tokens', 'stop_sequence_reached', 'content_filter'])

const completion = z.object({
	completions: z.array(z.object({ ...text, finish_reason: reason })),
	model_version: z.string(),
	num_tokens_prompt_total: count,
	num_tokens_generated: count,
})
const completionEvent = z.union([
	z.object({ type: z.literal('stream_chunk'), index: count, ...text }),
	z.object({
		type: z.literal('stream_summary'),
		index: count,
		model_version: z.string(),
		finish_reason: reason,
	}),
	z.object({
		type: z.literal('completion_summary'),
		num_tokens_prompt_total: count,
		num_tokens_generated: count,
	}),
	error,
])

const embedding = z.object({
	model_version: z.string(),
	embedding: z.array(z.number()),
	num_tokens_prompt_total: count,
})
const embeddingBatch = embedding.omit({ embedding: true }).extend({ embeddings: z.array(z.array(z.number())) })

const modelFacts = {
	name: z.string(),
	description: z.string(),
	max_context_size: z.int().nullable(),
	maximum_completion_tokens: z.int().nullable(),
	aligned: z.boolean(),
}
const availableModel = z.object({
	...modelFacts,
	hostings: z.array(z.string()),
	image_support: z.boolean(),
	qa_support: z.boolean(),
	summarization_support: z.boolean(),
	embedding_types: z.array(z.string()),
})
const modelSettings = z.object({
	...modelFacts,
	status: z.literal('available'),
	multimodal: z.boolean(),
	semantic_embedding: z.boolean(),
	completion_type: z.enum(['full', 'none']),
	embedding_type: z.enum(['semantic', 'none']),
	chat: z.boolean(),
	prompt_template: z.null(),
	model_card: z.null(),
})
const model = z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })

const user = z.object({
	id: z.string(),
	email: z.string(),
	role: z.enum(['Admin', 'User']),
	credits_remaining: z.number(),
	invoice_allowed: z.boolean(),
	out_of_credits_threshold: z.number(),
	terms_of_service_version: z.string(),
})

const nice = z.object({
	nice: z.boolean().default(false).describe('The request yields to all others.'),
})

export const description: ApiDescription = {
	title: 'Aleph Alpha',
	text: "Aleph Alpha's API: that of its cloud, without a version in the path, and that of PhariaAI, below `/v1`.",
	page: 'aleph-alpha.md',
	credential: 'bearer',
	error,
	schemas: {
		ChatCompletion: chatCompletion,
		ChatCompletionChunk: chatChunk,
		Completion: completion,
		Embedding: embedding,
	},
	operations: {
		'POST /chat/completions': {
			...describeChat('createChatCompletion', {
				type: 'answer',
				json: chatCompletion,
				events: z.union([chatChunk, error]),
			}),
			query: nice,
		},
		'POST /complete': {
			name: 'complete',
			summary: 'Complete a prompt',
			query: nice,
			example: (name) => ({ model: name, prompt: 'Once upon a time' }),
			calls: 'text-generation',
			answer: { type: 'answer', json: completion, events: completionEvent },
		},
		'POST /completions': {
			...describeTextCompletion('createCompletion', z.union([textCompletionChunkSchema, error])),
			query: nice,
		},
		'POST /embeddings': { ...describeEmbeddings('createEmbedding'), query: nice },
		'POST /semantic_embed': {
			name: 'createSemanticEmbedding',
			summary: 'Create an embedding of a text',
			query: nice,
			example: (name) => ({ model: name, prompt: 'Hello!', representation: 'symmetric' }),
			calls: 'text-embeddings-inference',
			answer: jsonAnswer(embedding),
		},
		'POST /batch_semantic_embed': {
			name: 'createSemanticEmbeddings',
			summary: 'Create embeddings of several texts',
			query: nice,
			example: (name) => ({ model: name, prompts: ['Hello!', 'Good morning!'], representation: 'symmetric' }),
			calls: 'text-embeddings-inference',
			answer: jsonAnswer(embeddingBatch),
		},
		'POST /instructable_embed': {
			name: 'createInstructableEmbedding',
			summary: 'Create an embedding of a text for a task',
			query: nice,
			example: (name) => ({ model: name, input: 'Hello!', instruction: 'Find similar greetings.' }),
			calls: 'text-embeddings-inference',
			answer: jsonAnswer(embedding),
		},
		'POST /tokenize': {
			name: 'tokenize',
			summary: 'Convert a text to tokens',
			example: (name) => ({ model: name, prompt: 'Hello!' }),
			calls: 'text-generation',
			answer: jsonAnswer(z.object({ tokens: z.array(z.string()).nullish(), token_ids: z.array(z.int()).optional() })),
		},
		'POST /detokenize': {
			name: 'detokenize',
			summary: 'Convert tokens to a text',
			example: (name) => ({ model: name, token_ids: [72, 105] }),
			calls: 'text-generation',
			answer: jsonAnswer(z.object({ result: z.string() })),
		},
		'POST /rerank': {
			name: 'createRanking',
			summary: 'Rank documents by their relevance to a query',
			query: nice,
			example: (name) => ({ model: name, query: 'Which animals bark?', documents: ['Cats sleep.', 'Dogs bark.'] }),
			calls: 'text-classification',
			answer: jsonAnswer(
				z.object({ results: z.array(z.object({ index: count, relevance_score: z.number() })), usage }),
			),
		},
		'GET /models_available': {
			name: 'listAvailableModels',
			summary: 'List the models with their abilities',
			answer: jsonAnswer(z.array(availableModel)),
		},
		'GET /model-settings': {
			name: 'listModelSettings',
			summary: 'List the settings of the models',
			answer: jsonAnswer(z.array(modelSettings)),
		},
		'GET /models': {
			name: 'listModels',
			summary: 'List the models',
			answer: jsonAnswer(z.object({ object: z.literal('list'), data: z.array(model) })),
		},
		'GET /users/me': { name: 'retrieveUser', summary: 'Retrieve the caller', answer: jsonAnswer(user) },
		'GET /version': {
			name: 'retrieveVersion',
			summary: 'Retrieve the version of the API',
			answer: { type: 'answer', texts: ['text/plain'] },
		},
		...describeRefused(unsupportedRoutes),
	},
}
