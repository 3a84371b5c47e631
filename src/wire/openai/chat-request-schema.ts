// The schema of OpenAI's Chat Completions request: its fields and their bounds. Unknown fields are retained because
// clients of other servers send them. The reader checks the rules that span fields. Requests to servers that accept more
// are in chat-request-shape.ts.

import { z } from 'zod'
import { arrayOf } from '../json/bounded-array.ts'
import { jsonObject } from '../json/json-object-schema.ts'
import { passingOn } from '../json/schema-metadata.ts'

export const textPart = z.looseObject({ type: z.literal('text'), text: z.string() })
export const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() })
/** Mistral's form of reasoning. The list may have references beside the text. */
export const thinkingPart = z.looseObject({
	type: z.literal('thinking'),
	thinking: z.union([z.string(), arrayOf(z.looseObject({ type: z.string(), text: z.string().nullish() }))]),
})
/** Ollama's documentation uses a bare string. */
const imagePart = z.looseObject({
	type: z.literal('image_url'),
	image_url: z.union([
		z.string(),
		z.looseObject({ url: z.string(), detail: z.enum(['auto', 'low', 'high', 'original']).nullish() }),
	]),
})
export const audioPart = z.looseObject({
	type: z.literal('input_audio'),
	input_audio: z.looseObject({ data: z.string(), format: z.string() }),
})
export const filePart = z.looseObject({
	type: z.literal('file'),
	file: z.looseObject({
		file_id: z.string().nullish(),
		filename: z.string().nullish(),
		file_data: z.string().nullish(),
	}),
})

const textContent = z.union([z.string(), arrayOf(textPart).min(1)])
const userContent = z.union([
	z.string(),
	arrayOf(z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart])).min(1),
])
const assistantContent = z.union([
	z.string(),
	arrayOf(z.discriminatedUnion('type', [textPart, refusalPart, thinkingPart])),
])

export const name = z.string().nullish()
const calledFunction = z.looseObject({ name: z.string(), arguments: z.string() })

/** A call in a message, whose function has this schema. */
export function toolCallOf<Called extends z.ZodType>(called: Called) {
	return z.discriminatedUnion('type', [
		z.looseObject({ id: z.string(), type: z.literal('function'), function: called }),
		z.looseObject({
			id: z.string(),
			type: z.literal('custom'),
			custom: z.looseObject({ name: z.string(), input: z.string() }),
		}),
	])
}

/** A message of the assistant whose content and calls have these schemas. */
export function assistantOf<Content extends z.ZodType, Called extends z.ZodType>(content: Content, called: Called) {
	return z.looseObject({
		role: z.literal('assistant'),
		content: content.nullish(),
		refusal: z.string().nullish(),
		reasoning_content: z.string().nullish(),
		reasoning: z.string().nullish(),
		tool_calls: arrayOf(toolCallOf(called)).nullish(),
		function_call: called.nullish(),
		name,
	})
}

const message = z.discriminatedUnion('role', [
	z.looseObject({ role: z.literal('system'), content: textContent, name }),
	z.looseObject({ role: z.literal('developer'), content: textContent, name }),
	z.looseObject({ role: z.literal('user'), content: userContent, name }),
	assistantOf(assistantContent, calledFunction),
	z.looseObject({ role: z.literal('tool'), content: textContent, tool_call_id: z.string() }),
	z.looseObject({ role: z.literal('function'), content: z.string().nullish(), name: z.string() }),
])

const toolName = z
	.string()
	.min(1)
	.max(64)
	.regex(/^[a-zA-Z0-9_-]+$/)

/** A function, whose name has this schema. */
export function functionOf(name: z.ZodString) {
	return z.looseObject({
		name,
		description: z.string().nullish(),
		parameters: jsonObject.nullish(),
		strict: z.boolean().nullish(),
	})
}

/** A tool, whose name has this schema. */
export function toolOf(name: z.ZodString) {
	return z.discriminatedUnion('type', [
		z.looseObject({ type: z.literal('function'), function: functionOf(name) }),
		z.looseObject({
			type: z.literal('custom'),
			custom: z.looseObject({
				name,
				description: z.string().nullish(),
				format: z
					.discriminatedUnion('type', [
						z.looseObject({ type: z.literal('text') }),
						z.looseObject({
							type: z.literal('grammar'),
							grammar: z.looseObject({ syntax: z.enum(['lark', 'regex']), definition: z.string() }),
						}),
					])
					.nullish(),
			}),
		}),
	])
}

const namedFunction = z.looseObject({
	type: z.literal('function'),
	function: z.looseObject({ name: z.string() }),
})
const namedCustom = z.looseObject({ type: z.literal('custom'), custom: z.looseObject({ name: z.string() }) })

