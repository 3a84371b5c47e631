// Reads the flat tools of a Responses request and its tool choice. Tools that the client runs become functions; tools that
// OpenAI runs itself are dropped unless the request forces one.

import type { z } from 'zod'
import { ChatError } from '../../../chat/error.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { Tool, ToolChoice } from '../../../chat/tool.ts'
import { field, textField } from '../../json/fields.ts'
import { type FieldPath, valueAt, writePath } from '../../json/schema-issue.ts'
import { strictViolation } from '../../json/strict-schema.ts'
import { schemaErrorAt } from '../schema-error.ts'
import {
	type ClientToolType,
	clientToolFields,
	clientToolType,
	describeClientTool,
	isClientToolType,
} from './client-tools.ts'
import { unknownFields } from './item-rest.ts'
import { customTool, functionTool, namespaceTool, type ResponsesRequestBody } from './request-schema.ts'
import { clientToolNames, flattenName } from './tool-name.ts'

/** A list of tools within a body. */
export interface ToolList {
	readonly tools: ToolBodies
	readonly body: unknown
	readonly path: FieldPath
}

export interface ReadToolItems {
	/** Each name once: a later tool replaces an earlier one. */
	readonly tools: readonly Tool[]
	/** The names of the tools that the client runs. */
	readonly clientNames: ReadonlyMap<ClientToolType, string>
}

type ToolBodies = readonly { readonly type: string }[]

/** @throws ChatError `invalid-request` for a tool that violates its schema. */
export function readTools(lists: readonly ToolList[]): ReadToolItems {
	const clientNames = clientToolNames(lists.flatMap(({ tools }) => tools))
	const tools = new Map<string, Tool>()
	for (const list of lists) for (const tool of readToolList(list, undefined, clientNames)) tools.set(tool.name, tool)
	return { tools: [...tools.values()], clientNames }
}

function readToolList(
	{ tools, body, path: at }: ToolList,
	namespace: string | undefined,
	clientNames: ReadToolItems['clientNames'],
): readonly Tool[] {
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
				return [{ ...readFunction(parse(functionTool), namespace, path), rest: restOfTool(functionTool.shape) }]
			case 'custom':
				return [{ ...readCustom(parse(customTool), namespace), rest: restOfTool(customTool.shape) }]
			case 'namespace': {
				const { name, tools: inner } = parse(namespaceTool)
				return readToolList({ tools: inner, body, path: [...path, 'tools'] }, name, clientNames)
			}
			default: {
				const type = clientToolType(tool)
				const name = type === undefined ? undefined : clientNames.get(type)
				if (type === undefined || name === undefined) return []
				// The body is parsed JSON.
				const given = valueAt(body, path) as JsonObject
				return [{ ...describeClientTool(type, given, name), rest: restOfTool(clientToolFields[type]) }]
			}
		}
	})
}

/** The types of the tools that are left out, such as `tools.web_search`, and the descriptions of namespaces. */
export function droppedTools(tools: ToolBodies): readonly string[] {
	return tools.flatMap((tool): readonly string[] => {
		if (tool.type === 'function' || tool.type === 'custom' || clientToolType(tool) !== undefined) return []
		if (tool.type !== 'namespace') return [`tools.${tool.type.slice(0, 100)}`]
		const { data } = namespaceTool.safeParse(tool)
		if (data === undefined) return []
		return [...(data.description ? ['tools.namespace.description'] : []), ...droppedTools(data.tools)]
	})
}

function readFunction(tool: z.infer<typeof functionTool>, namespace: string | undefined, path: FieldPath): Tool {
	const { description, parameters, strict } = tool
	if (strict === true && parameters != null)
		checkStrict(parameters, `function '${tool.name}'`, writePath([...path, 'parameters']))
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
 * @param mayGrow the conversation, which is not known yet, may have more tools: a tool that is missing is no error.
 * @throws ChatError `unsupported` if the forced tool is not run here, `invalid-request` if it is not among the tools.
 */
export function readToolChoice(
	choice: ResponsesRequestBody['tool_choice'],
	tools: ReadToolItems,
	mayGrow: boolean,
): ToolChoice {
	try {
		return chooseTools(choice, tools)
	} catch (thrown) {
		if (mayGrow) return { type: 'auto' }
		throw thrown
	}
}

function chooseTools(choice: ResponsesRequestBody['tool_choice'], given: ReadToolItems): ToolChoice {
	const { tools } = given
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
	if (choice.type === 'allowed_tools') return readAllowed(choice, given)
	const name = chosenName(choice, given)
	if (name === undefined) throw notRun(choice.type)
	return { type: 'named', name }
}

type ResponsesToolChoice = Exclude<ResponsesRequestBody['tool_choice'], string | null | undefined>

/** The list at the top level, or, in the form of Chat Completions, in the object `allowed_tools`. */
function readAllowed(choice: ResponsesToolChoice, given: ReadToolItems): ToolChoice {
	const { mode, tools: allowed } = choice.allowed_tools ?? choice
	const only = (allowed ?? []).flatMap((one) => chosenName(one, given) ?? [])
	if (only.length > 0) return { type: mode ?? 'auto', only }
	if (mode === 'required') throw notRun(allowed?.[0]?.type ?? 'allowed_tools')
	return { type: 'none' }
}

/**
 * The name that the model knows the tool by; undefined for a tool that is not run here.
 *
 * @throws ChatError `invalid-request` if it is not among the tools.
 */
function chosenName(
	choice: Pick<ResponsesToolChoice, 'name' | 'namespace' | 'type'>,
	{ tools, clientNames }: ReadToolItems,
): string | undefined {
	const { type } = choice
	if (type !== 'function' && type !== 'custom') {
		const name = clientNamesOf(type).flatMap((one) => clientNames.get(one) ?? [])[0]
		// A choice for a tool that the client runs needs the tool; another one is for a tool that is not run here.
		if (name === undefined && alwaysClient.has(type)) throw notFound(type)
		return name
	}
	const name = flatten(nameOf(choice), choice.namespace)
	if (name === '')
		throw new ChatError('invalid-request', "Missing required parameter: 'tool_choice.name'.", {
			param: 'tool_choice.name',
			code: 'missing_required_parameter',
		})
	if (tools.some((tool) => tool.name === name)) return name
	throw notFound(name)
}

/** The types of tools that a choice of this type names. */
function clientNamesOf(type: string): readonly ClientToolType[] {
	if (type === 'computer_use' || type === 'computer') return ['computer', 'computer_use_preview']
	return isClientToolType(type) ? [type] : []
}

/** Types of choices whose tools are never run by OpenAI. */
const alwaysClient: ReadonlySet<string> = new Set([
	'apply_patch',
	'computer',
	'computer_use',
	'computer_use_preview',
	'local_shell',
])

/** The name at the top level, or, in the form of Chat Completions, in an object that is named after the type. */
function nameOf(choice: Pick<ResponsesToolChoice, 'name' | 'type'>): string {
	const { type, name } = choice
	return name ?? textField(field(choice, type), 'name') ?? ''
}

function notFound(name: string): ChatError {
	return new ChatError('invalid-request', `Tool choice '${name.slice(0, 100)}' not found in 'tools' parameter.`, {
		param: 'tool_choice',
	})
}

function notRun(type: string): ChatError {
	return new ChatError(
		'unsupported',
		`This server does not run tools of type '${type.slice(0, 100)}'; only functions, custom tools and tools that the client runs can be forced.`,
		{ param: 'tool_choice', code: 'unsupported_value' },
	)
}
