// The request fields that a response repeats. Only fields that were present are stored with a turn; the others are
// filled in when the response is written.

import { isObject, type Json, type JsonObject } from '../../../chat/json.ts'
import type { ResponsesRequestBody } from './request-schema.ts'

const repeated = [
	'background',
	'frequency_penalty',
	'instructions',
	'max_output_tokens',
	'max_tool_calls',
	'parallel_tool_calls',
	'presence_penalty',
	'previous_response_id',
	'prompt_cache_key',
	'reasoning',
	'safety_identifier',
	'store',
	'temperature',
	'text',
	'tool_choice',
	'tools',
	'top_logprobs',
	'top_p',
	'truncation',
	'user',
] as const satisfies readonly (keyof ResponsesRequestBody)[]

/**
 * In addition to OpenAI's fields: `conversation`, true if the request named one, and `loaded_tools`.
 *
 * @param loaded the tools that the items of the conversation added.
 */
export function readEcho(fields: ResponsesRequestBody, loaded: readonly JsonObject[]): JsonObject {
	const echo: Record<string, unknown> = {}
	for (const name of repeated) if (fields[name] != null) echo[name] = fields[name]
	if (fields.conversation != null) echo.conversation = true
	if (loaded.length > 0) echo.loaded_tools = loaded
	return echo as JsonObject
}

/** The echo of a response before which the conversation was replaced by `summary`. */
export function echoOfCompacted(echo: JsonObject, summary: string): JsonObject {
	return { ...echo, compaction: summary }
}

/** The summary that replaced the conversation before the response, if any. */
export function summaryOfEcho({ compaction }: JsonObject): string | undefined {
	return typeof compaction === 'string' ? compaction : undefined
}

/** The tools that the request had, and those that the items of its conversation added. */
export function toolsOfEcho({ tools, loaded_tools: loaded }: JsonObject): readonly Json[] {
	return [...(Array.isArray(tools) ? tools : []), ...(Array.isArray(loaded) ? loaded : [])]
}

/** Every field that a response repeats, as required by OpenAI's specification and Open Responses. */
export function writeEcho(echo: JsonObject): JsonObject {
	const { conversation: _, loaded_tools: __, compaction: ___, reasoning, text, tools, ...rest } = echo
	return {
		...defaults,
		...rest,
		reasoning: { effort: null, summary: null, ...(isObject(reasoning) ? (reasoning as JsonObject) : {}) },
		text: writeText(isObject(text) ? (text as JsonObject) : {}),
		tools: (Array.isArray(tools) ? tools : []).map(writeTool),
	}
}

const defaults: JsonObject = {
	background: false,
	frequency_penalty: 0,
	instructions: null,
	max_output_tokens: null,
	max_tool_calls: null,
	parallel_tool_calls: true,
	presence_penalty: 0,
	previous_response_id: null,
	prompt_cache_key: null,
	safety_identifier: null,
	service_tier: 'default',
	store: true,
	temperature: 1,
	tool_choice: 'auto',
	top_logprobs: 0,
	top_p: 1,
	truncation: 'disabled',
}

function writeText(text: JsonObject): JsonObject {
	const { format } = text
	if (!isObject(format)) return { ...text, format: { type: 'text' } }
	const described = format.type === 'json_schema' ? { description: null, schema: null, strict: false } : {}
	return { ...text, format: { ...described, ...presentFields(format as JsonObject) } }
}

/** A function's description, parameters and strictness are always present. */
function writeTool(tool: unknown): JsonObject {
	if (!isObject(tool)) return {}
	const fields = tool as JsonObject
	return fields.type === 'function'
		? { description: null, parameters: null, strict: false, ...presentFields(fields) }
		: fields
}

function presentFields(fields: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}