export const toolChoice = z.union([
	z.enum(['none', 'auto', 'required']),
	z.discriminatedUnion('type', [
		namedFunction,
		namedCustom,
		z.looseObject({
			type: z.literal('allowed_tools'),
			allowed_tools: z.looseObject({
				mode: z.enum(['auto', 'required']),
				tools: arrayOf(z.discriminatedUnion('type', [namedFunction, namedCustom])).min(1),
			}),
		}),
	]),
])

/** The deprecated choice among `functions`. */
export const functionCall = z.union([z.enum(['none', 'auto']), z.looseObject({ name: z.string() })]).nullish()

const responseFormat = z.discriminatedUnion('type', [
	z.looseObject({ type: z.literal('text') }),
	// Several servers accept a schema beside the type.
	z.looseObject({ type: z.literal('json_object'), schema: jsonObject.nullish() }),
	z.looseObject({
		type: z.literal('json_schema'),
		json_schema: z.looseObject({
			name: toolName,
			description: z.string().nullish(),
			schema: jsonObject.nullish(),
			strict: z.boolean().nullish(),
		}),
		schema: jsonObject.nullish(),
	}),
])

/**
 * Maximum length of a stop text, in characters: the engine holds back as much of a stream as the longest stop text can
 * match.
 */
const maxStopCharacters = 1024
const stopText = z.string().max(maxStopCharacters)

const integer = z.number().refine(Number.isInteger, { error: 'integer' }).meta({ type: 'integer' })
export const whole = z.int()

/** Sampling fields that chat and legacy completions share. */
export const samplingFields = {
	temperature: z.number().min(0).max(2).nullish(),
	top_p: z.number().min(0).max(1).nullish(),
	top_k: whole.nullish(),
	min_p: z.number().min(0).max(1).nullish(),
	frequency_penalty: z.number().min(-2).max(2).nullish(),
	presence_penalty: z.number().min(-2).max(2).nullish(),
	repetition_penalty: z.number().gt(0).max(100).nullish(),
	logit_bias: z.record(z.string().regex(/^\d{1,9}$/), z.number().min(-100).max(100)).nullish(),
	seed: integer.nullish(),
	stop: z.union([stopText, arrayOf(stopText).max(4)]).nullish(),
	n: whole.min(1).max(128).nullish(),
	stream: z.boolean().nullish(),
	stream_options: z
		.looseObject({ include_usage: z.boolean().nullish(), include_start_usage: z.boolean().nullish() })
		.nullish(),
	user: z.string().nullish(),
}

/** OpenRouter's object; OpenAI's API has only its effort, under another name. */
export const reasoning = z
	.looseObject({
		effort: z.string().nullish(),
		max_tokens: whole.min(0).nullish(),
		enabled: z.boolean().nullish(),
	})
	.nullish()

const fields = z.looseObject({
	model: z.string().min(1),
	messages: arrayOf(message).min(1),
	...samplingFields,
	max_completion_tokens: whole.min(0).nullish(),
	max_tokens: whole.min(0).nullish(),
	logprobs: z.boolean().nullish(),
	top_logprobs: whole.min(0).max(20).nullish(),
	tools: arrayOf(toolOf(toolName)).max(128).nullish(),
	tool_choice: toolChoice.nullish(),
	parallel_tool_calls: z.boolean().nullish(),
	functions: arrayOf(functionOf(toolName)).max(128).nullish(),
	function_call: functionCall,
	response_format: responseFormat.nullish(),
	reasoning_effort: z.string().nullish(),
	reasoning,
	metadata: z
		.record(z.string().max(64), z.string().max(512))
		.refine((pairs) => Object.keys(pairs).length <= 16, { error: 'at most 16 pairs' })
		.meta({ maxProperties: 16 })
		.nullish(),
	modalities: arrayOf(z.enum(['text', 'audio'])).nullish(),
	store: z.boolean().nullish(),
	verbosity: z.string().nullish(),
	service_tier: z.string().nullish(),
})

export const chatRequestSchema = passingOn(fields, {
	audio: 'The voice and the format of a spoken answer.',
	moderation: 'How the provider moderates the request and the answer.',
	prediction: 'A text that the answer repeats for the most part.',
	prompt_cache_key: 'Which requests share a cached prompt.',
	prompt_cache_options: 'How the prompt is cached.',
	prompt_cache_retention: 'How long the prompt is cached.',
	safety_identifier: 'The end user, for the safety checks of the provider.',
	web_search_options: 'The web search of the provider.',
})

export type SamplingBody = Pick<z.infer<typeof chatRequestSchema>, keyof typeof samplingFields>
