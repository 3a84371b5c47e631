// Writes the tools of a chat request, and the choice among them.

import type { Json, JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { restFor } from '../../chat/rest.ts'
import type { Tool, ToolChoice } from '../../chat/tool.ts'
import { writeCustomToolFunction } from '../json/custom-tool-function.ts'
import { removeSchemaBounds } from '../json/schema-bounds.ts'
import { writeCacheMark } from './cache-marks.ts'
import type { FormFor } from './chat-request-form.ts'
import { openaiWire } from './formats.ts'
import { withRest } from './nested-rest.ts'

type ToolsForm = FormFor<'messages-and-tools' | 'schemas'>

/** The fields of the body that concern tools. */
export function writeTools(
	{ tools, toolChoice, parallelToolCalls }: ChatRequest,
	form: ToolsForm,
	drop: Drop,
): JsonObject {
	return {
		tools: tools.map((tool) => writeTool(tool, form, drop)),
		...writeToolChoice(toolChoice, form.customTools === 'custom' ? tools : []),
		...(parallelToolCalls ? {} : { parallel_tool_calls: false }),
	}
}

function writeTool(tool: Tool, form: ToolsForm, drop: Drop): JsonObject {
	const { name, description, cacheMark, rest } = tool
	const mark = writeCacheMark(cacheMark, undefined, form, drop)
	switch (tool.type) {
		case 'function': {
			const { strict } = tool
			const parameters = strict ? writeSchema(tool.parameters, 'tools', form, drop) : tool.parameters
			const inner = writeCacheMark(cacheMark, 'function', form, drop)
			const described = { name, description, parameters, strict: strict ? true : undefined, ...inner }
			return withRest({ type: 'function', function: described, ...mark }, rest)
		}
		case 'custom': {
			if (form.customTools === 'function') {
				for (const field of Object.keys(restFor(openaiWire, rest))) drop(`tools.${field}`)
				return { type: 'function', function: { name, ...writeCustomToolFunction(tool) }, ...mark }
			}
			const { grammar } = tool
			const format = grammar === undefined ? undefined : { type: 'grammar', grammar: { ...grammar } }
			return withRest({ type: 'custom', custom: { name, description, format }, ...mark }, rest)
		}
	}
}

/** The tools of the body with those that only some servers know, in the client's order. */
export function withOtherTools(
	written: Json | undefined,
	others: readonly { readonly index: number; readonly tool: Json | undefined }[],
	{ parallelToolCalls }: ChatRequest,
): JsonObject {
	const tools: Json[] = Array.isArray(written) ? [...written] : []
	for (const { index, tool } of others) if (tool !== undefined) tools.splice(index, 0, tool)
	return { tools, ...(parallelToolCalls ? {} : { parallel_tool_calls: false }) }
}

/** @param of the field that contains the schema. */
export function writeSchema(
	schema: JsonObject | undefined,
	of: string,
	{ schemaBounds }: FormFor<'schemas'>,
	drop: Drop,
): JsonObject | undefined {
	if (schema === undefined || schemaBounds === 'send') return schema
	return removeSchemaBounds(schema, (keyword) => drop(`${of}.${keyword}`))
}

/** @param tools the tools, if those of type `custom` are sent as such. */
function writeToolChoice(choice: ToolChoice, tools: readonly Tool[]): JsonObject {
	switch (choice.type) {
		case 'none':
			return { tool_choice: 'none' }
		case 'named':
			return { tool_choice: writeToolName(choice.name, tools) }
		case 'auto':
		case 'required': {
			if (choice.only !== undefined)
				return {
					tool_choice: {
						type: 'allowed_tools',
						allowed_tools: { mode: choice.type, tools: choice.only.map((name) => writeToolName(name, tools)) },
					},
				}
			return choice.type === 'auto' ? {} : { tool_choice: 'required' }
		}
	}
}

function writeToolName(name: string, tools: readonly Tool[]): JsonObject {
	const isCustom = tools.some((tool) => tool.type === 'custom' && tool.name === name)
	return isCustom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } }
}
