// The schemas of answers to chat and text completions, for descriptions of the API. The writers do not use them: tests
// compare what the writers write with these schemas. Fields of an upstream's answer that this server does not know are
// repeated beside the fields here.

import { z } from 'zod'
import { openaiErrorSchema } from './error-schema.ts'

const count = z.int().min(0)
const unixTime = z.int().describe('Unix time in seconds.')

export const tokenUsageSchema = z.object({
	prompt_tokens: count,
	completion_tokens: count,
	total_tokens: count,
	prompt_tokens_details: z.object({
		cached_tokens: count,
		audio_tokens: count,
		cache_write_tokens: count.optional(),
	}),
	completion_tokens_details: z.object({
		reasoning_tokens: count,
		audio_tokens: count,
		accepted_prediction_tokens: count,
		rejected_prediction_tokens: count,
	}),
})

const alternative = z.object({
	token: z.string(),
	logprob: z.number().nullable(),
	bytes: z.array(z.int()).nullish(),
})
const logprobs = z.object({
	content: z.array(alternative.extend({ top_logprobs: z.array(alternative) })),
	refusal: z.null(),
})

const calledFunction = z.object({ name: z.string(), arguments: z.string().describe('JSON text.') })
const toolCall = z.union([
	z.object({
		id: z.string(),
		type: z.literal('function'),
		function: calledFunction,
		extra_content: z.looseObject({}).optional(),
	}),
	z.object({
		id: z.string(),
		type: z.literal('custom'),
		custom: z.object({ name: z.string(), input: z.string() }),
		extra_content: z.looseObject({}).optional(),
	}),
])
const image = z.object({
	type: z.literal('image_url'),
	image_url: z.object({ url: z.string(), detail: z.string().optional() }),
})
const audio = z.looseObject({ data: z.string().optional(), format: z.string().optional() })
const contentPart = z.looseObject({ type: z.string() })

/** The text that a model has thought before its answer, under the name that the upstream uses. */
const reasoning = { reasoning_content: z.string().optional(), reasoning: z.string().optional() }

export const answerMessageSchema = z.object({
	role: z.literal('assistant'),
	content: z.union([z.string(), z.array(contentPart)]).nullable(),
	refusal: z.string().nullable(),
	...reasoning,
	annotations: z.array(z.looseObject({})),
	images: z.array(image).optional(),
	audio: audio.optional(),
	tool_calls: z.array(toolCall).optional(),
	function_call: calledFunction.optional(),
})

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'function_call', 'content_filter'])
const stopText = z.string().optional().describe('The stop text that ended the answer, as in vLLM.')

export const chatCompletionSchema = z.object({
	id: z.string(),
	object: z.literal('chat.completion'),
	created: unixTime,
	model: z.string(),
	choices: z.array(
		z.object({
			index: count,
			message: answerMessageSchema,
			logprobs: logprobs.nullable(),
			finish_reason: finishReason,
			stop_reason: stopText,
		}),
	),
	usage: tokenUsageSchema,
	service_tier: z.string(),
	system_fingerprint: z.string().nullable(),
})

const callPiece = z.object({
	index: count,
	id: z.string().optional(),
	type: z.enum(['function', 'custom']).optional(),
	function: z.object({ name: z.string().optional(), arguments: z.string().optional() }).optional(),
	custom: z.object({ name: z.string().optional(), input: z.string().optional() }).optional(),
	extra_content: z.looseObject({}).optional(),
})
const delta = z.object({
	role: z.literal('assistant').optional(),
	content: z.union([z.string(), z.array(contentPart)]).optional(),
	refusal: z.string().nullish(),
	...reasoning,
	images: z.array(image).optional(),
	audio: audio.optional(),
	tool_calls: z.array(callPiece).optional(),
	function_call: z.object({ name: z.string().optional(), arguments: z.string() }).optional(),
})

/** One chunk; the last one before `[DONE]` has no choices, but the usage, if the request includes it. */
export const chatChunkSchema = z.object({
	id: z.string(),
	object: z.literal('chat.completion.chunk'),
	created: unixTime,
	model: z.string(),
	service_tier: z.string().optional(),
	system_fingerprint: z.string().nullish(),
	choices: z.array(
		z.object({
			index: count,
			delta,
			logprobs: logprobs.nullable(),
			finish_reason: finishReason.nullable(),
			stop_reason: stopText,
		}),
	),
	usage: tokenUsageSchema.nullish(),
})

export const chatEventSchema = z.union([chatChunkSchema, openaiErrorSchema])

const tokenLists = z.object({
	tokens: z.array(z.string()),
	token_logprobs: z.array(z.number().nullable()),
	top_logprobs: z.array(z.record(z.string(), z.number().nullable()).nullable()),
	text_offset: z.array(count),
})
const textReason = z.enum(['stop', 'length', 'content_filter'])
const textChoice = z.object({ text: z.string(), index: count, logprobs: tokenLists.nullable(), stop_reason: stopText })

export const textCompletionSchema = z.object({
	id: z.string(),
	object: z.literal('text_completion'),
	created: unixTime,
	model: z.string(),
	choices: z.array(textChoice.extend({ finish_reason: textReason })),
	usage: tokenUsageSchema,
	system_fingerprint: z.string().nullable(),
})

export const textCompletionChunkSchema = z.object({
	id: z.string(),
	object: z.literal('text_completion'),
	created: unixTime,
	model: z.string(),
	system_fingerprint: z.string().nullable(),
	choices: z.array(textChoice.extend({ finish_reason: textReason.nullable() })),
	usage: tokenUsageSchema.nullish(),
})

export const textCompletionEventSchema = z.union([textCompletionChunkSchema, openaiErrorSchema])
