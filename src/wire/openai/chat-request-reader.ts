// Reads OpenAI's Chat Completions request into the canonical one and checks the rules that span fields, which a schema
// cannot express. It is independent of keys and models.

import { ChatError } from '../../chat/error.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { exactMembers, readInteger } from '../../chat/json-text.ts'
import type { ChatRequest, EveryField, ResponseFormat, Sampling } from '../../chat/request.ts'
import type { Tool, ToolChoice } from '../../chat/tool.ts'
import { strictViolation } from '../json/strict-schema.ts'
import { readMessages } from './chat-messages-reader.ts'
import { type ChatRequestBody, chatRequestSchema, type SamplingBody, type ToolBody } from './chat-request-schema.ts'
import { readPlainChatRequest } from './plain-chat-request.ts'
import type { ReadChatRequest } from './read-chat-request.ts'
import { schemaError } from './schema-error.ts'

/**
 * Reads a parsed JSON body.
 *
 * @throws ChatError `invalid-request` with OpenAI's message, code and param.
 */
export function readChatRequest(body: unknown): ReadChatRequest {
	return readPlainChatRequest(body) ?? readAnyChatRequest(body)
}

/** Reads requests of every form, by the schema. */
export function readAnyChatRequest(body: unknown): ReadChatRequest {
	const parsed = chatRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const fields = parsed.data
	checkDependencies(fields)
	const tools = readTools(fields)
	const maxTokens = fields.max_completion_tokens ?? fields.max_tokens ?? undefined
	const effort = fields.reasoning_effort ?? fields.reasoning?.effort ?? undefined
	const request: EveryField<ChatRequest> = {
		model: fields.model,
		messages: readMessages(fields.messages),
		sampling: readSampling(fields, body),
		maxTokens,
		stop: readStop(fields.stop),
		choices: fields.n ?? 1,
		logprobs: fields.logprobs === true ? { top: fields.top_logprobs ?? 0 } : undefined,
		tools,
		toolChoice: readToolChoice(fields, tools),
		parallelToolCalls: fields.parallel_tool_calls ?? true,
		responseFormat: readResponseFormat(fields),
		reasoningEffort: effort,
		reasoningTokens: undefined,
		user: typeof fields.user === 'string' ? fields.user : undefined,
		passthrough: passthrough(fields, body),
		passthroughWire: undefined,
	}
	return {
		request,
		stream: fields.stream ?? false,
		includeUsage: fields.stream_options?.include_usage ?? false,
		legacyFunctions: (fields.functions ?? []).length > 0,
	}
}

