// Writes a canonical request as the body of POST /chat/completions. Defaults are omitted, because each additional field
// is one that some servers reject.

import { isObject, type JsonObject } from '../../chat/json.ts'
import { writeInteger } from '../../chat/json-text.ts'
import type { ChatRequest, ResponseFormat, Sampling } from '../../chat/request.ts'
import { type Drop, dropReporter, passthroughFor, type RequestFates } from '../../chat/request-fates.ts'
import type { Tool, ToolChoice } from '../../chat/tool.ts'
import { writeCustomToolFunction } from '../json/custom-tool-function.ts'
import { removeSchemaBounds } from '../json/schema-bounds.ts'
import { writeMessages } from './chat-messages-writer.ts'
import type { ChatRequestForm, FormFor } from './chat-request-form.ts'
import { writeUser } from './user-writer.ts'

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
	const { maxTokens, stop, choices, logprobs, tools, responseFormat, reasoningEffort, reasoningTokens, user } = request
	const passthrough = passthroughFor(request, undefined, drop)
	const body: Record<string, JsonObject[string]> = {
		...passthrough,
		model,
		messages: writeMessages(request.messages, form, drop),
		...writeStreaming(form, stream),
		...writeSampling(request.sampling),
	}
	// Few requests have fields other than these, and every field written costs time.
	if (maxTokens !== undefined) body[form.maxTokensField] = maxTokens
	if (stop.length > 0) body.stop = stop
	if (choices !== 1) body.n = choices
	if (logprobs !== undefined) Object.assign(body, writeLogprobs(logprobs))
	if (tools.length > 0) Object.assign(body, writeTools(request, form, drop))
	if (responseFormat.type !== 'text') body.response_format = writeResponseFormat(responseFormat, form, drop)
	if (reasoningEffort !== undefined || reasoningTokens === 0)
		Object.assign(body, writeReasoning(request, passthrough, form, drop))
	if (user !== undefined) body.user = writeUser(user, form, drop)
	return body
}

/** A request that disables thinking does so by a budget of 0 tokens, or by the effort `none`. */
function writeReasoning(
	{ reasoningEffort: effort, reasoningTokens }: ChatRequest,
	passthrough: JsonObject,
	{ thinkingOff }: FormFor<'reasoning'>,
	drop: Drop,
): JsonObject {
	const given = effort === undefined ? {} : { reasoning_effort: effort }
	if (reasoningTokens !== 0 && effort !== 'none') return given
	switch (thinkingOff) {
		case 'unsupported':
			if (effort !== 'none') drop('reasoning_effort')
			return given
		case 'reasoning_effort':
			return { reasoning_effort: 'none' }
		case 'thinking':
			return { thinking: { type: 'disabled' } }
		case 'reasoning':
			return { reasoning: { effort: 'none' } }
		case 'enable_thinking': {
			// Templates name the switch differently; one that does not know a name ignores it.
			const off = { enable_thinking: false, thinking: false }
			const known = passthrough.chat_template_kwargs
			return { chat_template_kwargs: isObject(known) ? { ...off, ...known } : off }
		}
	}
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
export function writeStreaming({ streamUsage }: FormFor<'streaming'>, stream: boolean): JsonObject {
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
		seed: writeInteger(sampling.seed),
	}
}

function writeLogprobs(logprobs: NonNullable<ChatRequest['logprobs']>): JsonObject {
	return { logprobs: true, ...(logprobs.top === 0 ? {} : { top_logprobs: logprobs.top }) }
}

type ToolsForm = FormFor<'messages-and-tools' | 'schemas'>

function writeTools({ tools, toolChoice, parallelToolCalls }: ChatRequest, form: ToolsForm, drop: Drop): JsonObject {
	return {
		tools: tools.map((tool) => writeTool(tool, form, drop)),
		...writeToolChoice(toolChoice, form.customTools === 'custom' ? tools : []),
		...(parallelToolCalls ? {} : { parallel_tool_calls: false }),
	}
}

function writeTool(tool: Tool, form: ToolsForm, drop: Drop): JsonObject {
	const { name, description } = tool
	switch (tool.type) {
		case 'function': {
			const { strict } = tool
			const parameters = strict ? writeSchema(tool.parameters, 'tools', form, drop) : tool.parameters
			return { type: 'function', function: { name, description, parameters, strict: strict ? true : undefined } }
		}
		case 'custom': {
			if (form.customTools === 'function')
				return { type: 'function', function: { name, ...writeCustomToolFunction(tool) } }
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

/** @param of the field that contains the schema. */
function writeSchema(
	schema: JsonObject | undefined,
	of: string,
	{ schemaBounds }: FormFor<'schemas'>,
	drop: Drop,
): JsonObject | undefined {
	if (schema === undefined || schemaBounds === 'send') return schema
	return removeSchemaBounds(schema, (keyword) => drop(`${of}.${keyword}`))
}

/** @param tools the tools, if those of type `custom` are sent as such. */
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

function writeResponseFormat(
	format: Exclude<ResponseFormat, { readonly type: 'text' }>,
	form: FormFor<'schemas'>,
	drop: Drop,
): JsonObject {
	switch (format.type) {
		case 'json-object':
			return { type: 'json_object' }
		case 'json-schema': {
			const { name, description, strict } = format
			const schema = writeSchema(format.schema, 'response_format', form, drop)
			return { type: 'json_schema', json_schema: { name, description, schema, strict: strict ? true : undefined } }
		}
	}
}
