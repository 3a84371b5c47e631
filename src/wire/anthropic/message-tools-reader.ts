// Reads `tools` and `tool_choice` of a request into canonical tools and tool choice.

import type { JsonObject } from '../../chat/json.ts'
import type { FunctionTool, ToolChoice } from '../../chat/tool.ts'
import { strictViolation } from '../json/strict-schema.ts'
import { readRest } from './block-rest.ts'
import { knownTool } from './known-tools.ts'
import { type BlockReader, readCacheMark } from './message-blocks-reader.ts'
import type { MessagesToolBody, PromptBody } from './message-request-schema.ts'
import { fieldError } from './schema-error.ts'

export interface ReadTools {
	/** The tools that the client runs. */
	readonly tools: readonly FunctionTool[]
	/** Some tools are of types that the API defines, so an upstream of this wire receives them unchanged. */
	readonly haveDefinedTypes: boolean
	/** The tools that only an upstream of this wire has, because it runs them or defines what the client runs. */
	readonly own: readonly OwnTool[]
}

export interface OwnTool {
	readonly index: number
	readonly type: string
	readonly name: string | undefined
}

export function readTools(bodies: PromptBody['tools'], reader: Pick<BlockReader, 'dropped'>): ReadTools {
	const tools: FunctionTool[] = []
	const own: OwnTool[] = []
	for (const [index, body] of (bodies ?? []).entries()) {
		const tool = readTool(body, index, reader)
		if (tool.type === 'function') tools.push(tool)
		else own.push(tool.own)
	}
	return { tools, haveDefinedTypes: (bodies ?? []).some((body) => !isCustom(body)), own }
}

function readTool(
	body: MessagesToolBody,
	index: number,
	{ dropped }: Pick<BlockReader, 'dropped'>,
): FunctionTool | { readonly type: 'own'; readonly own: OwnTool } {
	const { type, name, description, input_schema, strict, cache_control } = body
	const mark = readCacheMark(cache_control)
	if (!isCustom(body)) {
		const known = knownTool(type ?? '')
		if (known === undefined) return { type: 'own', own: { index, type: type ?? '', name } }
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

/**
 * A choice that concerns a tool of this wire only becomes `auto` or `none`: the upstream gets the client's own.
 *
 * @throws ChatError `invalid-request` for a choice of a tool that the request does not define.
 */
export function readToolChoice(
	choice: PromptBody['tool_choice'],
	{ tools, own }: Pick<ReadTools, 'tools' | 'own'>,
): ToolChoice {
	if (own.length > 0) {
		const isOwn = choice?.type === 'tool' && own.some(({ name }) => name === choice.name)
		if (tools.length === 0 && (isOwn || choice?.type !== 'tool')) return { type: 'none' }
		if (isOwn) return { type: 'auto' }
	}
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
