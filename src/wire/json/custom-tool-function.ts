// Expresses tools that take free text as functions with a single argument, for wires and servers that only know functions, and reads the
// text back from the arguments of a call.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { CustomTool, Tool } from '../../chat/tool.ts'

/** Name of the argument that carries the text. */
const argument = 'input'

export interface ToolFunction {
	readonly description: string
	readonly parameters: JsonObject
}

/** The function in place of a tool. Its grammar becomes part of the description, since no schema expresses it. */
export function writeCustomToolFunction({ description, grammar }: CustomTool): ToolFunction {
	const rule = grammar === undefined ? '' : `\nIt follows this ${grammar.syntax} grammar: ${grammar.definition}`
	return {
		description: `${description ?? ''}${rule}`.trim(),
		parameters: { type: 'object', properties: { [argument]: { type: 'string' } }, required: [argument] },
	}
}

/** The arguments of a call with this text. */
export function writeCustomToolArguments(text: string): JsonObject {
	return { [argument]: text }
}

/** The text of a call with these arguments; the arguments themselves if they do not have the form of the function. */
export function readCustomToolText(given: string): string {
	try {
		const value: unknown = JSON.parse(given)
		const text = isObject(value) ? value[argument] : undefined
		return typeof text === 'string' ? text : given
	} catch {
		return given
	}
}

/** Names of the tools that take free text. */
export function customToolNames(tools: readonly Tool[]): ReadonlySet<string> {
	return new Set(tools.flatMap(({ type, name }) => (type === 'custom' ? [name] : [])))
}
