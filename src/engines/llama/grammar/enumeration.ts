// The values of `enum` and `const` that the keywords beside them leave.

import type { Json, JsonObject } from '../../../chat/json.ts'
import { cannotEnforce, type Place } from './refusal.ts'
import { isObject } from './schema-merge.ts'

type Keep = (value: Json, bound: Json) => boolean

const number =
	(compare: (value: number, bound: number) => boolean): Keep =>
	(value, bound) =>
		typeof value !== 'number' || typeof bound !== 'number' || compare(value, bound)
const length =
	(compare: (length: number, bound: number) => boolean): Keep =>
	(value, bound) =>
		typeof value !== 'string' || typeof bound !== 'number' || compare([...value].length, bound)

const keeps: Readonly<Record<string, Keep>> = {
	type: (value, types) => (Array.isArray(types) ? types : [types]).some((type) => isOfType(value, type)),
	enum: (value, values) => Array.isArray(values) && values.some((one) => JSON.stringify(one) === JSON.stringify(value)),
	const: (value, only) => JSON.stringify(value) === JSON.stringify(only),
	minimum: number((value, bound) => value >= bound),
	maximum: number((value, bound) => value <= bound),
	exclusiveMinimum: number((value, bound) => value > bound),
	exclusiveMaximum: number((value, bound) => value < bound),
	multipleOf: number((value, bound) => Number.isInteger(value / bound)),
	minLength: length((characters, bound) => characters >= bound),
	maxLength: length((characters, bound) => characters <= bound),
	pattern: (value, pattern) =>
		typeof value !== 'string' || typeof pattern !== 'string' || new RegExp(pattern, 'u').test(value),
}

/** Keywords that say nothing of single values, or that have been looked at already. */
const silent: ReadonlySet<string> = new Set([
	'title',
	'description',
	'default',
	'examples',
	'$schema',
	'$defs',
	'definitions',
	'$id',
	'$comment',
	'format',
])

/** @throws ChatError `unsupported` for a keyword beside them that would have to look into arrays or objects. */
export function allowedValues(schema: JsonObject, values: readonly Json[], place: Place): readonly Json[] {
	return Object.entries(schema).reduce<readonly Json[]>((left, [keyword, bound]) => {
		const keep = keeps[keyword]
		if (keep !== undefined && bound !== undefined) return left.filter((value) => keep(value, bound))
		if (silent.has(keyword) || left.every((value) => typeof value !== 'object' || value === null)) return left
		throw cannotEnforce(`'${keyword}' beside values that are listed`, place)
	}, values)
}

function isOfType(value: Json, type: Json): boolean {
	switch (type) {
		case 'null':
			return value === null
		case 'array':
			return Array.isArray(value)
		case 'object':
			return isObject(value)
		case 'integer':
			return Number.isInteger(value)
		default:
			return typeof value === type
	}
}
