// Adapts JSON Schemas to this wire's structured outputs, which require `additionalProperties: false` on every object.

import type { JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { mapSubschemas } from '../json/subschemas.ts'

/**
 * Closes every object schema without `additionalProperties`. The result accepts a subset of what the original schema
 * accepts.
 */
export function closeObjects(schema: JsonObject): JsonObject {
	const closed = Object.fromEntries(
		Object.entries(exactMembers(schema)).map(([keyword, value]) => [
			keyword,
			mapSubschemas(keyword, value, closeObjects),
		]),
	)
	const isObjectSchema = schema.type === 'object' || 'properties' in schema
	return isObjectSchema && schema.additionalProperties === undefined
		? { ...closed, additionalProperties: false }
		: closed
}
