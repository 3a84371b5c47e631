// Tools in a namespace, as Codex sends them. A model knows one flat list of names, so a namespace becomes the beginning of a name, and is
// told apart again for the client.

import type { JsonObject } from '../../../chat/json.ts'
import { isObject, listField, textField } from '../fields.ts'

/** As the client calls it. */
export interface ToolName {
	readonly name: string
	readonly namespace?: string
}

/** Namespaces of MCP servers end with the separator already. */
export function flattenName({ name, namespace }: ToolName): string {
	if (namespace === undefined || namespace === '') return name
	return namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`
}

/** From a flat name to the client's; names without a namespace are left as they are. */
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
