// The schemas of the `response` object and of the events of its stream, for descriptions of the API. The writers do not
// use them: tests compare what the writers write with these schemas.

import { z } from 'zod'
import { openaiErrorSchema } from '../error-schema.ts'
import { metricsSchema } from '../metrics-writer.ts'
import {
	logprobsSchema,
	outputItemSchema,
	outputRefusalSchema,
	outputTextSchema,
	reasoningTextSchema,
	storedItemSchema,
	summaryTextSchema,
} from './output-schema.ts'

const count = z.int().min(0)
const unixTime = z.int().describe('Unix time in seconds.')
/** A value of the request, which the response repeats. */
const repeated = z.looseObject({})

export const responseUsageSchema = z.object({
	input_tokens: count,
	input_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }),
	output_tokens: count,
	output_tokens_details: z.object({ reasoning_tokens: count }),
	total_tokens: count,
})

export const responseSchema = z.object({
	id: z.string(),
	object: z.literal('response'),
	created_at: unixTime,
	status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
	completed_at: unixTime.nullable(),
	error: z.object({ code: z.string(), message: z.string() }).nullable(),
	incomplete_details: z.object({ reason: z.enum(['max_output_tokens', 'content_filter']) }).nullable(),
	model: z.string(),
	output: z.array(outputItemSchema),
	conversation: z.object({ id: z.string() }).nullable(),
	background: z.boolean(),
	frequency_penalty: z.number(),
	instructions: z.string().nullable(),
	max_output_tokens: count.nullable(),
	max_tool_calls: count.nullable(),
	parallel_tool_calls: z.boolean(),
	presence_penalty: z.number(),
	previous_response_id: z.string().nullable(),
	prompt_cache_key: z.string().nullable(),
	reasoning: repeated,
	safety_identifier: z.string().nullable(),
	service_tier: z.string(),
	store: z.boolean(),
	temperature: z.number(),
	text: repeated,
	tool_choice: z.union([z.string(), repeated]),
	tools: z.array(repeated),
	top_logprobs: count,
	top_p: z.number(),
	truncation: z.enum(['auto', 'disabled']),
	user: z.string().optional(),
	usage: responseUsageSchema.nullable(),
	metrics: metricsSchema.optional(),
	dropped: z
		.array(z.string())
		.optional()
		.describe('Parts of the request that the upstream did not receive, as in `x-dragoman-dropped`.'),
	truncated: count
		.optional()
		.describe("Number of the conversation's oldest messages that the upstream did not receive."),
	metadata: z.record(z.string(), z.string()),
})

export const compactionSchema = z.object({
	id: z.string(),
	object: z.literal('response.compaction'),
	created_at: unixTime,
	output: z.array(storedItemSchema),
	usage: responseUsageSchema,
})

export const inputTokensSchema = z.object({ object: z.literal('response.input_tokens'), input_tokens: count })

function event<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
	return z.object({ type: z.literal(type), sequence_number: count, ...shape })
}

const position = { item_id: z.string(), output_index: count }
const contentPosition = { ...position, content_index: count }
const summaryPosition = { ...position, summary_index: count }
const contentPart = z.union([outputTextSchema, outputRefusalSchema, reasoningTextSchema])
const commandPosition = { output_index: count, command_index: count }

/** The members, by what they report: the response, an item, its content, its reasoning, its call. */
export const responseEventSchema = z.union([
	event('response.created', { response: responseSchema }),
	event('response.in_progress', { response: responseSchema }),
	event('response.completed', { response: responseSchema }),
	event('response.incomplete', { response: responseSchema }),
	event('response.failed', { response: responseSchema }),
	event('error', openaiErrorSchema.shape),
	event('response.output_item.added', { output_index: count, item: outputItemSchema }),
	event('response.output_item.done', { output_index: count, item: outputItemSchema }),
	event('response.content_part.added', { ...contentPosition, part: contentPart }),
	event('response.content_part.done', { ...contentPosition, part: contentPart }),
	event('response.output_text.delta', { ...contentPosition, delta: z.string(), logprobs: logprobsSchema }),
	event('response.output_text.done', { ...contentPosition, text: z.string(), logprobs: logprobsSchema }),
	event('response.refusal.delta', { ...contentPosition, delta: z.string() }),
	event('response.refusal.done', { ...contentPosition, refusal: z.string() }),
	event('response.reasoning_text.delta', { ...contentPosition, delta: z.string() }),
	event('response.reasoning_text.done', { ...contentPosition, text: z.string() }),
	event('response.reasoning_summary_part.added', { ...summaryPosition, part: summaryTextSchema }),
	event('response.reasoning_summary_part.done', { ...summaryPosition, part: summaryTextSchema }),
	event('response.reasoning_summary_text.delta', { ...summaryPosition, delta: z.string() }),
	event('response.reasoning_summary_text.done', { ...summaryPosition, text: z.string() }),
	event('response.function_call_arguments.delta', { ...position, delta: z.string() }),
	event('response.function_call_arguments.done', { ...position, name: z.string(), arguments: z.string() }),
	event('response.custom_tool_call_input.delta', { ...position, delta: z.string() }),
	event('response.custom_tool_call_input.done', { ...position, input: z.string() }),
	event('response.shell_call_command.added', { ...commandPosition, command: z.string() }),
	event('response.shell_call_command.delta', { ...commandPosition, delta: z.string() }),
	event('response.shell_call_command.done', { ...commandPosition, command: z.string() }),
	event('response.apply_patch_call_operation_diff.delta', { ...position, delta: z.string() }),
	event('response.apply_patch_call_operation_diff.done', { ...position, diff: z.string() }),
	event('response.image_generation_call.completed', position),
])