function checkDependencies(fields: ChatRequestBody): void {
	const hasTools = (fields.tools ?? []).length + (fields.functions ?? []).length > 0
	if (fields.stream_options != null && fields.stream !== true)
		throw needs('stream_options', "'stream_options' is only allowed when 'stream' is enabled.")
	if (fields.top_logprobs != null && fields.logprobs !== true)
		throw needs('top_logprobs', "'top_logprobs' is only allowed when 'logprobs' is enabled.")
	if (fields.tool_choice != null && fields.tool_choice !== 'none' && !hasTools)
		throw needs('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.")
	if (fields.parallel_tool_calls != null && !hasTools)
		throw needs('parallel_tool_calls', "'parallel_tool_calls' is only allowed when 'tools' are specified.")
	if (fields.modalities?.includes('audio') && fields.audio == null)
		throw new ChatError('invalid-request', "Missing required parameter: 'audio'.", {
			param: 'audio',
			code: 'missing_required_parameter',
		})
}

function needs(param: string, message: string): ChatError {
	return new ChatError('invalid-request', `Invalid value for '${param}': ${message}`, { param })
}

/** Fields shared with legacy completions. @param body that `fields` were read from. */
export function readSampling(fields: SamplingBody, body: unknown): EveryField<Sampling> {
	const biases = Object.entries(fields.logit_bias ?? {})
	return {
		...readCommonSampling(fields),
		logitBias: biases.length === 0 ? undefined : new Map(biases.map(([token, bias]) => [Number(token), bias])),
		seed: fields.seed == null ? undefined : readInteger(fields.seed, body, 'seed'),
	}
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

function readTools(fields: ChatRequestBody): readonly Tool[] {
	const tools = (fields.tools ?? []).map((tool, index) => readTool(tool, `tools[${index}].function.parameters`))
	for (const [index, definition] of (fields.functions ?? []).entries())
		tools.push(
			readTool({ type: 'function', function: { ...definition, strict: false } }, `functions[${index}].parameters`),
		)
	return tools
}

function readTool(tool: ToolBody, param: string): Tool {
	if (tool.type === 'custom') {
		const { name, description, format } = tool.custom
		return {
			type: 'custom',
			name,
			description: description ?? undefined,
			grammar:
				format?.type === 'grammar'
					? { syntax: format.grammar.syntax, definition: format.grammar.definition }
					: undefined,
		}
	}
	const { name, description, parameters, strict } = tool.function
	if (strict === true && parameters != null) checkStrict(parameters as JsonObject, `function '${name}'`, param)
	return {
		type: 'function',
		name,
		description: description ?? undefined,
		parameters: parameters == null ? undefined : (parameters as JsonObject),
		strict: strict ?? false,
	}
}

function checkStrict(schema: JsonObject, location: string, param: string): void {
	const violation = strictViolation(schema)
	if (violation === undefined) return
	throw new ChatError(
		'invalid-request',
		`Invalid schema for ${location}: In context=${violation.context}, ${violation.message}`,
		{ param },
	)
}

function readToolChoice(fields: ChatRequestBody, tools: readonly Tool[]): ToolChoice {
	if (tools.length === 0) return { type: 'none' }
	if ((fields.tools ?? []).length === 0) return readFunctionCall(fields.function_call, tools)
	const choice = fields.tool_choice ?? 'auto'
	if (typeof choice === 'string') return { type: choice }
	switch (choice.type) {
		case 'function':
			return named(choice.function.name, tools, 'tool_choice')
		case 'custom':
			return named(choice.custom.name, tools, 'tool_choice')
		case 'allowed_tools': {
			const { mode, tools: allowed } = choice.allowed_tools
			const only = allowed.map((one) => (one.type === 'function' ? one.function.name : one.custom.name))
			for (const name of only) named(name, tools, 'tool_choice')
			return { type: mode, only }
		}
	}
}

function readFunctionCall(choice: ChatRequestBody['function_call'], tools: readonly Tool[]): ToolChoice {
	if (choice == null) return { type: 'auto' }
	return typeof choice === 'string' ? { type: choice } : named(choice.name, tools, 'function_call')
}

function named(name: string, tools: readonly Tool[], param: string): ToolChoice {
	if (tools.some((tool) => tool.name === name)) return { type: 'named', name }
	throw new ChatError('invalid-request', `Tool choice '${name.slice(0, 100)}' not found in 'tools' parameter.`, {
		param,
	})
}

function readResponseFormat(fields: ChatRequestBody): ResponseFormat {
	const format = fields.response_format
	switch (format?.type) {
		case undefined:
		case 'text':
			return { type: 'text' }
		case 'json_object':
			if (!mentionsJson(fields.messages))
				throw new ChatError(
					'invalid-request',
					"'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
					{ param: 'messages' },
				)
			return { type: 'json-object' }
		case 'json_schema': {
			const { name, description, schema, strict } = format.json_schema
			if (strict === true && schema != null)
				checkStrict(schema as JsonObject, `response_format '${name}'`, 'response_format')
			return {
				type: 'json-schema',
				name,
				description: description ?? undefined,
				schema: schema == null ? undefined : (schema as JsonObject),
				strict: strict ?? false,
			}
		}
	}
}

function mentionsJson(messages: ChatRequestBody['messages']): boolean {
	return messages.some(({ content }) => {
		if (typeof content === 'string') return /json/i.test(content)
		return (content ?? []).some((part) => part.type === 'text' && /json/i.test(part.text))
	})
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
