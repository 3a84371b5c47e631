// Schema of a request of Anthropic's Messages API: fields and their bounds. Unknown fields and content blocks of unknown
// types are preserved; the reader checks rules that span fields. Source: the types of Anthropic's SDKs.

import { z } from 'zod'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { arrayOf } from '../json/bounded-array.ts'
import { jsonObject } from '../json/json-object-schema.ts'
import { passingOn } from '../json/schema-metadata.ts'
import { threadSchema } from './message-thread.ts'

const cacheControl = z
	.looseObject({
		type: z.literal('ephemeral'),
		ttl: z.enum(['5m', '1h']).nullish(),
		scope: z.string().nullish(),
	})
	.nullish()
const citationConfig = z.looseObject({ enabled: z.boolean().nullish() }).nullish()

const textBlock = z.looseObject({
	type: z.literal('text'),
	text: z.string(),
	citations: arrayOf(z.unknown()).nullish(),
	cache_control: cacheControl,
})
const urlSource = z.looseObject({ type: z.literal('url'), url: z.string() })
const base64Source = z.looseObject({ type: z.literal('base64'), media_type: z.string(), data: z.string() })
const fileSource = z.looseObject({ type: z.literal('file'), file_id: z.string() })
const imageBlock = z.looseObject({
	type: z.literal('image'),
	source: z.discriminatedUnion('type', [base64Source, urlSource, fileSource]),
	cache_control: cacheControl,
})
const documentBlock = z.looseObject({
	type: z.literal('document'),
	source: z.discriminatedUnion('type', [
		base64Source,
		urlSource,
		fileSource,
		z.looseObject({ type: z.literal('text'), data: z.string() }),
		z.looseObject({
			type: z.literal('content'),
			content: z.union([z.string(), arrayOf(z.discriminatedUnion('type', [textBlock, imageBlock]))]),
		}),
	]),
	title: z.string().nullish(),
	context: z.string().nullish(),
	citations: citationConfig,
	cache_control: cacheControl,
})
const searchResultBlock = z.looseObject({
	type: z.literal('search_result'),
	source: z.string(),
	title: z.string(),
	content: arrayOf(textBlock),
	citations: citationConfig,
	cache_control: cacheControl,
})
const toolReferenceBlock = z.looseObject({
	type: z.literal('tool_reference'),
	tool_name: z.string(),
	cache_control: cacheControl,
})

/** The types of content blocks that the schema describes. */
const describedTypes: ReadonlySet<string> = new Set([
	...['text', 'image', 'document', 'search_result', 'tool_reference', 'tool_result'],
	...['thinking', 'redacted_thinking', 'tool_use'],
])

/** A content block of a type that the schema does not describe: the object that was sent. */
const otherBlock = z
	.custom<JsonObject>((value) => isObject(value) && typeof value.type === 'string' && !describedTypes.has(value.type))
	.meta({
		type: 'object',
		properties: { type: { type: 'string', not: { enum: [...describedTypes] } } },
		required: ['type'],
	})
	.transform((item) => ({ type: 'other' as const, item }))

const toolResultBlock = z.looseObject({
	type: z.literal('tool_result'),
	tool_use_id: z.string().min(1),
	content: z
		.union([
			z.string(),
			arrayOf(
				z.union([
					z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResultBlock, toolReferenceBlock]),
					otherBlock,
				]),
			),
		])
		.nullish(),
	is_error: z.boolean().nullish(),
	cache_control: cacheControl,
})
const thinkingBlock = z.looseObject({
	type: z.literal('thinking'),
	thinking: z.string(),
	signature: z.string().nullish(),
})
const redactedThinkingBlock = z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() })
const toolUseBlock = z.looseObject({
	type: z.literal('tool_use'),
	id: z.string().min(1),
	name: z.string().min(1),
	input: jsonObject,
	cache_control: cacheControl,
})

const systemText = z.union([z.string(), arrayOf(textBlock)])

