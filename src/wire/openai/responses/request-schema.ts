// The schema of OpenAI's Responses request. Unknown fields are ignored, because clients may send more. Items have their
// own schemas, and the reader checks the rules that span fields.

import { z } from 'zod'
import { arrayOf } from '../../json/bounded-array.ts'
import { jsonObject } from '../../json/json-object-schema.ts'
import { metadataSchema } from './metadata-schema.ts'

const toolName = z
	.string()
	.min(1)
	.max(64)
	.regex(/^[a-zA-Z0-9_-]+$/)

export const functionTool = z.looseObject({
	name: toolName,
	description: z.string().nullish(),
	parameters: jsonObject.nullish(),
	strict: z.boolean().nullish(),
})
export const customTool = z.looseObject({
	name: toolName,
	description: z.string().nullish(),
	format: z
		.discriminatedUnion('type', [
			z.looseObject({ type: z.literal('text') }),
			z.looseObject({ type: z.literal('grammar'), syntax: z.enum(['lark', 'regex']), definition: z.string() }),
		])
		.nullish(),
})
export const namespaceTool = z.looseObject({
	name: z.string().min(1),
	description: z.string().nullish(),
	tools: arrayOf(z.looseObject({ type: z.string() })),
})

const choosable = z.looseObject({ type: z.string(), name: z.string().nullish(), namespace: z.string().nullish() })
const allowed = { mode: z.enum(['auto', 'required']).nullish(), tools: arrayOf(choosable).nullish() }
const toolChoice = z.union([
	z.enum(['none', 'auto', 'required']),
	z.looseObject({
		type: z.string(),
		name: z.string().nullish(),
		namespace: z.string().nullish(),
		...allowed,
		allowed_tools: z.looseObject(allowed).nullish(),
	}),
])

export const responseFormat = z.discriminatedUnion('type', [
	z.looseObject({ type: z.literal('text') }),
	z.looseObject({ type: z.literal('json_object') }),
	z.looseObject({
		type: z.literal('json_schema'),
		name: toolName,
		description: z.string().nullish(),
		schema: jsonObject.nullish(),
		strict: z.boolean().nullish(),
	}),
])

export const responsesRequestSchema = z.looseObject({
	model: z.string().min(1),
	input: z.union([z.string(), arrayOf(z.unknown())]).nullish(),
	instructions: z.string().nullish(),
	previous_response_id: z.string().nullish(),
	conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
	store: z.boolean().nullish(),
	stream: z.boolean().nullish(),
	stream_options: z.looseObject({}).nullish(),
	background: z.boolean().nullish(),
	background_options: z.looseObject({}).nullish(),
	context_management: arrayOf(
		z.looseObject({ type: z.string(), compact_threshold: z.number().min(1).nullish() }),
	).nullish(),
	image: z.looseObject({ context_compression: z.string().nullish() }).nullish(),
	access_programs: z.looseObject({}).nullish(),
	moderation: z.unknown().optional(),
	generate: z.boolean().nullish(),
	include: arrayOf(z.string()).nullish(),
	max_output_tokens: z.int().min(1).nullish(),
	max_tool_calls: z.int().min(1).nullish(),
	metadata: metadataSchema.nullish(),
	parallel_tool_calls: z.boolean().nullish(),
	prompt: z.looseObject({}).nullish(),
	prompt_cache_key: z.string().nullish(),
	prompt_cache_options: z.looseObject({ prewarm: z.boolean().nullish() }).nullish(),
	prompt_cache_retention: z.string().nullish(),
	reasoning: z
		.looseObject({
			effort: z.string().nullish(),
			summary: z.string().nullish(),
			generate_summary: z.string().nullish(),
		})
		.nullish(),
	safety_identifier: z.string().nullish(),
	service_tier: z.string().nullish(),
	temperature: z.number().min(0).max(2).nullish(),
	top_p: z.number().min(0).max(1).nullish(),
	top_k: z.int().nullish(),
	min_p: z.number().min(0).max(1).nullish(),
	frequency_penalty: z.number().min(-2).max(2).nullish(),
	presence_penalty: z.number().min(-2).max(2).nullish(),
	repetition_penalty: z.number().gt(0).max(100).nullish(),
	top_logprobs: z.int().min(0).max(20).nullish(),
	text: z.looseObject({ format: responseFormat.nullish(), verbosity: z.string().nullish() }).nullish(),
	tools: arrayOf(z.looseObject({ type: z.string() })).nullish(),
	tool_choice: toolChoice.nullish(),
	truncation: z.enum(['auto', 'disabled']).nullish(),
	chat_template_kwargs: jsonObject.nullish(),
	user: z.string().nullish(),
})

export type ResponseFormatBody = z.infer<typeof responseFormat>
export type ResponsesRequestBody = z.infer<typeof responsesRequestSchema>
