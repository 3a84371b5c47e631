// Unknown fields of objects that the canonical request represents otherwise. `passthrough` has them by their paths, such
// as `thinking.display`. This file does not know how the objects are translated.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { readRest } from './block-rest.ts'

const canonicalFields = {
	thinking: new Set(['type', 'budget_tokens']),
	tool_choice: new Set(['type', 'name', 'disable_parallel_tool_use']),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>

type Outer = keyof typeof canonicalFields

const outers: readonly Outer[] = ['thinking', 'tool_choice']

/** The fields by their paths. Not the one by which a client hides thinking: the writer of the answer omits it. */
export function readInnerFields(body: Readonly<Partial<Record<Outer, unknown>>>): JsonObject {
	return Object.fromEntries(
		outers.flatMap((outer) =>
			Object.entries(readRest(body[outer], canonicalFields[outer])?.fields ?? {})
				.map(([name, value]) => [`${outer}.${name}`, value] as const)
				.filter(([path, value]) => path !== 'thinking.display' || value !== 'omitted'),
		),
	)
}

/**
 * `native` with the fields in the objects of `written` that they belong to. They are reported if the request is written
 * without that object.
 */
export function withInnerFields(written: JsonObject, native: JsonObject, drop: Drop): JsonObject {
	const merged: Record<string, Json | undefined> = { ...native }
	for (const outer of outers) {
		const prefix = `${outer}.`
		const paths = Object.keys(native).filter((path) => path.startsWith(prefix))
		const object = written[outer]
		for (const path of paths) {
			delete merged[path]
			if (!isObject(object)) drop(path)
		}
		if (paths.length === 0 || !isObject(object)) continue
		merged[outer] = { ...object, ...Object.fromEntries(paths.map((path) => [path.slice(prefix.length), native[path]])) }
	}
	return merged
}
