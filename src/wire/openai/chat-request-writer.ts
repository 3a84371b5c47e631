// Writes a canonical request as the body of POST /chat/completions. Defaults are omitted, because each additional field is one that
// some servers reject.

import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest, ResponseFormat, Sampling } from '../../chat/request.ts'
import { type Drop, dropReporter, passthroughFor, type RequestFates } from '../../chat/request-fates.ts'
import type { Tool, ToolChoice } from '../../chat/tool.ts'
import { writeMessages } from './chat-messages-writer.ts'

/** Differences between servers of this wire. */
export interface ChatRequestForm {
	/** OpenAI's reasoning models accept only the new name, many other servers only the old one. */
	readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
	/** The role for `developer` messages. Servers whose chat templates lack that role fail on it. */
	readonly developerRole: 'developer' | 'system'
	/** Request the usage of a stream. Servers that do not support `stream_options` reject it. */
	readonly streamUsage: boolean
}

/**
 * @param model the upstream's name of the model.
 * @param stream whether to request a streaming response.
 * @param drop called for each part of the request that this wire cannot express.
 */
export function writeChatRequest(
	request: ChatRequest,
	model: string,
	form: ChatRequestForm,
	stream: boolean,
	drop: Drop = () => {},
): JsonObject {
	reportDropped(request, drop)
	const { maxTokens, stop, choices, logprobs, tools, responseFormat, reasoningEffort, user } = request
	const body: Record<string, JsonObject[string]> = {
		...passthroughFor(request, undefined, drop),
		model,
		messages: writeMessages(request.messages, form.developerRole),
		...writeStreaming(form, stream),
		...writeSampling(request.sampling),
	}
	// Few requests have fields other than these, and every field written costs time.
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

/** How this wire expresses each field of a request. */
export const chatRequestFates = {
	model: 'written',
	messages: 'written',
	temperature: 'written',
	topP: 'written',
	topK: 'written',
	minP: 'written',
	frequencyPenalty: 'written',
	presencePenalty: 'written',
	repetitionPenalty: 'written',
	logitBias: 'written',
	seed: 'written',
	maxTokens: 'written',
	stop: 'written',
	choices: 'written',
	logprobs: 'written',
	tools: 'written',
	toolChoice: 'written',
	parallelToolCalls: 'written',
	responseFormat: 'written',
	reasoningEffort: 'written',
	reasoningTokens: 'dropped',
	cacheMark: 'dropped',
	user: 'written',
	passthrough: 'written',
	passthroughWire: 'translated',
} as const satisfies RequestFates

const reportDropped = dropReporter(chatRequestFates)

/** Always written: a server with a different default would change the whole answer. */
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
			return { type: 'function', function: { name, description, parameters, strict: strict ? true : undefined } }
		}
		case 'custom': {
			const { grammar } = tool
			return {
				type: 'custom',
				custom: {
					name,
					description,
					format: grammar === undefined ? undefined : { type: 'grammar', grammar: { ...grammar } },
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
			return { type: 'json_schema', json_schema: { name, description, schema, strict: strict ? true : undefined } }
		}
	}
}
