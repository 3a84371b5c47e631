// Reads the flat tools of a Responses request and its tool choice. Tools that OpenAI runs itself are dropped unless the
// request forces one.

import type { z } from 'zod'
import { ChatError } from '../../../chat/error.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { Tool, ToolChoice } from '../../../chat/tool.ts'
import { field, textField } from '../../json/fields.ts'
import { valueAt } from '../../json/schema-issue.ts'
import { strictViolation } from '../../json/strict-schema.ts'
import { schemaErrorAt } from '../schema-error.ts'
import { unknownFields } from './item-rest.ts'
import { customTool, functionTool, namespaceTool, type ResponsesRequestBody } from './request-schema.ts'
import { flattenName } from './tool-name.ts'

/** @throws ChatError `invalid-request` for a tool that violates its schema. */
export function readTools(fields: ResponsesRequestBody, body: unknown): readonly Tool[] {
	return readToolList(fields.tools ?? [], ['tools'], undefined, body)
}

type ToolBodies = readonly { readonly type: string }[]
type ToolPath = readonly (string | number)[]

function readToolList(tools: ToolBodies, at: ToolPath, namespace: string | undefined, body: unknown): readonly Tool[] {
	return tools.flatMap((tool, index): readonly Tool[] => {
		const path = [...at, index]
		const parse = <Schema extends z.ZodType>(schema: Schema): z.infer<Schema> => {
			const parsed = schema.safeParse(tool)
			if (!parsed.success) throw schemaErrorAt(path, parsed.error, body)
			return parsed.data
		}
		const restOfTool = (known: object) => unknownFields(valueAt(body, path), known)
		switch (tool.type) {
			case 'function':
				return [{ ...readFunction(parse(functionTool), namespace, index), rest: restOfTool(functionTool.shape) }]
			case 'custom':
				return [{ ...readCustom(parse(customTool), namespace), rest: restOfTool(customTool.shape) }]
			case 'namespace': {
				const { name, tools: inner } = parse(namespaceTool)
				return readToolList(inner, [...path, 'tools'], name, body)
			}
			default:
				return []
		}
	})
}

/** The types of the tools that are left out, such as `tools.web_search`, and the descriptions of namespaces. */
export function droppedTools(tools: ToolBodies): readonly string[] {
	return tools.flatMap((tool): readonly string[] => {
		if (tool.type === 'function' || tool.type === 'custom') return []
		if (tool.type !== 'namespace') return [`tools.${tool.type.slice(0, 100)}`]
		const { data } = namespaceTool.safeParse(tool)
		if (data === undefined) return []
		return [...(data.description ? ['tools.namespace.description'] : []), ...droppedTools(data.tools)]
	})
}

function readFunction(tool: z.infer<typeof functionTool>, namespace: string | undefined, index: number): Tool {
	const { description, parameters, strict } = tool
	if (strict === true && parameters != null)
		checkStrict(parameters, `function '${tool.name}'`, `tools[${index}].parameters`)
	return {
		type: 'function',
		name: flatten(tool.name, namespace),
		description: description ?? undefined,
		parameters: parameters == null ? undefined : (parameters as JsonObject),
		strict: strict ?? false,
	}
}

function readCustom({ name, description, format }: z.infer<typeof customTool>, namespace: string | undefined): Tool {
	return {
		type: 'custom',
		name: flatten(name, namespace),
		description: description ?? undefined,
		grammar: format?.type === 'grammar' ? { syntax: format.syntax, definition: format.definition } : undefined,
	}
}

function flatten(name: string, namespace: string | null | undefined): string {
	return flattenName({ name, namespace: namespace ?? undefined })
}

/** @throws ChatError `invalid-request` if `schema` is outside OpenAI's strict subset. */
export function checkStrict(schema: Readonly<Record<string, unknown>>, location: string, param: string): void {
	const violation = strictViolation(schema as JsonObject)
	if (violation === undefined) return
	throw new ChatError(
		'invalid-request',
		`Invalid schema for ${location}: In context=${violation.context}, ${violation.message}`,
		{ param, code: 'invalid_function_parameters' },
	)
}

/**
 * @throws ChatError `unsupported` if the forced tool is not run here, `invalid-request` if it is not among the tools.
 */
export function readToolChoice(choice: ResponsesRequestBody['tool_choice'], tools: readonly Tool[]): ToolChoice {
	if (choice == null) return { type: tools.length === 0 ? 'none' : 'auto' }
	if (typeof choice === 'string') {
		if (choice === 'required' && tools.length === 0)
			throw new ChatError(
				'unsupported',
				"'tool_choice' is 'required', but the request has no tools that this server can call.",
				{
					param: 'tool_choice',
					code: 'unsupported_value',
				},
			)
		return { type: tools.length === 0 ? 'none' : choice }
	}
	switch (choice.type) {
		case 'function':
		case 'custom':
			return { type: 'named', name: given(choice, tools) }
		case 'allowed_tools':
			return readAllowed(choice, tools)
		default:
			throw notRun(choice.type)
	}
}

type ResponsesToolChoice = Exclude<ResponsesRequestBody['tool_choice'], string | null | undefined>

/** The list at the top level, or, in the form of Chat Completions, in the object `allowed_tools`. */
function readAllowed(choice: ResponsesToolChoice, tools: readonly Tool[]): ToolChoice {
	const { mode, tools: allowed } = choice.allowed_tools ?? choice
	const own = (allowed ?? []).filter(({ type }) => type === 'function' || type === 'custom')
	const only = own.map((one) => given(one, tools))
	if (only.length > 0) return { type: mode ?? 'auto', only }
	if (mode === 'required') throw notRun(allowed?.[0]?.type ?? 'allowed_tools')
	return { type: 'none' }
}

function given(choice: Pick<ResponsesToolChoice, 'name' | 'namespace' | 'type'>, tools: readonly Tool[]): string {
	const name = flatten(nameOf(choice), choice.namespace)
	if (name === '')
		throw new ChatError('invalid-request', "Missing required parameter: 'tool_choice.name'.", {
			param: 'tool_choice.name',
			code: 'missing_required_parameter',
		})
	if (tools.some((tool) => tool.name === name)) return name
	throw new ChatError('invalid-request', `Tool choice '${name.slice(0, 100)}' not found in 'tools' parameter.`, {
		param: 'tool_choice',
	})
}

/** The name at the top level, or, in the form of Chat Completions, in an object that is named after the type. */
function nameOf(choice: Pick<ResponsesToolChoice, 'name' | 'type'>): string {
	const { type, name } = choice
	return name ?? textField(field(choice, type), 'name') ?? ''
}

function notRun(type: string): ChatError {
	return new ChatError(
		'unsupported',
		`This server does not run tools of type '${type.slice(0, 100)}'; only 'function' and 'custom' tools can be forced.`,
		{ param: 'tool_choice', code: 'unsupported_value' },
	)
}
