// The tools of the Responses API that the client runs, without a name or schema of their own: how each is described to a
// model, which sees a function. Their calls are read and written by client-calls.ts, their results by client-outputs.ts.

import type { JsonObject } from '../../../chat/json.ts'
import type { FunctionTool } from '../../../chat/tool.ts'
import { countField, field, listField, textField } from '../../json/fields.ts'

/** The type of the item of a call. */
export type ClientCallType =
	| 'apply_patch_call'
	| 'computer_call'
	| 'local_shell_call'
	| 'shell_call'
	| 'tool_search_call'

/** The type of the item of a result. */
export type ClientOutputType =
	| 'apply_patch_call_output'
	| 'computer_call_output'
	| 'local_shell_call_output'
	| 'shell_call_output'
	| 'tool_search_output'

interface ClientTool {
	readonly call: ClientCallType
	readonly describe: (tool: JsonObject) => Required<Pick<FunctionTool, 'description' | 'parameters'>>
}

const text = (description: string): JsonObject => ({ type: 'string', description })
const integer = (description: string): JsonObject => ({ type: 'integer', description })
const texts = (description: string): JsonObject => ({ type: 'array', items: { type: 'string' }, description })
const object = (properties: JsonObject, required: readonly string[]): JsonObject => ({
	type: 'object',
	properties,
	required,
	additionalProperties: false,
})

const timeout = integer('Time limit in milliseconds.')

const action = object(
	{
		type: {
			type: 'string',
			enum: ['click', 'double_click', 'drag', 'keypress', 'move', 'screenshot', 'scroll', 'type', 'wait'],
		},
		x: integer('Horizontal position in pixels: for click, double_click, move and scroll.'),
		y: integer('Vertical position in pixels: for click, double_click, move and scroll.'),
		button: {
			type: 'string',
			enum: ['left', 'right', 'wheel', 'back', 'forward'],
			description: 'The mouse button: for click.',
		},
		scroll_x: integer('Horizontal distance in pixels: for scroll.'),
		scroll_y: integer('Vertical distance in pixels: for scroll.'),
		path: {
			type: 'array',
			items: object({ x: { type: 'integer' }, y: { type: 'integer' } }, ['x', 'y']),
			description: 'The positions from start to end: for drag.',
		},
		keys: texts('The keys to press together: for keypress; for other actions, keys to hold.'),
		text: text('The text: for type.'),
	},
	['type'],
)

/** By the tool's type. */
const clientTools = {
	shell: {
		call: 'shell_call',
		describe: (tool) => ({
			description: [
				'Runs shell commands on the machine of the user and returns the standard output, the error output and the exit',
				`code of each command.${describeSkills(tool)}`,
			].join(' '),
			parameters: object(
				{
					commands: texts('The commands, each a line for the shell. They run independently of each other.'),
					timeout_ms: timeout,
					max_output_length: integer('Maximum number of characters of output to return for each command.'),
				},
				['commands'],
			),
		}),
	},
	local_shell: {
		call: 'local_shell_call',
		describe: () => ({
			description: 'Runs one command on the machine of the user and returns its output.',
			parameters: object(
				{
					command: texts('The program and its arguments, such as ["ls", "-l"].'),
					working_directory: text('The directory to run the command in.'),
					timeout_ms: timeout,
					env: {
						type: 'object',
						additionalProperties: { type: 'string' },
						description: 'Additional environment variables.',
					},
					user: text('The user to run the command as.'),
				},
				['command'],
			),
		}),
	},
	apply_patch: {
		call: 'apply_patch_call',
		describe: () => ({
			description: 'Creates, changes or deletes one file in the workspace of the user.',
			parameters: object(
				{
					type: { type: 'string', enum: ['create_file', 'update_file', 'delete_file'] },
					path: text('The path of the file, relative to the root of the workspace.'),
					diff: text(
						[
							'For create_file, the lines of the file, each with the prefix "+". For update_file, the changes: a line',
							'"@@ " with a function or class if needed to find the location, then lines of context with the prefix',
							'" ", removed lines with the prefix "-" and added lines with the prefix "+". Without line numbers and',
							'without headers. Omitted for delete_file.',
						].join(' '),
					),
				},
				['type', 'path'],
			),
		}),
	},
	computer: {
		call: 'computer_call',
		describe: () => ({
			description: 'Controls the computer of the user: performs the actions in their order and returns a screenshot.',
			parameters: object({ actions: { type: 'array', items: action } }, ['actions']),
		}),
	},
	computer_use_preview: {
		call: 'computer_call',
		describe: (tool) => ({
			description: [
				`Controls the computer of the user${describeDisplay(tool)}: performs one action and returns a screenshot.`,
			].join(' '),
			parameters: object({ action }, ['action']),
		}),
	},
	tool_search: {
		call: 'tool_search_call',
		describe: (tool) => ({
			description:
				textField(tool, 'description') ?? 'Searches for more tools. The tools that it finds can be called next.',
			parameters: isParameters(tool.parameters)
				? tool.parameters
				: object({ query: text('What the tools should do.') }, ['query']),
		}),
	},
} as const satisfies Readonly<Record<string, ClientTool>>

