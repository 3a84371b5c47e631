// Reads `tools`, `functions` and the choice among them. Tools and choices that only some servers know are passed through
// by their paths.

import { ChatError } from '../../chat/error.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { restOf } from '../../chat/rest.ts'
import type { Tool, ToolChoice } from '../../chat/tool.ts'
import { strictViolation } from '../json/strict-schema.ts'
import { readCacheMark, withMark } from './cache-marks.ts'
import type { ChatRequestBody, ToolBody } from './chat-request-shape.ts'
import { openaiWire } from './formats.ts'
import { type KnownFields, unknownFields } from './nested-rest.ts'

/** Receives the rules of OpenAI's API that a request breaks. */
export type Violate = (violation: ChatError) => void

type KnownToolBody = Exclude<ToolBody, { readonly type: 'unknown' }>

export interface ReadChatTools {
	readonly tools: readonly Tool[]
	/** The tools that only some servers know, as `tools[0]`. */
	readonly passthrough: JsonObject
}

export function readTools(fields: ChatRequestBody, violate: Violate): ReadChatTools {
	const tools: Tool[] = []
	const passthrough: Record<string, Json> = {}
	for (const [index, tool] of (fields.tools ?? []).entries()) {
		if (tool.type === 'unknown') passthrough[`tools[${index}]`] = tool.given as JsonObject
		else tools.push(readTool(tool, `tools[${index}].function.parameters`, violate))
	}
	for (const [index, definition] of (fields.functions ?? []).entries()) {
		const body = { type: 'function', function: { ...definition, strict: false } } as const
		tools.push(readTool(body, `functions[${index}].parameters`, violate))
	}
	return { tools, passthrough }
}

const knownFunctionFields = {
	type: true,
	function: { name: true, description: true, parameters: true, strict: true },
} as const satisfies KnownFields

const knownCustomFields = {
	type: true,
	custom: {
		name: true,
		description: true,
		format: { type: true, grammar: { syntax: true, definition: true } },
	},
} as const satisfies KnownFields

function readTool(tool: KnownToolBody, param: string, violate: Violate): Tool {
	const mark = readCacheMark(tool)
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
			cacheMark: mark,
			rest: restOf(openaiWire, unknownFields(tool, withMark(knownCustomFields, mark))),
		}
	}
	const { name, description, parameters, strict } = tool.function
	const schema = parameters == null ? undefined : (parameters as JsonObject)
	const isStrict = strict === true && isStrictSchema(schema, `function '${name}'`, param, violate)
	const innerMark = mark === undefined ? readCacheMark(tool.function, 'function') : undefined
	const known = {
		...withMark(knownFunctionFields, mark),
		function: withMark(knownFunctionFields.function, innerMark),
	}
	const unknown = unknownFields(tool, known)
	return {
		type: 'function',
		name,
		description: description ?? undefined,
		parameters: schema,
		strict: isStrict,
		cacheMark: mark ?? innerMark,
		rest: restOf(openaiWire, strict === true && !isStrict ? { ...unknown, 'function.strict': true } : unknown),
	}
}

/** Whether the schema is in OpenAI's strict subset. */
export function isStrictSchema(
	schema: JsonObject | undefined,
	location: string,
	param: string,
	violate: Violate,
): boolean {
	const violation = schema === undefined ? undefined : strictViolation(schema)
	if (violation === undefined) return true
	violate(
		new ChatError(
			'invalid-request',
			`Invalid schema for ${location}: In context=${violation.context}, ${violation.message}`,
			{ param },
		),
	)
	return false
}

export interface ReadToolChoice {
	readonly toolChoice: ToolChoice
	/** A choice that the canonical one does not represent, and the unknown fields of others. */
	readonly passthrough: JsonObject
}

/** @param sent the choice as the client sent it. */
export function readToolChoice(fields: ChatRequestBody, tools: readonly Tool[], sent: unknown): ReadToolChoice {
	const { tool_choice: choice } = fields
	const offered = fields.tools ?? []
	if (offered.length === 0)
		return {
			toolChoice: tools.length === 0 ? { type: 'none' } : readFunctionCall(fields.function_call, tools),
			// Without tools, these choices have no effect, and some upstreams refuse them.
			passthrough: choice == null || choice === 'auto' || choice === 'none' ? {} : { tool_choice: sent as Json },
		}
	const hasUnknown = tools.length < offered.length
	const toolChoice = readChoice(choice ?? 'auto', tools, hasUnknown)
	const isCarried = toolChoice === undefined || (tools.length === 0 && choice != null)
	return {
		toolChoice: tools.length === 0 ? { type: 'none' } : (toolChoice ?? { type: 'auto' }),
		passthrough: isCarried
			? { tool_choice: sent as Json }
			: isObject(sent)
				? unknownFields({ tool_choice: sent }, { tool_choice: knownChoiceFields })
				: {},
	}
}

const knownChoiceFields = {
	type: true,
	function: { name: true },
	custom: { name: true },
	allowed_tools: { mode: true, tools: true },
} as const satisfies KnownFields

/** @returns undefined for a choice that only some servers know, or of a tool that only some know. */
function readChoice(
	choice: NonNullable<ChatRequestBody['tool_choice']>,
	tools: readonly Tool[],
	hasUnknown: boolean,
): ToolChoice | undefined {
	if (typeof choice === 'string') return { type: choice }
	switch (choice.type) {
		case 'function':
			return named(choice.function.name, tools, 'tool_choice', hasUnknown)
		case 'custom':
			return named(choice.custom.name, tools, 'tool_choice', hasUnknown)
		case 'allowed_tools': {
			const { mode, tools: allowed } = choice.allowed_tools
			const only = allowed.map((one) => (one.type === 'function' ? one.function.name : one.custom.name))
			const isKnown = only
				.map((name) => named(name, tools, 'tool_choice', hasUnknown))
				.every((one) => one !== undefined)
			return isKnown ? { type: mode, only } : undefined
		}
		case 'unknown':
			return undefined
	}
}

function readFunctionCall(choice: ChatRequestBody['function_call'], tools: readonly Tool[]): ToolChoice {
	if (choice == null) return { type: 'auto' }
	return typeof choice === 'string'
		? { type: choice }
		: (named(choice.name, tools, 'function_call', false) ?? { type: 'auto' })
}

function named(name: string, tools: readonly Tool[], param: string, hasUnknown: boolean): ToolChoice | undefined {
	if (tools.some((tool) => tool.name === name)) return { type: 'named', name }
	if (hasUnknown) return undefined
	throw new ChatError('invalid-request', `Tool choice '${name.slice(0, 100)}' not found in 'tools' parameter.`, {
		param,
	})
}
