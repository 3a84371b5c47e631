// The schemas of this dialect's answers, for descriptions of the API. The writers do not use them: tests compare what the
// writers write with these schemas.

import { z } from 'zod'
import { keyStates } from '../../keys/service.ts'
import { chatChunkSchema, chatCompletionSchema, tokenUsageSchema } from '../../wire/openai/chat-answer-schema.ts'
import { openaiErrorSchema } from '../../wire/openai/error-schema.ts'
import { embeddingListSchema } from '../../wire/openai/object-schemas.ts'
import { detailSchema } from '../albert-family/detail-schema.ts'

const count = z.int().min(0)
const amount = z.number().min(0)
const unixTime = z.int().describe('Unix time in seconds.')
const page = { object: z.literal('list'), total: count, offset: count, limit: count }

export const errorSchema = openaiErrorSchema.extend({ detail: detailSchema })

const impacts = z.object({ kWh: amount, kgCO2eq: amount })
const range = z.object({ min: amount, max: amount })
const carbon = z.object({ kWh: range, kgCO2eq: range })
const tokens = { prompt_tokens: count, completion_tokens: count, total_tokens: count }

/** The usage of an answer with its cost. */
export const pricedUsageSchema = tokenUsageSchema.extend({
	cost: amount,
	impacts,
	carbon,
	requests: z.literal(1),
	details: z.array(
		z.object({ id: z.string(), model: z.string(), usage: z.object({ ...tokens, cost: amount, carbon }) }),
	),
})

export const pricedCompletionSchema = chatCompletionSchema.extend({ usage: pricedUsageSchema })
export const pricedEventSchema = z.union([
	chatChunkSchema.extend({ usage: pricedUsageSchema.nullish() }),
	openaiErrorSchema.extend({ detail: z.string() }),
])
export const pricedEmbeddingsSchema = embeddingListSchema.extend({ id: z.string(), usage: pricedUsageSchema })

const ranking = { object: z.literal('list'), id: z.string(), usage: pricedUsageSchema }
/** In the form of the request: with `documents`, or with `input`. */
export const rankingSchema = z.union([
	z.object({
		...ranking,
		results: z.array(z.object({ index: count, relevance_score: z.number() })),
		model: z.string(),
	}),
	z.object({
		...ranking,
		data: z.array(z.object({ object: z.literal('rerank'), score: z.number(), index: count })),
	}),
])

/** Segments and other details are those of the upstream. */
export const transcriptionSchema = z.looseObject({
	id: z.string(),
	text: z.string(),
	model: z.string(),
	usage: pricedUsageSchema,
})

export const modelSchema = z.object({
	object: z.literal('model'),
	id: z.string(),
	type: z.string(),
	aliases: z.array(z.string()),
	created: unixTime,
	owned_by: z.string(),
	max_context_length: z.int().nullable(),
	costs: z.object({ prompt_tokens: amount, completion_tokens: amount }).describe('Per million tokens.'),
})

export const modelHealthSchema = z.object({
	object: z.literal('list'),
	data: z.array(z.object({ id: z.string(), status: z.enum(['green', 'yellow', 'red']) })),
})

export const callerSchema = z.object({
	object: z.literal('userInfo'),
	id: z.string(),
	email: z.null(),
	name: z.string(),
	organization: z.string(),
	organization_id: z.string(),
	budget: z.null(),
	limits: z.array(z.looseObject({})),
	priority: z.int(),
	permissions: z.array(z.string()),
	expires: unixTime.nullable(),
	created: unixTime,
	updated: unixTime,
})

export const keySchema = z.object({
	object: z.literal('key'),
	id: z.string(),
	name: z.string(),
	token: z.string().describe('The beginning of the key; the whole key only in the answer that creates it.'),
	value: z.string().describe('The same as `token`.'),
	expires: unixTime.nullable(),
	created: unixTime,
	status: z.enum(keyStates),
	parent: z.string().nullable(),
	expires_at: unixTime.nullable(),
	created_at: unixTime,
	last_used_on: z.iso
		.date()
		.nullable()
		.optional()
		.describe(
			'In lists and single reads: the last day (UTC) on which the key called a model. Absent if the server records no usage.',
		),
})
export const keyListSchema = z.object({
	...page,
	can_create: z.boolean().describe('Whether the calling key may create keys.'),
	data: z.array(keySchema),
})
export const revokedKeySchema = keySchema.extend({
	revoked_descendants: count.optional().describe('The number of keys that were revoked with it.'),
})

export const ownUsageSchema = z.object({
	...page,
	data: z.array(
		z.object({
			object: z.literal('me.usage'),
			model: z.string(),
			key: z.string(),
			endpoint: z.string(),
			method: z.literal('POST'),
			status: z.int(),
			usage: z.object({
				...tokens,
				cost: amount,
				impacts,
				carbon,
				metrics: z.object({ latency: amount, ttft: z.null() }),
			}),
			created: unixTime,
		}),
	),
})

const usageRecord = z.object({
	id: z.string(),
	datetime: unixTime,
	duration: amount.describe('In milliseconds.'),
	time_to_first_token: z.null(),
	user_id: z.string(),
	token_id: z.string(),
	endpoint: z.string(),
	method: z.literal('POST'),
	model: z.string(),
	request_model: z.string(),
	...tokens,
	cost: amount,
	status: z.int(),
	kwh_min: amount,
	kwh_max: amount,
	kgco2eq_min: amount,
	kgco2eq_max: amount,
})

/** By day if the query has a time range, otherwise by call. */
export const usageSchema = z.union([
	z.object({
		object: z.literal('list'),
		data: z.array(usageRecord),
		total: count,
		total_requests: count,
		total_albert_coins: amount,
		total_tokens: count,
		total_co2: amount,
		page: z.int().min(1),
		limit: count,
		total_pages: count,
		has_more: z.boolean(),
	}),
	z.object({
		...page,
		data: z.array(
			z.object({
				object: z.literal('usage.bucket'),
				start_time: unixTime,
				end_time: unixTime,
				...tokens,
				cost: amount,
				impacts,
			}),
		),
	}),
])
