// Removes limits on numbers, lengths and counts from JSON Schemas, for structured outputs that reject them. The result
// accepts everything that the original schema accepts, and more, so a caller reports what was removed.

import type { Json, JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { mapSubschemas } from './subschemas.ts'

/** @param allowed whether the server accepts this bound. Default: none. */
export function removeSchemaBounds(
	schema: JsonObject,
	removed: (keyword: string) => void,
	allowed: (keyword: string, value: Json) => boolean = () => false,
): JsonObject {
	const strip = (one: JsonObject): JsonObject =>
		Object.fromEntries(
			Object.entries(exactMembers(one)).flatMap(([keyword, value]) => {
				if (value === undefined) return []
				if (!bounds.has(keyword) || allowed(keyword, value)) return [[keyword, mapSubschemas(keyword, value, strip)]]
				removed(keyword)
				return []
			}),
		)
	return strip(schema)
}

const bounds: ReadonlySet<string> = new Set([
	'minimum',
	'maximum',
	'exclusiveMinimum',
	'exclusiveMaximum',
	'multipleOf',
	'minLength',
	'maxLength',
	'minItems',
	'maxItems',
	'uniqueItems',
	'minContains',
	'maxContains',
	'minProperties',
	'maxProperties',
])
