// Reads a request of Anthropic's Messages API into a canonical request. It checks rules that span fields, which the
// schema cannot. It does not know keys or models.

import type { ChatError } from '../../chat/error.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { copyAllNumbers, exactMembers } from '../../chat/json-text.ts'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest, EveryField, ResponseFormat, Sampling } from '../../chat/request.ts'
import type { ThreadMessages } from '../../conversations/thread.ts'
import { retained } from '../../system/resumable.ts'
import { strictViolation } from '../json/strict-schema.ts'
import { messagesWire } from './formats.ts'
import { readInnerFields } from './inner-fields.ts'
import { BlockReader } from './message-blocks-reader.ts'
import {
	countRequestSchema,
	type MessageRequestBody,
	messageRequestSchema,
	type PromptBody,
} from './message-request-schema.ts'
import { type ReadTools, readParallel, readToolChoice, readTools } from './message-tools-reader.ts'
import { readTurns } from './message-turns-reader.ts'
import { readOwnFeature, refuseServiceFeatures } from './own-features.ts'
import { fieldError, schemaError, unsupportedError } from './schema-error.ts'

/** A request, and how to write its response. */
export interface ReadMessageRequest {
	readonly request: ChatRequest
	readonly stream: boolean
	/** The instructions come from the `system` field; all other messages are new. */
	readonly parts: ThreadMessages
	/** `thinking.display` is `omitted`: return only the signature of the thinking, not its text. */
	readonly hidesThinking: boolean
	/** Features that the canonical request cannot represent. */
	readonly dropped: readonly string[]
	/** Set if only an upstream of this wire can answer: the error for other models. */
	readonly ownFeature: ChatError | undefined
}

/**
 * Reads a parsed JSON body.
 *
 * @param betas value of the `anthropic-beta` header, for upstreams of this wire
 * @throws ChatError `invalid-request` with the messages of Anthropic's API, `unsupported` for features of its own
 * servers.
 */
export function readMessageRequest(body: unknown, betas: string | null): ReadMessageRequest {
	const parsed = messageRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const fields = copyAllNumbers(body, parsed.data)
	checkThinking(fields)
	const { prompt, ...read } = readPrompt(fields, body, betas)
	const request: EveryField<ChatRequest> = {
		...prompt,
		sampling: readSampling(fields),
		maxTokens: fields.max_tokens,
		stop: readStop(fields.stop_sequences),
		choices: 1,
		logprobs: undefined,
		user: fields.metadata?.user_id ?? undefined,
	}
	return {
		request,
		...read,
		stream: fields.stream ?? false,
		hidesThinking: fields.thinking?.display === 'omitted',
	}
}

/** The same for a token counting request. */
export function readCountRequest(body: unknown, betas: string | null): Pick<ReadMessageRequest, 'request' | 'parts'> {
	const parsed = countRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { prompt, parts } = readPrompt(copyAllNumbers(body, parsed.data), body, betas)
	return { request: { ...prompt, sampling: {}, stop: [], choices: 1 }, parts }
}

/** Fields that a message request has and a token counting request lacks. */
type AnswerField = 'sampling' | 'maxTokens' | 'stop' | 'choices' | 'logprobs' | 'user'

interface ReadPrompt extends Pick<ReadMessageRequest, 'parts' | 'dropped' | 'ownFeature'> {
	readonly prompt: Omit<EveryField<ChatRequest>, AnswerField>
}

function readPrompt(fields: PromptBody, body: unknown, betas: string | null): ReadPrompt {
	if (fields.messages.length === 0 && fields.thread?.type !== 'continue')
		throw fieldError(['messages'], 'List should have at least 1 item, not 0')
	const reader = retained(body, 'reader', () => new BlockReader())
	reportThreadFields(fields.thread, reader)
	const instructions: readonly Message[] =
		fields.system == null || fields.system.length === 0
			? []
			: [{ role: 'system', content: reader.texts(fields.system) }]
	refuseServiceFeatures(fields)
	const read = readTools(fields.tools, reader)
	const { tools, own } = read
	const incoming = readTurns(fields.messages, reader)
	const effort = fields.output_config?.effort
	const prompt = {
		model: fields.model,
		messages: [...instructions, ...incoming],
		tools,
		toolChoice: readToolChoice(fields.tool_choice, read),
		parallelToolCalls: readParallel(fields.tool_choice),
		responseFormat: readFormat(fields),
		reasoningEffort: effort ?? undefined,
		reasoningTokens: readThinking(fields.thinking),
		...readPassthrough(fields, body, read, betas),
	}
	return {
		prompt,
		parts: { instructions, transient: [], incoming },
		dropped: [...reader.dropped],
		ownFeature: readOwnFeature(fields, own),
	}
}

