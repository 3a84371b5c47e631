// A canonical request written as the body of POST /chat/completions. What is at its default is left out, since each further field is
// one more that some server refuses.

import type { JsonObject } from '../../chat/json.ts'
import { type ChatRequest, marksCache, type ResponseFormat, type Sampling } from '../../chat/request.ts'
import type { Tool, ToolChoice } from '../../chat/tool.ts'
import { writeMessages } from './chat-messages-writer.ts'

/** Where servers of this wire differ. */
export interface ChatRequestForm {
	/** OpenAI's reasoning models know only the new name, many other servers only the old one. */
	readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
	/** How `developer` messages are called; servers whose chat templates do not know the role fail on it. */
	readonly developerRole: 'developer' | 'system'
	/** Ask for the usage of a stream; servers that do not know `stream_options` refuse it. */
	readonly streamUsage: boolean
}

/**
 * @param model what the upstream calls the model.
 * @param stream whether the answer is wanted in pieces.
 * @param drop told of each part of the request that this wire has no words for.
 */
export function writeChatRequest(
	request: ChatRequest,
	model: string,
	form: ChatRequestForm,
	stream: boolean,
	drop: (part: string) => void = () => {},
): JsonObject {
	if (request.reasoningTokens !== undefined && request.reasoningTokens > 0) drop('reasoning_tokens')
	if (marksCache(request)) drop('cache_control')
	const { maxTokens, stop, choices, logprobs, tools, responseFormat, reasoningEffort, user } = request
	const body: Record<string, JsonObject[string]> = {
		...writePassthrough(request, drop),
		model,
		messages: writeMessages(request.messages, form.developerRole),
		...writeStreaming(form, stream),
		...writeSampling(request.sampling),
	}
	// Few requests say more than this, and each is written.
	if (maxTokens !== undefined) body[form.maxTokensField] = maxTokens
	if (stop.length > 0) body.stop = stop
	if (choices !== 1) body.n = choices
	if (logprobs !== undefined) Object.assign(body, writeLogprobs(logprobs))
	if (tools.length > 0) Object.assign(body, writeTools(request))
	if (responseFormat.type !== 'text') body.response_format = writeResponseFormat(responseFormat)
	if (reasoningEffort !== undefined) body.reasoning_effort = reasoningEffort
	if (user !== undefined) body.user = user
	return body
}

/** Another wire's words could mean something else here, or nothing. */
function writePassthrough({ passthrough, passthroughWire }: ChatRequest, drop: (part: string) => void): JsonObject {
	if (passthroughWire === undefined) return passthrough
	for (const part of Object.keys(passthrough)) drop(part)
	return {}
}

/** Said either way: a default that some server has otherwise would change the whole answer. */
export function writeStreaming({ streamUsage }: Pick<ChatRequestForm, 'streamUsage'>, stream: boolean): JsonObject {
	return { stream, ...(stream && streamUsage ? { stream_options: { include_usage: true } } : {}) }
}

/** Fields shared with legacy completions. */
export function writeSampling(sampling: Sampling): JsonObject {
	const { logitBias } = sampling
	return {
		temperature: sampling.temperature,
		top_p: sampling.topP,
		top_k: sampling.topK,
		min_p: sampling.minP,
		frequency_penalty: sampling.frequencyPenalty,
		presence_penalty: sampling.presencePenalty,
		repetition_penalty: sampling.repetitionPenalty,
		logit_bias: logitBias === undefined ? undefined : Object.fromEntries(logitBias),
		seed: sampling.seed,
	}
}

function writeLogprobs(logprobs: NonNullable<ChatRequest['logprobs']>): JsonObject {
	return { logprobs: true, ...(logprobs.top === 0 ? {} : { top_logprobs: logprobs.top }) }
}

function writeTools({ tools, toolChoice, parallelToolCalls }: ChatRequest): JsonObject {
	return {
		tools: tools.map(writeTool),
		...writeToolChoice(toolChoice, tools),
		...(parallelToolCalls ? {} : { parallel_tool_calls: false }),
	}
}

function writeTool(tool: Tool): JsonObject {
	const { name, description } = tool
	switch (tool.type) {
		case 'function': {
			const { parameters, strict } = tool
			return { type: 'function', function: { name, description, parameters, ...(strict ? { strict } : {}) } }
		}
		case 'custom': {
			const { grammar } = tool
			return {
				type: 'custom',
				custom: {
					name,
					description,
					...(grammar === undefined ? {} : { format: { type: 'grammar', grammar: { ...grammar } } }),
				},
			}
		}
	}
}

function writeToolChoice(choice: ToolChoice, tools: readonly Tool[]): JsonObject {
	switch (choice.type) {
		case 'none':
			return { tool_choice: 'none' }
		case 'named':
			return { tool_choice: writeToolName(choice.name, tools) }
		case 'auto':
		case 'required': {
			if (choice.only !== undefined)
				return {
					tool_choice: {
						type: 'allowed_tools',
						allowed_tools: { mode: choice.type, tools: choice.only.map((name) => writeToolName(name, tools)) },
					},
				}
			return choice.type === 'auto' ? {} : { tool_choice: 'required' }
		}
	}
}

function writeToolName(name: string, tools: readonly Tool[]): JsonObject {
	const isCustom = tools.some((tool) => tool.type === 'custom' && tool.name === name)
	return isCustom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } }
}

function writeResponseFormat(format: Exclude<ResponseFormat, { readonly type: 'text' }>): JsonObject {
	switch (format.type) {
		case 'json-object':
			return { type: 'json_object' }
		case 'json-schema': {
			const { name, description, schema, strict } = format
			return { type: 'json_schema', json_schema: { name, description, schema, ...(strict ? { strict } : {}) } }
		}
	}
}
