// Reads OpenAI's Chat Completions request into the canonical one and checks the rules that span fields, which a schema
// cannot express. It is independent of keys and models.

import { ChatError } from '../../chat/error.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { copyAllNumbers, exactMembers, readInteger } from '../../chat/json-text.ts'
import type { ChatRequest, EveryField, Sampling } from '../../chat/request.ts'
import { retained } from '../../system/resumable.ts'
import { field } from '../json/fields.ts'
import { readMessages } from './chat-messages-reader.ts'
import { chatRequestSchema, type SamplingBody } from './chat-request-schema.ts'
import { type ChatRequestBody, chatRequestShape } from './chat-request-shape.ts'
import { readToolChoice, readTools, type Violate } from './chat-tools-reader.ts'
import { unknownFields } from './nested-rest.ts'
import { readPlainChatRequest } from './plain-chat-request.ts'
import type { ReadChatRequest } from './read-chat-request.ts'
import { readResponseFormat } from './response-format-reader.ts'
import { schemaError } from './schema-error.ts'

/**
 * Reads a parsed JSON body.
 *
 * @throws ChatError `invalid-request`, with OpenAI's message, code and param, for a body that no server of this wire
 * could read. A body that only breaks a rule of OpenAI's API has a `violation` instead.
 */
export function readChatRequest(body: unknown): ReadChatRequest {
	return readPlainChatRequest(body) ?? readAnyChatRequest(body)
}

/** Reads requests of every form, by the schema. */
export function readAnyChatRequest(body: unknown): ReadChatRequest {
	const violations = retained(body, 'violations', (): ChatError[] => [])
	const violate: Violate = (violation) => violations.push(violation)
	const fields = parse(body, violate)
	checkDependencies(fields, violate)
	const { tools, passthrough: otherTools } = readTools(fields, violate)
	const { toolChoice, passthrough: otherChoice } = readToolChoice(fields, tools, field(body, 'tool_choice'))
	const { responseFormat, passthrough: otherFormat } = readResponseFormat(fields, violate)
	const maxTokens = fields.max_completion_tokens ?? fields.max_tokens ?? undefined
	const effort = fields.reasoning_effort ?? fields.reasoning?.effort ?? undefined
	const request: EveryField<ChatRequest> = {
		model: fields.model,
		messages: readMessages(fields.messages, violate),
		sampling: readSampling(fields, body),
		maxTokens: maxTokens === undefined || maxTokens < 0 ? undefined : maxTokens,
		stop: readStop(fields.stop),
		choices: fields.n ?? 1,
		logprobs: fields.logprobs === true ? { top: fields.top_logprobs ?? 0 } : undefined,
		tools,
		toolChoice,
		parallelToolCalls: fields.parallel_tool_calls ?? true,
		responseFormat,
		reasoningEffort: effort,
		reasoningTokens: readReasoningTokens(fields.reasoning),
		user: typeof fields.user === 'string' ? fields.user : undefined,
		passthrough: {
			...passthrough(fields, body),
			...partlyKnown(fields),
			...otherTools,
			...otherChoice,
			...otherFormat,
		},
		passthroughWire: undefined,
	}
	return {
		request,
		stream: fields.stream ?? false,
		includeUsage: fields.stream_options?.include_usage ?? false,
		startUsage: fields.stream_options?.include_start_usage ?? undefined,
		legacyFunctions: (fields.functions ?? []).length > 0,
		violation: violations[0],
	}
}

function parse(body: unknown, violate: Violate): ChatRequestBody {
	const parsed = chatRequestSchema.safeParse(body)
	// The schema changes nothing, but only the client's own objects remember how they write their numbers.
	if (parsed.success) return body as typeof parsed.data
	const violation = schemaError(parsed.error, body)
	const shape = chatRequestShape.safeParse(body)
	if (!shape.success) throw violation
	violate(violation)
	return copyAllNumbers(body, shape.data)
}

function checkDependencies(fields: ChatRequestBody, violate: Violate): void {
	const hasTools = (fields.tools ?? []).length + (fields.functions ?? []).length > 0
	if (fields.stream_options != null && fields.stream !== true)
		violate(needs('stream_options', "'stream_options' is only allowed when 'stream' is enabled."))
	if (fields.top_logprobs != null && fields.logprobs !== true)
		violate(needs('top_logprobs', "'top_logprobs' is only allowed when 'logprobs' is enabled."))
	if (fields.tool_choice != null && fields.tool_choice !== 'none' && !hasTools)
		violate(needs('tool_choice', "'tool_choice' is only allowed when 'tools' are specified."))
	if (fields.parallel_tool_calls != null && !hasTools)
		violate(needs('parallel_tool_calls', "'parallel_tool_calls' is only allowed when 'tools' are specified."))
	if (fields.modalities?.includes('audio') && fields.audio == null)
		violate(
			new ChatError('invalid-request', "Missing required parameter: 'audio'.", {
				param: 'audio',
				code: 'missing_required_parameter',
			}),
		)
}

