// Reads tools from a file: what this page exports, or the `tools` of a request in a form of OpenAI's APIs.

import { type FunctionTool, isToolName } from '../state/function-tools.ts'
import { emptySchema, isRecord } from '../state/schema-rows.ts'

export interface ToolFile {
	readonly tools: readonly FunctionTool[]
	/** The number of entries that are no function tools. */
	readonly leftOut: number
}

/** Files with more bytes are refused. */
const mostBytes = 1_000_000

/** Undefined if the file has no list of tools. */
export async function readToolFile(file: Blob): Promise<ToolFile | undefined> {
	if (file.size > mostBytes) return undefined
	return readTools(await file.text())
}

/** @param content JSON: a list, or an object with the list `tools`. */
export function readTools(content: string): ToolFile | undefined {
	const list = listOf(content)
	if (list === undefined) return undefined
	const tools = list.flatMap((entry) => toolOf(entry) ?? [])
	return tools.length === 0 ? undefined : { tools, leftOut: list.length - tools.length }
}

function listOf(content: string): readonly unknown[] | undefined {
	try {
		const parsed: unknown = JSON.parse(content.replace(/^\uFEFF/, ''))
		const list = isRecord(parsed) ? parsed.tools : parsed
		return Array.isArray(list) ? list : undefined
	} catch {
		return undefined
	}
}

/** Chat completions have the properties in `function`, responses beside `type`. */
function toolOf(entry: unknown): FunctionTool | undefined {
	if (!isRecord(entry) || (entry.type !== undefined && entry.type !== 'function')) return undefined
	const { name, description, parameters } = isRecord(entry.function) ? entry.function : entry
	if (typeof name !== 'string' || !isToolName(name)) return undefined
	return {
		name,
		description: typeof description === 'string' ? description : '',
		parameters: isRecord(parameters) ? parameters : emptySchema,
	}
}
