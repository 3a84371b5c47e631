// The names of tools. A model has one flat list of names, so a namespace, as Codex sends them, becomes a prefix of the
// name and is separated from it again for the client, and a tool that the client runs gets a name.

import { isObject, type JsonObject } from '../../../chat/json.ts'
import { asList, listField, textField } from '../../json/fields.ts'
import { type ClientToolType, clientToolType } from './client-tools.ts'

/** The client's name of the tool. */
export interface ToolName {
	readonly name: string
	readonly namespace?: string
}

/** Namespaces of MCP servers already end with the separator. */
export function flattenName({ name, namespace }: ToolName): string {
	if (namespace === undefined || namespace === '') return name
	return namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`
}

/** How the client knows a tool: by its name, or as one that it runs, which has none. */
export type CalledTool =
	| ({ readonly type: 'named' } & ToolName)
	| { readonly type: 'client'; readonly tool: ClientToolType }

/** Finds a tool by its flat name. A name that no tool has is unchanged. */
export type Unflatten = (flat: string) => CalledTool

/** @param tools the list as the client sent it. */
export function unflattenBy(tools: JsonObject['tools']): Unflatten {
	const names = new Map<string, CalledTool>()
	for (const { namespace, name } of namedTools(asList(tools), undefined))
		if (namespace !== undefined) names.set(flattenName({ name, namespace }), { type: 'named', name, namespace })
	for (const [tool, name] of clientToolNames(asList(tools))) names.set(name, { type: 'client', tool })
	return (flat) => names.get(flat) ?? { type: 'named', name: flat }
}

/** The names of the tools that the client runs: their types, unless a function has this name. */
export function clientToolNames(tools: readonly unknown[]): ReadonlyMap<ClientToolType, string> {
	const taken = new Set(flatNames(tools))
	const names = new Map<ClientToolType, string>()
	for (const tool of tools) {
		const type = clientToolType(tool)
		if (type === undefined || names.has(type)) continue
		let name: string = type
		while (taken.has(name)) name += '_tool'
		taken.add(name)
		names.set(type, name)
	}
	return names
}

/** The names of functions and custom tools. */
export function flatNames(tools: readonly unknown[]): readonly string[] {
	return namedTools(tools, undefined).map(flattenName)
}

function namedTools(tools: readonly unknown[], namespace: string | undefined): readonly ToolName[] {
	return tools.flatMap((tool): readonly ToolName[] => {
		const name = textField(tool, 'name')
		if (!isObject(tool) || name === undefined) return []
		if (tool.type === 'namespace') return namedTools(listField(tool, 'tools'), name)
		return [namespace === undefined ? { name } : { name, namespace }]
	})
}
