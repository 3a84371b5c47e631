// Keywords that count: minItems, maxLength and their like.

import type { JsonObject } from '../../chat/json.ts'
import { type Place, wrongSchema } from './refusal.ts'

/** @throws ChatError for what is no count. */
export function readCount(schema: JsonObject, keyword: string, place: Place): number | undefined {
	const value = schema[keyword]
	if (value === undefined) return undefined
	if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
		throw wrongSchema(`'${keyword}' must be a whole number of at least 0`, place)
	return value
}