function needs(param: string, message: string): ChatError {
	return new ChatError('invalid-request', `Invalid value for '${param}': ${message}`, { param })
}

function readReasoningTokens(reasoning: ChatRequestBody['reasoning']): number | undefined {
	return reasoning?.enabled === false ? 0 : (reasoning?.max_tokens ?? undefined)
}

/** What the canonical request does not represent of fields that it represents in part. */
function partlyKnown(fields: ChatRequestBody): JsonObject {
	const known = {
		stream_options: { include_usage: true, include_start_usage: true },
		reasoning: { effort: true },
	} as const
	const { stream_options, reasoning } = fields
	const rest: Record<string, Json | undefined> = { ...unknownFields({ stream_options, reasoning }, known) }
	// Beside other options, the effort is sent where the client wrote it.
	if (reasoning?.effort != null && Object.keys(rest).some((path) => path.startsWith('reasoning.')))
		rest['reasoning.effort'] = reasoning.effort
	const biases = readBiases(fields.logit_bias)
	if (biases === undefined) rest.logit_bias = fields.logit_bias as JsonObject
	if (fields.logprobs !== true && fields.top_logprobs != null) rest.top_logprobs = fields.top_logprobs
	for (const name of ['max_tokens', 'max_completion_tokens'] as const) {
		const limit = fields[name]
		if (limit != null && limit < 0) rest[name] = limit
	}
	return rest
}

/** Fields shared with legacy completions. @param body that `fields` were read from. */
export function readSampling(
	fields: Pick<SamplingBody, CommonSamplingField | 'seed'> & { readonly logit_bias?: BiasBody },
	body: unknown,
): EveryField<Sampling> {
	const biases = readBiases(fields.logit_bias)
	return {
		...readCommonSampling(fields),
		logitBias: biases === undefined || biases.size === 0 ? undefined : biases,
		seed: fields.seed == null ? undefined : readInteger(fields.seed, body, 'seed'),
	}
}

type BiasBody = Readonly<Record<string, unknown>> | null | undefined

/** @returns undefined if a token is not named by its id, as some servers permit. */
function readBiases(body: BiasBody): ReadonlyMap<number, number> | undefined {
	const biases = new Map<number, number>()
	for (const [token, bias] of Object.entries(body ?? {})) {
		if (!/^\d{1,9}$/.test(token) || typeof bias !== 'number') return undefined
		biases.set(Number(token), bias)
	}
	return biases
}

type CommonSamplingField =
	| 'temperature'
	| 'top_p'
	| 'top_k'
	| 'min_p'
	| 'frequency_penalty'
	| 'presence_penalty'
	| 'repetition_penalty'

/** Fields shared with Responses, which lacks the others. */
export function readCommonSampling(
	fields: Pick<SamplingBody, CommonSamplingField>,
): Omit<EveryField<Sampling>, 'logitBias' | 'seed'> {
	return {
		temperature: fields.temperature ?? undefined,
		topP: fields.top_p ?? undefined,
		topK: fields.top_k ?? undefined,
		minP: fields.min_p ?? undefined,
		frequencyPenalty: fields.frequency_penalty ?? undefined,
		presencePenalty: fields.presence_penalty ?? undefined,
		repetitionPenalty: fields.repetition_penalty ?? undefined,
	}
}

/** One text or a list of texts. Empty texts have no effect and are removed. */
export function readStop(stop: SamplingBody['stop']): readonly string[] {
	const texts = typeof stop === 'string' ? [stop] : (stop ?? [])
	return texts.filter((text) => text !== '')
}

/** Fields that the canonical request represents. All others are passed through under their own names. */
const canonicalFields: ReadonlySet<string> = new Set([
	'model',
	'messages',
	'temperature',
	'top_p',
	'top_k',
	'min_p',
	'frequency_penalty',
	'presence_penalty',
	'repetition_penalty',
	'logit_bias',
	'seed',
	'stop',
	'n',
	'stream',
	'stream_options',
	'user',
	'max_completion_tokens',
	'max_tokens',
	'logprobs',
	'top_logprobs',
	'tools',
	'tool_choice',
	'parallel_tool_calls',
	'functions',
	'function_call',
	'response_format',
	'reasoning_effort',
	'reasoning',
])

/** Fields without a canonical meaning, as they are in `body`. Explicit nulls are removed. */
export function passthrough(
	fields: Readonly<Record<string, unknown>>,
	body: unknown,
	known: ReadonlySet<string> = canonicalFields,
): JsonObject {
	const rest: Record<string, unknown> = {}
	const exact = isObject(body) ? exactMembers(body) : fields
	for (const [name, value] of Object.entries(fields)) if (value != null && !known.has(name)) rest[name] = exact[name]
	return rest as JsonObject
}
