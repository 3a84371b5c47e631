// Tools in a namespace, as Codex sends them. A model has one flat list of names, so the namespace becomes a prefix of
// the name and is separated from it again for the client.

import { isObject, type JsonObject } from '../../../chat/json.ts'
import { listField, textField } from '../../json/fields.ts'

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

/** Converts a flat name to the client's. Names without a namespace are unchanged. */
export type Unflatten = (flat: string) => ToolName

/** @param tools the list as the client sent it. */
export function unflattenBy(tools: JsonObject['tools']): Unflatten {
	const names = new Map<string, ToolName>()
	for (const tool of Array.isArray(tools) ? tools : []) {
		if (!isObject(tool) || tool.type !== 'namespace') continue
		const namespace = textField(tool, 'name')
		for (const inner of listField(tool, 'tools')) {
			const name = textField(inner, 'name')
			if (name !== undefined && namespace !== undefined)
				names.set(flattenName({ name, namespace }), { name, namespace })
		}
	}
	return (flat) => names.get(flat) ?? { name: flat }
}
