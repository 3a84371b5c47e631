// Writes tools and the tool choice as `tools` and `toolConfig`.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { choosableTools, type Tool } from '../../chat/tool.ts'
import type { GeminiForm } from './form.ts'

/** @throws ChatError `unsupported` for custom tools. */
export function writeTools(
	{ tools, toolChoice }: Pick<ChatRequest, 'tools' | 'toolChoice'>,
	form: GeminiForm,
	drop: Drop,
): JsonObject {
	if (tools.length === 0) return {}
	// The wire restricts the choice to some tools only if the model must call one.
	const offered = toolChoice.type === 'auto' ? choosableTools(tools, toolChoice) : tools
	const declared = { tools: [{ functionDeclarations: offered.map((tool) => writeTool(tool, tools.indexOf(tool))) }] }
	switch (toolChoice.type) {
		case 'none':
			return { ...declared, toolConfig: { functionCallingConfig: { mode: 'NONE' } } }
		case 'named':
			return { ...declared, ...mustCall([toolChoice.name]) }
		case 'required':
			return { ...declared, ...mustCall(toolChoice.only) }
		case 'auto': {
			if (!offered.some((tool) => tool.type === 'function' && tool.strict)) return declared
			if (form.thinking !== 'none') return { ...declared, toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } } }
			drop('tools.function.strict')
			return declared
		}
	}
}

function mustCall(names: readonly string[] | undefined): JsonObject {
	return {
		toolConfig: {
			functionCallingConfig: { mode: 'ANY', allowedFunctionNames: names },
		},
	}
}

function writeTool(tool: Tool, index: number): JsonObject {
	if (tool.type === 'custom')
		throw new ChatError('unsupported', 'This upstream does not support custom tools: use a function tool.', {
			param: `tools[${index}]`,
		})
	const { name, description, parameters } = tool
	return {
		name,
		description,
		parametersJsonSchema: parameters,
	}
}
