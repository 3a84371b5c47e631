// A canonical request written as a call of the provider specification. What that has no words for is told to `drop`; where leaving it out
// would falsify the answer, it is refused.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import { type ChatRequest, marksCache, type ResponseFormat, type Sampling } from '../../chat/request.ts'
import { choosableTools, type Tool } from '../../chat/tool.ts'
import { type PromptForm, writePrompt } from './prompt-writer.ts'
import type { CallSettings, ProviderOptions } from './specification.ts'

export interface CallForm extends PromptForm {
	/** Set on every call. */
	readonly providerOptions: ProviderOptions
	/** Under which provider's name fields of the request are put that the specification does not know; nowhere where absent. */
	readonly passthrough: string | undefined
}

/** @throws ChatError `unsupported`, and for a conversation that cannot be written. */
export function writeCall(
	request: ChatRequest,
	form: CallForm,
	drop: (part: string) => void,
): CallSettings & { readonly providerOptions?: ProviderOptions } {
	if (request.choices > 1)
		throw new ChatError('unsupported', 'This upstream gives one answer to a request.', { param: 'n' })
	if (request.logprobs !== undefined) drop('logprobs')
	if (request.user !== undefined) drop('user')
	if (request.tools.length > 0 && !request.parallelToolCalls) drop('parallel_tool_calls')
	if (marksCache(request)) drop('cache_control')
	return {
		prompt: writePrompt(request.messages, form, drop),
		maxOutputTokens: request.maxTokens,
		...writeSampling(request.sampling, drop),
		...(request.stop.length === 0 ? {} : { stopSequences: request.stop }),
		...writeResponseFormat(request.responseFormat),
		...writeTools(request),
		...writeReasoning(request, form, drop),
		...writeProviderOptions(request, form, drop),
	}
}

function writeSampling(sampling: Sampling, drop: (part: string) => void): Partial<CallSettings> {
	const { temperature, topP, topK, presencePenalty, frequencyPenalty, seed } = sampling
	if (sampling.minP !== undefined) drop('min_p')
	if ((sampling.repetitionPenalty ?? 1) !== 1) drop('repetition_penalty')
	if ((sampling.logitBias?.size ?? 0) > 0) drop('logit_bias')
	return {
		temperature,
		topP,
		...(topK === undefined || topK <= 0 ? {} : { topK }),
		...(presencePenalty === undefined ? {} : { presencePenalty }),
		...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
		...(seed === undefined ? {} : { seed }),
	}
}

function writeResponseFormat(format: ResponseFormat): Partial<CallSettings> {
	switch (format.type) {
		case 'text':
			return {}
		case 'json-object':
			return { responseFormat: { type: 'json' } }
		case 'json-schema': {
			const { schema, name, description } = format
			return {
				responseFormat: {
					type: 'json',
					name,
					schema,
					description,
				},
			}
		}
	}
}

/** The specification cannot narrow a choice, so only what may be called is offered. */
function writeTools({ tools, toolChoice }: ChatRequest): Partial<CallSettings> {
	if (tools.length === 0) return {}
	const offered =
		toolChoice.type === 'auto' || toolChoice.type === 'required' ? choosableTools(tools, toolChoice) : tools
	return {
		tools: offered.map((tool) => writeTool(tool, tools.indexOf(tool))),
		toolChoice: toolChoice.type === 'named' ? { type: 'tool', toolName: toolChoice.name } : { type: toolChoice.type },
	}
}

function writeTool(tool: Tool, index: number): NonNullable<CallSettings['tools']>[number] {
	if (tool.type === 'custom')
		throw new ChatError('unsupported', 'This upstream has no tools that take free text.', { param: `tools[${index}]` })
	const { name, description, parameters, strict } = tool
	return {
		type: 'function',
		name,
		description,
		inputSchema: parameters ?? { type: 'object', properties: {}, additionalProperties: false },
		...(strict ? { strict } : {}),
	}
}

function writeReasoning(
	{ reasoningEffort, reasoningTokens }: ChatRequest,
	{ version }: CallForm,
	drop: (part: string) => void,
): Partial<CallSettings> {
	if (reasoningTokens !== undefined && reasoningTokens > 0) drop('reasoning_tokens')
	if (reasoningEffort === undefined) return {}
	if (version === 'v4' && efforts.has(reasoningEffort)) return { reasoning: reasoningEffort }
	drop('reasoning_effort')
	return {}
}

const efforts: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])

function writeProviderOptions(
	request: ChatRequest,
	{ providerOptions, passthrough: name }: CallForm,
	drop: (part: string) => void,
): { readonly providerOptions?: ProviderOptions } {
	const fields = Object.keys(request.passthrough)
	// Fields of another wire mean something else here.
	const passes = name !== undefined && request.passthroughWire === undefined
	if (!passes) for (const field of fields) drop(field)
	const passed: ProviderOptions = passes && fields.length > 0 ? { [name]: definedFields(request.passthrough) } : {}
	const names = [...new Set([...Object.keys(passed), ...Object.keys(providerOptions)])]
	if (names.length === 0) return {}
	return {
		providerOptions: Object.fromEntries(names.map((own) => [own, { ...passed[own], ...providerOptions[own] }])),
	}
}

function definedFields(fields: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
