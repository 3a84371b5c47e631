// `tools` and `tool_choice` of a request read into canonical ones.

import type { JsonObject } from '../../chat/json.ts'
import type { FunctionTool, ToolChoice } from '../../chat/tool.ts'
import { strictViolation } from '../json/strict-schema.ts'
import { knownTool } from './known-tools.ts'
import { type BlockReader, readCacheMark } from './message-blocks-reader.ts'
import type { PromptBody, ToolBody } from './message-request-schema.ts'
import { fieldError, unsupportedError } from './schema-error.ts'

export interface ReadTools {
	readonly tools: readonly FunctionTool[]
	/** They say more than canonical tools can: an upstream of this wire wants them as they are. */
	readonly sayMore: boolean
}

/** @throws ChatError `unsupported` for tools that only Anthropic's own servers can run. */
export function readTools(bodies: PromptBody['tools'], reader: Pick<BlockReader, 'dropped'>): ReadTools {
	const tools = (bodies ?? []).map((body, index) => readTool(body, index, reader))
	return { tools, sayMore: (bodies ?? []).some(saysMore) }
}

function readTool(body: ToolBody, index: number, { dropped }: Pick<BlockReader, 'dropped'>): FunctionTool {
	const { type, name, description, input_schema, strict, cache_control } = body
	const mark = readCacheMark(cache_control)
	if (!isCustom(body)) {
		const known = knownTool(type ?? '')
		if (known === undefined)
			throw unsupportedError(
				['tools', index, 'type'],
				`Tools of type '${(type ?? '').slice(0, 100)}' run on Anthropic's servers or are not known here; tools that the client carries out itself can be given as 'custom'.`,
			)
		if (name === undefined) throw fieldError(['tools', index, 'name'], 'Field required')
		return { type: 'function', name, ...known, strict: false, ...mark }
	}
	if (name === undefined) throw fieldError(['tools', index, 'name'], 'Field required')
	if (input_schema == null) throw fieldError(['tools', index, 'input_schema'], 'Field required')
	const parameters = input_schema as JsonObject
	return {
		type: 'function',
		name,
		...(description == null ? {} : { description }),
		parameters,
		strict: readStrict(strict, parameters, dropped),
		...mark,
	}
}

/** This API takes more schemas as strict than the subset that every engine can hold a model to. */
function readStrict(strict: boolean | null | undefined, schema: JsonObject, dropped: Set<string>): boolean {
	if (strict !== true) return false
	if (strictViolation(schema) === undefined) return true
	dropped.add('strict')
	return false
}

function isCustom({ type }: ToolBody): boolean {
	return type == null || type === 'custom'
}

const canonical: ReadonlySet<string> = new Set([
	'type',
	'name',
	'description',
	'input_schema',
	'strict',
	'cache_control',
	// Arguments are always handed on as they come.
	'eager_input_streaming',
])

function saysMore(tool: ToolBody): boolean {
	return !isCustom(tool) || Object.entries(tool).some(([field, value]) => value != null && !canonical.has(field))
}

/** @throws ChatError `invalid-request` for a choice among tools that are not there. */
export function readToolChoice(choice: PromptBody['tool_choice'], tools: readonly FunctionTool[]): ToolChoice {
	if (tools.length === 0) {
		if (choice == null || choice.type === 'none') return { type: 'none' }
		throw fieldError(['tool_choice'], 'tool_choice may only be specified while providing tools')
	}
	switch (choice?.type) {
		case undefined:
		case 'auto':
			return { type: 'auto' }
		case 'any':
			return { type: 'required' }
		case 'none':
			return { type: 'none' }
		case 'tool': {
			const { name } = choice
			if (tools.some((tool) => tool.name === name)) return { type: 'named', name }
			throw fieldError(['tool_choice'], `Tool '${name.slice(0, 100)}' not found in provided tools`)
		}
	}
}

export function readParallel(choice: PromptBody['tool_choice']): boolean {
	return choice == null || choice.type === 'none' || choice.disable_parallel_tool_use !== true
}
