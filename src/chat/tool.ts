// The tools that a model may call, and the tool choice.

import type { JsonObject } from './json.ts'
import type { CacheMark } from './message.ts'
import type { Rest } from './rest.ts'

export type Tool = FunctionTool | CustomTool

export interface FunctionTool {
	readonly type: 'function'
	readonly name: string
	readonly description?: string
	/** JSON Schema of the arguments; absent if the function takes none. */
	readonly parameters?: JsonObject
	/**
	 * The arguments must match the schema exactly. The dialect has checked that the schema is in OpenAI's strict subset.
	 */
	readonly strict: boolean
	readonly cacheMark?: CacheMark | undefined
	readonly rest?: Rest | undefined
}

/** A tool that takes free text, optionally constrained by a grammar. */
export interface CustomTool {
	readonly type: 'custom'
	readonly name: string
	readonly description?: string
	readonly grammar?: { readonly syntax: 'lark' | 'regex'; readonly definition: string }
	readonly cacheMark?: CacheMark | undefined
	readonly rest?: Rest | undefined
}

/** `only` restricts the choice to some of the tools; all of them if absent. */
export type ToolChoice =
	| { readonly type: 'none' }
	| { readonly type: 'auto'; readonly only?: readonly string[] }
	| { readonly type: 'required'; readonly only?: readonly string[] }
	| { readonly type: 'named'; readonly name: string }

/** The tools that the choice allows, in their original order. */
export function choosableTools(tools: readonly Tool[], choice: ToolChoice): readonly Tool[] {
	switch (choice.type) {
		case 'none':
			return []
		case 'named':
			return tools.filter((tool) => tool.name === choice.name)
		case 'auto':
		case 'required': {
			const only = choice.only
			return only === undefined ? tools : tools.filter((tool) => only.includes(tool.name))
		}
	}
}
