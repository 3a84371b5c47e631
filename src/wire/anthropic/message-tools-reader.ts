// Reads `tools` and `tool_choice` of a request into canonical tools and tool choice.

import type { JsonObject } from '../../chat/json.ts'
import type { FunctionTool, ToolChoice } from '../../chat/tool.ts'
import { strictViolation } from '../json/strict-schema.ts'
import { readRest } from './block-rest.ts'
import { knownTool } from './known-tools.ts'
import { type BlockReader, readCacheMark } from './message-blocks-reader.ts'
import type { MessagesToolBody, PromptBody } from './message-request-schema.ts'
import { fieldError, unsupportedError } from './schema-error.ts'

export interface ReadTools {
	readonly tools: readonly FunctionTool[]
	/** Some tools are of types that the API defines, so an upstream of this wire receives them unchanged. */
	readonly haveDefinedTypes: boolean
}

/** @throws ChatError `unsupported` for tools that only Anthropic's servers can run. */
export function readTools(bodies: PromptBody['tools'], reader: Pick<BlockReader, 'dropped'>): ReadTools {
	const tools = (bodies ?? []).map((body, index) => readTool(body, index, reader))
	return { tools, haveDefinedTypes: (bodies ?? []).some((body) => !isCustom(body)) }
}

function readTool(body: MessagesToolBody, index: number, { dropped }: Pick<BlockReader, 'dropped'>): FunctionTool {
	const { type, name, description, input_schema, strict, cache_control } = body
	const mark = readCacheMark(cache_control)
	if (!isCustom(body)) {
		const known = knownTool(type ?? '')
		if (known === undefined)
			throw unsupportedError(
				['tools', index, 'type'],
				`Tools of type '${(type ?? '').slice(0, 100)}' are not supported: they run on Anthropic's servers or are unknown to this server. Define tools that the client runs as 'custom'.`,
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
		description: description ?? undefined,
		parameters,
		strict: readStrict(strict, parameters, dropped),
		...mark,
		rest: readRest(body, canonical),
	}
}

/** This API accepts strict schemas outside the subset that every engine can enforce. */
function readStrict(strict: boolean | null | undefined, schema: JsonObject, dropped: Set<string>): boolean {
	if (strict !== true) return false
	if (strictViolation(schema) === undefined) return true
	dropped.add('strict')
	return false
}

function isCustom({ type }: MessagesToolBody): boolean {
	return type == null || type === 'custom'
}

const canonical: ReadonlySet<string> = new Set([
	'type',
	'name',
	'description',
	'input_schema',
	'strict',
	'cache_control',
])

/** @throws ChatError `invalid-request` for a choice of a tool that the request does not define. */
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
