// Adapts JSON Schemas to this wire's structured outputs, which require `additionalProperties: false` on every object.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'

/**
 * Closes every object schema without `additionalProperties`. The result accepts a subset of what the original schema
 * accepts.
 */
export function closeObjects(schema: JsonObject): JsonObject {
	const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closeWithin(key, value)]))
	const isObjectSchema = schema.type === 'object' || 'properties' in schema
	return isObjectSchema && schema.additionalProperties === undefined
		? { ...closed, additionalProperties: false }
		: closed
}

/** Keywords whose values map names to schemas, and keywords whose values contain no schema. */
const byName: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'patternProperties'])
const noSchemas: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])

function closeWithin(key: string, value: Json | undefined): Json | undefined {
	if (noSchemas.has(key)) return value
	if (Array.isArray(value)) return value.map((one: Json) => (isObject(one) ? closeObjects(one) : one))
	if (!isObject(value)) return value
	if (!byName.has(key)) return closeObjects(value)
	return Object.fromEntries(
		Object.entries(value).map(([name, one]) => [name, one !== undefined && isObject(one) ? closeObjects(one) : one]),
	)
}
