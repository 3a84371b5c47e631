// The schemas of the smaller objects of OpenAI's API, for descriptions of the API: embeddings, models, lists, stored
// completions, token counts, usage reports. The writers do not use them: tests compare what the writers write.

import { z } from 'zod'
import { answerMessageSchema, chatCompletionSchema } from './chat-answer-schema.ts'
import { maxPairs } from './responses/metadata-schema.ts'

const count = z.int().min(0)
const unixTime = z.int().describe('Unix time in seconds.')

export const embeddingListSchema = z.object({
	object: z.literal('list'),
	data: z.array(
		z.object({
			object: z.literal('embedding'),
			index: count,
			embedding: z
				.union([z.array(z.number()), z.string()])
				.describe('Numbers, or the base64 of little-endian 32-bit floats.'),
		}),
	),
	model: z.string(),
	usage: z.object({ prompt_tokens: count, total_tokens: count }),
})

/** A page of objects with this schema. */
export function listOf<Element extends z.ZodType>(element: Element) {
	return z.object({
		object: z.literal('list'),
		data: z.array(element),
		first_id: z.string().nullable(),
		last_id: z.string().nullable(),
		has_more: z.boolean(),
	})
}

export const listQuerySchema = z.object({
	after: z.string().describe('The id of the last object of the page before.').optional(),
	limit: z.int().min(1).max(100).default(20),
	order: z.enum(['asc', 'desc']).optional(),
})

export const metadataFilterSchema = z
	.record(z.string(), z.string())
	.meta({ maxProperties: maxPairs })
	.optional()
	.describe('`metadata[key]=value`, once for each pair that the object has.')

/** The answer to a deletion. */
export function deletedSchema(object: string) {
	return z.object({ id: z.string(), object: z.literal(object), deleted: z.literal(true) })
}

export const storedCompletionSchema = chatCompletionSchema.extend({
	request_id: z.string().nullable(),
	tool_choice: z.unknown(),
	seed: z.number().nullable(),
	top_p: z.number(),
	temperature: z.number(),
	presence_penalty: z.number(),
	frequency_penalty: z.number(),
	tools: z.array(z.looseObject({})).nullable(),
	response_format: z.looseObject({}).nullable(),
	input_user: z.string().nullable(),
	metadata: z.record(z.string(), z.string()),
})

export const storedMessageSchema = answerMessageSchema.partial().extend({
	id: z.string(),
	role: z.string(),
	name: z.string().nullable(),
	content_parts: z.array(z.looseObject({})).nullable(),
	tool_call_id: z.string().optional(),
})

export const chatTokenCountSchema = z.object({
	object: z.literal('chat.completion.input_tokens'),
	input_tokens: count,
})

export const tokensSchema = z.object({
	count,
	tokens: z.array(z.int()),
	token_strs: z.array(z.string()).nullable(),
})
export const detokenizedSchema = z.object({ prompt: z.string() })

const usageResult = z.object({
	object: z.string(),
	input_tokens: count,
	num_model_requests: count,
	project_id: z.string().nullable(),
	user_id: z.string().nullable(),
	api_key_id: z.string().nullable(),
	model: z.string().nullable(),
})
const completionsUsage = usageResult.extend({
	output_tokens: count,
	input_cached_tokens: count,
	input_uncached_tokens: count,
	batch: z.literal(false).nullable(),
	service_tier: z.null(),
})

function usagePageOf<Result extends z.ZodType>(result: Result) {
	return z.object({
		object: z.literal('page'),
		data: z.array(
			z.object({
				object: z.literal('bucket'),
				start_time: unixTime,
				end_time: unixTime,
				results: z.array(result),
			}),
		),
		has_more: z.boolean(),
		next_page: z.string().nullable(),
	})
}

export const completionsUsageSchema = usagePageOf(completionsUsage)
export const embeddingsUsageSchema = usagePageOf(usageResult)
