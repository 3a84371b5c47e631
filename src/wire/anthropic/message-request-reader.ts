// The request of Anthropic's Messages API read into the canonical one. It checks what a schema cannot: rules that span fields. It knows
// nothing of keys or models.

import type { JsonObject } from '../../chat/json.ts'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest, ResponseFormat, Sampling } from '../../chat/request.ts'
import { strictViolation } from '../json/strict-schema.ts'
import { messagesWire } from './formats.ts'
import { BlockReader } from './message-blocks-reader.ts'
import {
	countRequestSchema,
	type MessageRequestBody,
	messageRequestSchema,
	type PromptBody,
} from './message-request-schema.ts'
import { readParallel, readToolChoice, readTools } from './message-tools-reader.ts'
import { readTurns } from './message-turns-reader.ts'
import { fieldError, schemaError, unsupportedError } from './schema-error.ts'

/** A request and how its answer is to be written. */
export interface ReadMessageRequest {
	readonly request: ChatRequest
	readonly stream: boolean
	/** How many messages at the front are the `system` field's. */
	readonly instructions: number
	/** Thinking is answered by its proof alone: `thinking.display` is `omitted`. */
	readonly hidesThinking: boolean
	/** What the canonical request cannot carry. */
	readonly dropped: readonly string[]
}

/**
 * Reads a parsed JSON body.
 *
 * @param betas what the `anthropic-beta` header says, for upstreams of this wire
 * @throws ChatError `invalid-request` in the words of Anthropic's API, `unsupported` for what only its own servers can do.
 */
export function readMessageRequest(body: unknown, betas: string | null): ReadMessageRequest {
	const parsed = messageRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const fields = parsed.data
	checkThinking(fields)
	const { metadata } = fields
	const read = readPrompt(fields, betas)
	return {
		...read,
		request: {
			...read.request,
			sampling: readSampling(fields),
			maxTokens: fields.max_tokens,
			stop: readStop(fields.stop_sequences),
			...(metadata?.user_id == null ? {} : { user: metadata.user_id }),
		},
		stream: fields.stream ?? false,
		hidesThinking: fields.thinking?.display === 'omitted',
	}
}

/** The same for a request to count tokens, whose answer is not generated. */
export function readCountRequest(body: unknown, betas: string | null): ChatRequest {
	const parsed = countRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	return readPrompt(parsed.data, betas).request
}

type ReadPrompt = Pick<ReadMessageRequest, 'request' | 'instructions' | 'dropped'>

function readPrompt(fields: PromptBody, betas: string | null): ReadPrompt {
	const reader = new BlockReader()
	const system: readonly Message[] =
		fields.system == null || fields.system.length === 0
			? []
			: [{ role: 'system', content: reader.texts(fields.system) }]
	const { tools, sayMore } = readTools(fields.tools, reader)
	const effort = fields.output_config?.effort
	const request: ChatRequest = {
		model: fields.model,
		messages: [...system, ...readTurns(fields.messages, reader)],
		sampling: {},
		stop: [],
		choices: 1,
		tools,
		toolChoice: readToolChoice(fields.tool_choice, tools),
		parallelToolCalls: readParallel(fields.tool_choice),
		responseFormat: readFormat(fields),
		...(effort == null ? {} : { reasoningEffort: effort }),
		...readThinking(fields.thinking),
		...readPassthrough(fields, sayMore, betas),
	}
	return { request, instructions: system.length, dropped: [...reader.dropped] }
}

function checkThinking({ thinking, max_tokens }: MessageRequestBody): void {
	const budget = thinking?.budget_tokens
	if (thinking?.type !== 'enabled') return
	if (budget == null) throw fieldError(['thinking', 'enabled', 'budget_tokens'], 'Field required')
	if (budget >= max_tokens)
		throw fieldError(['max_tokens'], '`max_tokens` must be greater than `thinking.budget_tokens`')
}

function readThinking(thinking: PromptBody['thinking']): { readonly reasoningTokens?: number } {
	if (thinking?.type === 'disabled') return { reasoningTokens: 0 }
	const budget = thinking?.budget_tokens
	return thinking?.type === 'enabled' && budget != null ? { reasoningTokens: budget } : {}
}

function readSampling({ temperature, top_p, top_k }: MessageRequestBody): Sampling {
	return {
		...(temperature == null ? {} : { temperature }),
		...(top_p == null ? {} : { topP: top_p }),
		...(top_k == null ? {} : { topK: top_k }),
	}
}

/** As many as every engine can watch for. */
const mostStopTexts = 4

function readStop(texts: MessageRequestBody['stop_sequences']): readonly string[] {
	const distinct = [...new Set(texts ?? [])]
	if (distinct.length > mostStopTexts)
		throw unsupportedError(['stop_sequences'], `This server takes at most ${mostStopTexts} stop sequences.`)
	return distinct
}

/** This API gives formats no name; others want one. */
const formatName = 'answer'

function readFormat({ output_config, output_format }: PromptBody): ResponseFormat {
	const format = output_config?.format ?? output_format
	if (format == null) return { type: 'text' }
	const schema = format.schema as JsonObject
	return { type: 'json-schema', name: formatName, schema, strict: strictViolation(schema) === undefined }
}

/** Fields whose meaning the canonical request carries; all others travel on under their own names. */
const understood: ReadonlySet<string> = new Set([
	'model',
	'messages',
	'system',
	'max_tokens',
	'stream',
	'temperature',
	'top_p',
	'top_k',
	'stop_sequences',
	'metadata',
	'tools',
	'tool_choice',
	'thinking',
	'output_config',
	'output_format',
])

const understoodThinking: ReadonlySet<string> = new Set(['enabled', 'disabled'])
/** Of fields that are objects, what is understood in them. */
const understoodWithin: Readonly<Record<string, ReadonlySet<string>>> = {
	metadata: new Set(['user_id']),
	output_config: new Set(['effort', 'format']),
}

/** Fields that are understood travel on too where they say more than the canonical request can. */
function readPassthrough(
	fields: PromptBody,
	withTools: boolean,
	betas: string | null,
): Pick<ChatRequest, 'passthrough' | 'passthroughWire'> {
	const kept: Record<string, unknown> = {}
	for (const [name, value] of Object.entries(fields))
		if (value != null && (!understood.has(name) || saysMore(name, value))) kept[name] = value
	if (withTools) kept.tools = fields.tools
	if (fields.thinking != null && !understoodThinking.has(fields.thinking.type)) kept.thinking = fields.thinking
	const words = (betas ?? '').split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()]))
	if (words.length > 0) kept.betas = words
	if (Object.keys(kept).length === 0) return { passthrough: {} }
	return { passthrough: kept as JsonObject, passthroughWire: messagesWire }
}

function saysMore(name: string, value: unknown): boolean {
	const within = Object.hasOwn(understoodWithin, name) ? understoodWithin[name] : undefined
	if (within === undefined || typeof value !== 'object' || value === null) return false
	return Object.entries(value).some(([field, said]) => said != null && !within.has(field))
}
