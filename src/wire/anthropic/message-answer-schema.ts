// The schemas of messages and of the events of their streams, for descriptions of the API. The writers do not use them:
// tests compare what the writers write with these schemas. Source: the types of Anthropic's SDKs.

import { z } from 'zod'

const count = z.int().min(0)
/** Fields and blocks of a provider that this server returns as they are. */
const given = z.looseObject({})

export const messagesErrorSchema = z.object({
	type: z.literal('error'),
	error: z.looseObject({ type: z.string(), message: z.string() }),
	request_id: z.string().optional(),
})

const counts = {
	input_tokens: count.describe('Without the tokens that a cache has.'),
	cache_creation_input_tokens: count,
	cache_read_input_tokens: count,
	output_tokens: count,
	output_tokens_details: z.object({ thinking_tokens: count }),
	server_tool_use: given.nullable(),
}
const cacheCreation = z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })
const finalUsage = z.object({ ...counts, cache_creation: cacheCreation.optional() })
const usage = z.object({
	...counts,
	service_tier: z.string(),
	inference_geo: z.string().nullable(),
	speed: z.string().nullable(),
	cache_creation: cacheCreation.nullable(),
})

const text = z.object({ type: z.literal('text'), text: z.string(), citations: z.array(given).nullish() })
const thinking = z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redacted = z.object({ type: z.literal('redacted_thinking'), data: z.string() })
const toolUse = z.object({
	type: z.literal('tool_use'),
	id: z.string(),
	name: z.string(),
	input: given,
	caller: given,
})
const other = z.looseObject({
	type: z.string().meta({ not: { enum: ['text', 'thinking', 'redacted_thinking', 'tool_use'] } }),
})

export const contentBlockSchema = z.union([text, thinking, redacted, toolUse, other])

const stopReason = z
	.string()
	.describe('Such as `end_turn`, `max_tokens`, `stop_sequence`, `tool_use` or `refusal`; others from an upstream.')
const ending = {
	stop_sequence: z.string().nullable(),
	stop_details: given.nullable(),
	container: given.nullable(),
}

export const messageSchema = z.object({
	id: z.string(),
	type: z.literal('message'),
	role: z.literal('assistant'),
	model: z.string(),
	content: z.array(contentBlockSchema),
	diagnostics: given.nullable(),
	stop_reason: stopReason.nullable(),
	...ending,
	usage,
})

const delta = z.union([
	z.object({ type: z.literal('text_delta'), text: z.string() }),
	z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
	z.object({ type: z.literal('signature_delta'), signature: z.string() }),
	z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
	z.object({ type: z.literal('citations_delta'), citation: given }),
	z.object({
		type: z.literal('compaction_delta'),
		content: z.string().nullish(),
		encrypted_content: z.string().nullish(),
	}),
])

export const messageEventSchema = z.union([
	z.object({ type: z.literal('message_start'), message: messageSchema }),
	z.object({ type: z.literal('content_block_start'), index: count, content_block: contentBlockSchema }),
	z.object({ type: z.literal('content_block_delta'), index: count, delta }),
	z.object({ type: z.literal('content_block_stop'), index: count }),
	z.object({
		type: z.literal('message_delta'),
		delta: z.object({ stop_reason: stopReason, ...ending }),
		usage: finalUsage,
	}),
	z.object({ type: z.literal('message_stop') }),
	z.object({ type: z.literal('ping') }),
	messagesErrorSchema,
])

export const messageTokensSchema = z.object({ input_tokens: count })
