// Removes limits on numbers, lengths and counts from JSON Schemas, for structured outputs that reject them. The result accepts everything
// that the original schema accepts, and more, so a caller reports what was removed.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'

/** @param allowed whether the server accepts this bound. Default: none. */
export function removeSchemaBounds(
	schema: JsonObject,
	removed: (keyword: string) => void,
	allowed: (keyword: string, value: Json) => boolean = () => false,
): JsonObject {
	const strip = (one: JsonObject): JsonObject =>
		Object.fromEntries(
			Object.entries(one).flatMap(([keyword, value]) => {
				if (value === undefined) return []
				if (!bounds.has(keyword) || allowed(keyword, value)) return [[keyword, stripWithin(keyword, value)]]
				removed(keyword)
				return []
			}),
		)
	const stripWithin = (keyword: string, value: Json): Json => {
		if (noSchemas.has(keyword)) return value
		if (Array.isArray(value)) return value.map((one: Json) => (isObject(one) ? strip(one) : one))
		if (!isObject(value)) return value
		if (!byName.has(keyword)) return strip(value)
		return Object.fromEntries(
			Object.entries(value).map(([name, one]) => [name, one !== undefined && isObject(one) ? strip(one) : one]),
		)
	}
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

/** Keywords whose values map names to schemas, and keywords whose values contain no schema. */
const byName: ReadonlySet<string> = new Set([
	'properties',
	'$defs',
	'definitions',
	'patternProperties',
	'dependentSchemas',
])
const noSchemas: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])
