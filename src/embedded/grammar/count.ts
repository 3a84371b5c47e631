// Keywords with a count, such as minItems and maxLength.

import type { JsonObject } from '../../chat/json.ts'
import { type SchemaPath, wrongSchema } from './refusal.ts'

/** @throws ChatError if the value is not a count. */
export function readCount(schema: JsonObject, keyword: string, schemaPath: SchemaPath): number | undefined {
	const value = schema[keyword]
	if (value === undefined) return undefined
	if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
		throw wrongSchema(`'${keyword}' must be a non-negative integer`, schemaPath)
	return value
}