export type ClientToolType = keyof typeof clientTools

/**
 * The type of a tool that the client runs; undefined for functions, custom tools and tools that OpenAI runs, such as a
 * shell in a container.
 */
export function clientToolType(tool: unknown): ClientToolType | undefined {
	const type = textField(tool, 'type')
	if (type === undefined || !isClientToolType(type)) return undefined
	if (type === 'shell') return isLocal(field(tool, 'environment')) ? type : undefined
	if (type === 'tool_search') return field(tool, 'execution') === 'client' ? type : undefined
	return type
}

export function isClientToolType(type: string): type is ClientToolType {
	return Object.hasOwn(clientTools, type)
}

const outputTypes = {
	shell_call: 'shell_call_output',
	local_shell_call: 'local_shell_call_output',
	apply_patch_call: 'apply_patch_call_output',
	computer_call: 'computer_call_output',
	tool_search_call: 'tool_search_output',
} as const satisfies Readonly<Record<ClientCallType, ClientOutputType>>

export function isClientCallType(type: string): type is ClientCallType {
	return Object.hasOwn(outputTypes, type)
}

const callTypes: ReadonlyMap<unknown, ClientCallType> = new Map(
	Object.keys(outputTypes)
		.filter(isClientCallType)
		.map((type) => [outputTypes[type], type]),
)

export function isClientOutputType(type: unknown): type is ClientOutputType {
	return callTypes.has(type)
}

/** The type of the calls whose results have this type of item; undefined for other items. */
export function callTypeOfOutput(output: unknown): ClientCallType | undefined {
	return callTypes.get(output)
}

/** The type of the tool's calls. */
export function callTypeOf(type: ClientToolType): ClientCallType {
	return clientTools[type].call
}

/** The name of the tool that is called: its type, if the request does not have it. */
export function nameOfCalled(call: ClientCallType, names: ReadonlyMap<ClientToolType, string>): string {
	const types = Object.keys(clientTools)
		.filter(isClientToolType)
		.filter((type) => clientTools[type].call === call)
	const [name = types[0] ?? call] = types.flatMap((type) => names.get(type) ?? [])
	return name
}

/** The tool as a function of this name. */
export function describeClientTool(type: ClientToolType, tool: JsonObject, name: string): FunctionTool {
	return { type: 'function', name, ...clientTools[type].describe(tool), strict: false }
}

/** The fields of the tool that its description uses, or that have no meaning for a model. */
export const clientToolFields: Readonly<Record<ClientToolType, object>> = {
	shell: { environment: true },
	local_shell: {},
	apply_patch: {},
	computer: {},
	computer_use_preview: { display_height: true, display_width: true, environment: true },
	tool_search: { execution: true, description: true, parameters: true },
}

function isLocal(environment: unknown): boolean {
	return environment == null || field(environment, 'type') === 'local'
}

function isParameters(value: unknown): value is JsonObject {
	return textField(value, 'type') === 'object'
}

/** The skills of a local environment, which the model reads through the shell. */
function describeSkills(tool: JsonObject): string {
	const skills = listField(tool.environment, 'skills').map((skill) => {
		const [name, description, path] = ['name', 'description', 'path'].map((one) => textField(skill, one) ?? '')
		return `\n- ${name}: ${description} (${path})`
	})
	return skills.length === 0 ? '' : `\n\nSkills, which are described by files on that machine:${skills.join('')}`
}

function describeDisplay(tool: JsonObject): string {
	const width = countField(tool, 'display_width')
	const height = countField(tool, 'display_height')
	const environment = textField(tool, 'environment')
	const system = environment === undefined ? '' : ` (${environment})`
	return width === undefined || height === undefined ? system : `${system}, whose display has ${width}x${height} pixels`
}