const message = z.discriminatedUnion('role', [
	z.looseObject({
		role: z.literal('user'),
		content: z.union([
			z.string(),
			arrayOf(
				z.union([
					z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResultBlock, toolResultBlock]),
					otherBlock,
				]),
			).min(1),
		]),
	}),
	z.looseObject({
		role: z.literal('assistant'),
		content: z.union([
			z.string(),
			arrayOf(
				z.union([
					z.discriminatedUnion('type', [textBlock, thinkingBlock, redactedThinkingBlock, toolUseBlock]),
					otherBlock,
				]),
			),
		]),
	}),
	z.looseObject({
		role: z.literal('system'),
		content: z.union([z.string(), arrayOf(z.union([z.discriminatedUnion('type', [textBlock]), otherBlock]))]),
	}),
])

/** Tools of every type. The reader checks which fields each type requires. */
const tool = z.looseObject({
	type: z.string().nullish(),
	name: z
		.string()
		.min(1)
		.max(128)
		.regex(/^[a-zA-Z0-9_-]+$/)
		.optional(),
	description: z.string().nullish(),
	input_schema: jsonObject.nullish(),
	strict: z.boolean().nullish(),
	cache_control: cacheControl,
})

const parallel = z.boolean().nullish()
const toolChoice = z.discriminatedUnion('type', [
	z.looseObject({ type: z.literal('auto'), disable_parallel_tool_use: parallel }),
	z.looseObject({ type: z.literal('any'), disable_parallel_tool_use: parallel }),
	z.looseObject({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use: parallel }),
	z.looseObject({ type: z.literal('none') }),
])

/** Types other than `enabled` and `disabled` are passed through to the upstream. */
const thinking = z.looseObject({
	type: z.string(),
	budget_tokens: z.int().min(1024).nullish(),
	display: z.string().nullish(),
})

const outputFormat = z.looseObject({ type: z.literal('json_schema'), schema: jsonObject })

/**
 * Maximum length of a stop text, in characters: an engine buffers as much of a stream as its longest stop text may
 * still match.
 */
const maxStopCharacters = 1024

const promptFields = {
	model: z.string().min(1),
	messages: arrayOf(message),
	thread: threadSchema,
	system: systemText.nullish(),
	tools: arrayOf(tool).nullish(),
	tool_choice: toolChoice.nullish(),
	thinking: thinking.nullish(),
	output_config: z.looseObject({ effort: z.string().nullish(), format: outputFormat.nullish() }).nullish(),
	/** The former name of `output_config.format`. */
	output_format: outputFormat.nullish(),
}

const messageFields = z.looseObject({
	...promptFields,
	max_tokens: z.int().min(0),
	stream: z.boolean().nullish(),
	temperature: z.number().min(0).max(1).nullish(),
	top_p: z.number().min(0).max(1).nullish(),
	top_k: z.int().min(0).nullish(),
	stop_sequences: arrayOf(z.string().min(1).max(maxStopCharacters)).nullish(),
	metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
})

export const messageRequestSchema = passingOn(messageFields, {
	billing_policy: 'What the provider bills.',
	cache_control: 'How the prompt is cached.',
	compaction: 'How the provider shortens a long conversation.',
	container: 'The container of the tools that the provider runs.',
	context_management: 'What the provider removes from a long conversation.',
	diagnostics: 'What the provider reports about the request.',
	fallback_credit_token: 'The credit of an earlier request that failed.',
	fallbacks: 'Models that answer instead of the first one.',
	inference_geo: 'Where the provider runs the model.',
	mcp_servers: 'The MCP servers that the provider calls.',
	service_tier: 'The capacity that serves the request.',
	speed: 'The speed of the answer.',
	user_profile_id: 'The profile of the end user.',
	workspace_id: 'The workspace of the provider.',
})

/** A token counting request has only the fields of the prompt. */
export const countRequestSchema = z.looseObject(promptFields)

export type MessageRequestBody = z.infer<typeof messageRequestSchema>
export type PromptBody = z.infer<typeof countRequestSchema>
export type TurnBody = z.infer<typeof message>
export type BlockBody = Exclude<TurnBody['content'], string>[number]
export type ResultContentBody = Exclude<z.infer<typeof toolResultBlock>['content'], string | null | undefined>
export type MessagesToolBody = z.infer<typeof tool>