const threadFields: ReadonlySet<string> = new Set(['type', 'previous_message_id'])

function reportThreadFields(thread: PromptBody['thread'], { dropped }: BlockReader): void {
	for (const name of Object.keys(thread ?? {})) if (!threadFields.has(name)) dropped.add(`thread.${name}`)
}

function checkThinking({ thinking, max_tokens }: MessageRequestBody): void {
	const budget = thinking?.budget_tokens
	if (thinking?.type !== 'enabled') return
	if (budget == null) throw fieldError(['thinking', 'enabled', 'budget_tokens'], 'Field required')
	if (budget >= max_tokens)
		throw fieldError(['max_tokens'], '`max_tokens` must be greater than `thinking.budget_tokens`')
}

function readThinking(thinking: PromptBody['thinking']): number | undefined {
	if (thinking?.type === 'disabled') return 0
	return thinking?.type === 'enabled' ? (thinking.budget_tokens ?? undefined) : undefined
}

function readSampling({ temperature, top_p, top_k }: MessageRequestBody): EveryField<Sampling> {
	return {
		temperature: temperature ?? undefined,
		topP: top_p ?? undefined,
		topK: top_k ?? undefined,
		minP: undefined,
		frequencyPenalty: undefined,
		presencePenalty: undefined,
		repetitionPenalty: undefined,
		logitBias: undefined,
		seed: undefined,
	}
}

/** Each output token is compared with all of them. */
const mostStopTexts = 128

function readStop(texts: MessageRequestBody['stop_sequences']): readonly string[] {
	const distinct = [...new Set(texts ?? [])]
	if (distinct.length > mostStopTexts)
		throw unsupportedError(
			['stop_sequences'],
			`This server supports at most ${mostStopTexts} stop sequences, not ${distinct.length}.`,
		)
	return distinct
}

/** This API has no name for a format; others require one. */
const formatName = 'answer'

function readFormat({ output_config, output_format }: PromptBody): ResponseFormat {
	const format = output_config?.format ?? output_format
	if (format == null) return { type: 'text' }
	const schema = format.schema as JsonObject
	return { type: 'json-schema', name: formatName, schema, strict: strictViolation(schema) === undefined }
}

/** Fields that the canonical request represents; all others are passed through under their own names. */
const canonicalFields: ReadonlySet<string> = new Set([
	'model',
	'messages',
	'thread',
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

/** The beta of threads, which this server implements for every upstream. */
const threadsBeta = 'message-threads-'

const canonicalThinking: ReadonlySet<string> = new Set(['enabled', 'disabled'])
/** For fields that are objects: the nested fields that the canonical request represents. */
const canonicalFieldsWithin: Readonly<Record<string, ReadonlySet<string>>> = {
	metadata: new Set(['user_id']),
	output_config: new Set(['effort', 'format']),
}

/**
 * Fields as they are in `body`. Those that are read are passed through as well if they contain more than the canonical
 * request can represent.
 */
function readPassthrough(
	fields: PromptBody,
	body: unknown,
	{ haveDefinedTypes, own }: ReadTools,
	betas: string | null,
): Pick<EveryField<ChatRequest>, 'passthrough' | 'passthroughWire'> {
	const passthrough: Record<string, unknown> = {}
	const exact = isObject(body) ? exactMembers(body) : fields
	for (const [name, value] of Object.entries(fields))
		if (value != null && (!canonicalFields.has(name) || hasMoreFields(name, value))) passthrough[name] = exact[name]
	if (haveDefinedTypes) passthrough.tools = exact.tools
	const passesChoice = own.length > 0 && fields.tool_choice != null
	if (passesChoice) passthrough.tool_choice = exact.tool_choice
	const isCanonical = fields.thinking == null || canonicalThinking.has(fields.thinking.type)
	if (!isCanonical) passthrough.thinking = exact.thinking
	const translated = {
		thinking: isCanonical ? fields.thinking : undefined,
		tool_choice: passesChoice ? undefined : fields.tool_choice,
	}
	Object.assign(passthrough, readInnerFields(translated))
	const names = (betas ?? '')
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '' && !name.startsWith(threadsBeta))
	if (names.length > 0) passthrough.betas = names
	if (Object.keys(passthrough).length === 0) return { passthrough: {}, passthroughWire: undefined }
	return { passthrough: passthrough as JsonObject, passthroughWire: messagesWire }
}

function hasMoreFields(name: string, value: unknown): boolean {
	const within = Object.hasOwn(canonicalFieldsWithin, name) ? canonicalFieldsWithin[name] : undefined
	if (within === undefined || typeof value !== 'object' || value === null) return false
	return Object.entries(value).some(([field, nested]) => nested != null && !within.has(field))
}
