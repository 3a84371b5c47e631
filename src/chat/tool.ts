// What a model may call, and how strongly it is told to.

import type { JsonObject } from './json.ts'
import type { CacheLife } from './message.ts'

export type Tool = FunctionTool | CustomTool

export interface FunctionTool {
	readonly type: 'function'
	readonly name: string
	readonly description?: string
	/** JSON Schema of the arguments; absent means that the function takes none. */
	readonly parameters?: JsonObject
	/** The arguments must follow the schema to the letter (OpenAI's strict subset was checked by the dialect). */
	readonly strict: boolean
	readonly cacheMark?: CacheLife
}

/** A tool that takes free text, optionally held to a grammar. */
export interface CustomTool {
	readonly type: 'custom'
	readonly name: string
	readonly description?: string
	readonly grammar?: { readonly syntax: 'lark' | 'regex'; readonly definition: string }
}

/** `only` narrows the choice to some of the tools given; all of them when absent. */
export type ToolChoice =
	| { readonly type: 'none' }
	| { readonly type: 'auto'; readonly only?: readonly string[] }
	| { readonly type: 'required'; readonly only?: readonly string[] }
	| { readonly type: 'named'; readonly name: string }

/** The tools that the choice leaves, in the order given. */
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
