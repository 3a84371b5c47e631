// Two schemas that must both hold, as one: for allOf, and for what stands beside $ref or anyOf. What has no simple joint form is
// refused.

import type { Json, JsonObject } from '../../../chat/json.ts'
import { cannotEnforce, type Place, wrongSchema } from './refusal.ts'

/** Keywords that say something to people only. */
export const annotations: ReadonlySet<string> = new Set([
	'$schema',
	'$id',
	'$comment',
	'$defs',
	'definitions',
	'$anchor',
	'title',
	'description',
	'default',
	'examples',
	'example',
	'deprecated',
	'readOnly',
	'writeOnly',
	'contentMediaType',
	'contentEncoding',
	'discriminator',
	'strict',
	'name',
	'nullable',
])

type Join = (a: Json, b: Json, place: Place) => Json

const larger: Join = (a, b) => Math.max(Number(a), Number(b))
const smaller: Join = (a, b) => Math.min(Number(a), Number(b))

const joins: Readonly<Record<string, Join>> = {
	type: (a, b, place) => {
		const [left, right] = [listOf(a), listOf(b)]
		const both = left.flatMap((type) => {
			if (right.includes(type)) return [type]
			if (type === 'number' && right.includes('integer')) return ['integer']
			return type === 'integer' && right.includes('number') ? ['integer'] : []
		})
		if (both.length === 0) throw wrongSchema('no type satisfies both schemas', place)
		return both
	},
	properties: (a, b, place) => {
		const joined: Record<string, Json | undefined> = { ...objectOf(a) }
		for (const [name, schema] of Object.entries(objectOf(b))) {
			const other = joined[name]
			joined[name] =
				isObject(other) && isObject(schema) ? mergeSchemas(other, schema, `${place}/properties/${name}`) : schema
		}
		return joined
	},
	required: (a, b) => [...new Set([...listOf(a), ...listOf(b)])],
	enum: (a, b, place) => {
		const right = new Set(listOf(b).map((value) => JSON.stringify(value)))
		const both = listOf(a).filter((value) => right.has(JSON.stringify(value)))
		if (both.length === 0) throw wrongSchema('no value satisfies both enums', place)
		return both
	},
	minimum: larger,
	exclusiveMinimum: larger,
	minLength: larger,
	minItems: larger,
	minProperties: larger,
	maximum: smaller,
	exclusiveMaximum: smaller,
	maxLength: smaller,
	maxItems: smaller,
	maxProperties: smaller,
	additionalProperties: (a, b, place) => {
		if (a === false || b === false) return false
		return bothSchemas(a, b, `${place}/additionalProperties`)
	},
	items: (a, b, place) => bothSchemas(a, b, `${place}/items`),
}

/** @throws ChatError where the two contradict each other, or cannot be joined. */
export function mergeSchemas(a: JsonObject, b: JsonObject, place: Place): JsonObject {
	const merged: Record<string, Json | undefined> = { ...a }
	for (const [keyword, value] of Object.entries(b)) {
		const other = merged[keyword]
		if (value === undefined) continue
		if (other === undefined || annotations.has(keyword) || JSON.stringify(other) === JSON.stringify(value)) {
			merged[keyword] = other !== undefined && keyword === '$defs' ? other : value
			continue
		}
		const join = joins[keyword]
		if (join === undefined) throw cannotEnforce(`two different '${keyword}'`, place)
		merged[keyword] = join(other, value, place)
	}
	if ((a.prefixItems === undefined) !== (b.prefixItems === undefined) && a.items !== b.items)
		throw cannotEnforce("'prefixItems' of one schema beside 'items' of another", place)
	return { ...merged, ...closed(a, b, merged.properties, place) }
}

/** What one schema says of properties that it does not name holds for those that the other names. */
function closed(a: JsonObject, b: JsonObject, properties: Json | undefined, place: Place): JsonObject {
	let left = objectOf(properties ?? {})
	for (const [one, other] of [
		[a, b],
		[b, a],
	] as const) {
		const rule = one.additionalProperties
		if (rule === undefined || rule === true) continue
		const unnamed = Object.keys(objectOf(other.properties ?? {})).filter(
			(name) => !Object.hasOwn(objectOf(one.properties ?? {}), name),
		)
		if (unnamed.length > 0 && rule !== false)
			throw cannotEnforce("'additionalProperties' of one schema beside 'properties' of another", place)
		left = Object.fromEntries(Object.entries(left).filter(([name]) => !unnamed.includes(name)))
	}
	return properties === undefined ? {} : { properties: left }
}

function bothSchemas(a: Json, b: Json, place: Place): Json {
	if (a === true) return b
	if (b === true) return a
	if (isObject(a) && isObject(b)) return mergeSchemas(a, b, place)
	throw cannotEnforce('these two schemas together', place)
}

function listOf(value: Json): readonly Json[] {
	return Array.isArray(value) ? value : [value]
}

function objectOf(value: Json): JsonObject {
	return isObject(value) ? value : {}
}

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}
