// Filters the values of `enum` and `const` by the other keywords of the schema.

import { isDeepStrictEqual } from 'node:util'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { type NumberBounds, readNumberBounds } from './number-bounds.ts'
import { cannotEnforce, type SchemaPath } from './refusal.ts'

type Predicate = (value: Json, bound: Json) => boolean

const length =
	(compare: (length: number, bound: number) => boolean): Predicate =>
	(value, bound) =>
		typeof value !== 'string' || typeof bound !== 'number' || compare([...value].length, bound)

const predicates: ReadonlyMap<string, Predicate> = new Map(
	Object.entries({
		type: (value, types) => (Array.isArray(types) ? types : [types]).some((type) => isOfType(value, type)),
		enum: (value, values) => (Array.isArray(values) ? values : [values]).some((one) => isDeepStrictEqual(one, value)),
		minLength: length((characters, bound) => characters >= bound),
		maxLength: length((characters, bound) => characters <= bound),
	} satisfies Record<string, Predicate>),
)
const structuralKeywords: ReadonlySet<string> = new Set([
	'pattern',
	'properties',
	'required',
	'additionalProperties',
	'minProperties',
	'maxProperties',
	'items',
	'prefixItems',
	'minItems',
	'maxItems',
])

/**
 * The values of `const` or `enum` that the other keywords allow, with exact numbers. `format` is ignored for them: the
 * schema's author chose them.
 *
 * @throws ChatError `unsupported` for another keyword that applies to the content of the values.
 */
export function allowedValues(schema: JsonObject, schemaPath: SchemaPath): readonly unknown[] {
	const { enum: listed, ...beside } = schema
	if (schema.const !== undefined) return filterExact(schema, [schema.const], [exactMembers(schema).const], schemaPath)
	const values: readonly Json[] = Array.isArray(listed) ? listed : listed === undefined ? [] : [listed]
	return filterExact(beside, values, exactMembers(values), schemaPath)
}

function filterExact(
	schema: JsonObject,
	values: readonly Json[],
	exact: readonly unknown[],
	schemaPath: SchemaPath,
): readonly unknown[] {
	const allowed = new Set(filterValues(schema, values, schemaPath))
	return exact.filter((_, index) => allowed.has(values[index] ?? null))
}

function filterValues(schema: JsonObject, values: readonly Json[], schemaPath: SchemaPath): readonly Json[] {
	const bounds = readNumberBounds(schema, schemaPath)
	const within = values.filter((value) => typeof value !== 'number' || isWithin(value, bounds))
	return Object.entries(schema).reduce<readonly Json[]>((left, [keyword, bound]) => {
		if (bound === undefined) return left
		const predicate = predicates.get(keyword)
		if (predicate !== undefined) return left.filter((value) => predicate(value, bound))
		const untouched = keyword === 'pattern' ? isNoText : isNoCollection
		if (!structuralKeywords.has(keyword) || left.every(untouched)) return left
		throw cannotEnforce(`'${keyword}' beside 'enum' or 'const'`, schemaPath)
	}, within)
}

function isWithin(value: number, { least, leastExclusive, most, mostExclusive, multipleOf }: NumberBounds): boolean {
	if (least !== undefined && (leastExclusive ? value <= least : value < least)) return false
	if (most !== undefined && (mostExclusive ? value >= most : value > most)) return false
	return multipleOf === undefined || isMultiple(value, multipleOf)
}

function isNoText(value: Json): boolean {
	return typeof value !== 'string'
}

function isNoCollection(value: Json): boolean {
	return typeof value !== 'object' || value === null
}

/** Numbers are decimal text in JSON, so 1.13 counts as a multiple of 0.01. */
function isMultiple(value: number, step: number): boolean {
	const times = value / step
	return Math.abs(times - Math.round(times)) <= 1e-12 * Math.max(1, Math.abs(times))
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
