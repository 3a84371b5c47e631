// Merges two schemas that must both hold: for allOf, and for keywords beside $ref or anyOf. Combinations without a simple merged form
// are rejected.

import { isDeepStrictEqual } from 'node:util'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { cannotEnforce, type SchemaPath, unsatisfiable } from './refusal.ts'

const annotations: ReadonlySet<string> = new Set([
	'$schema',
	'$id',
	'$comment',
	'$defs',
	'definitions',
	'$anchor',
	'$vocabulary',
	'id',
	'title',
	'description',
	'markdownDescription',
	'default',
	'defaultSnippets',
	'examples',
	'example',
	'deprecated',
	'deprecationMessage',
	'readOnly',
	'writeOnly',
	'contentMediaType',
	'contentEncoding',
	'contentSchema',
	'discriminator',
	'enumDescriptions',
	'markdownEnumDescriptions',
	'enumNames',
	'errorMessage',
	'externalDocs',
	'propertyOrdering',
	'strict',
	'name',
	'nullable',
	'tsType',
	'xml',
])

/** Whether a keyword is informative only. */
export function isAnnotation(keyword: string): boolean {
	return annotations.has(keyword) || /^(x|ui)[-:]/.test(keyword)
}

type Join = (a: Json, b: Json, place: SchemaPath) => Json

const bound =
	(choose: (...values: number[]) => number): Join =>
	(a, b, place) => {
		if (typeof a === 'number' && typeof b === 'number') return choose(a, b)
		if (a === b) return a
		throw cannotEnforce('two bounds of different types', place)
	}
const larger = bound(Math.max)
const smaller = bound(Math.min)

const joins: ReadonlyMap<string, Join> = new Map(
	Object.entries({
		type: (a, b, place) => {
			const [left, right] = [listOf(a), listOf(b)]
			const both = left.flatMap((type) => {
				if (right.includes(type)) return [type]
				if (type === 'number' && right.includes('integer')) return ['integer']
				return type === 'integer' && right.includes('number') ? ['integer'] : []
			})
			if (both.length === 0) throw unsatisfiable('no type satisfies both schemas', place)
			return both
		},
		properties: (a, b, place) => {
			const joined = new Map(Object.entries(objectOf(a)))
			for (const [name, schema] of Object.entries(objectOf(b)))
				joined.set(name, bothSchemas(joined.get(name), schema, `${place}/properties/${name}`))
			return Object.fromEntries(joined)
		},
		required: (a, b) => [...new Set([...listOf(a), ...listOf(b)])],
		enum: (a, b, place) => {
			const right = new Set(listOf(b).map((value) => JSON.stringify(value)))
			const both = listOf(a).filter((value) => right.has(JSON.stringify(value)))
			if (both.length === 0) throw unsatisfiable('no value satisfies both enums', place)
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
		uniqueItems: (a, b) => a === true || b === true,
		additionalProperties: (a, b, place) => bothSchemas(a, b, `${place}/additionalProperties`),
		items: (a, b, place) => bothSchemas(a, b, `${place}/items`),
	} satisfies Record<string, Join>),
)

/** @throws ChatError if the schemas contradict each other, or cannot be merged. */
export function mergeSchemas(a: JsonObject, b: JsonObject, place: SchemaPath): JsonObject {
	const merged = new Map(Object.entries(a))
	for (const [keyword, value] of Object.entries(b)) {
		const other = merged.get(keyword)
		if (value === undefined) continue
		if (other === undefined || isAnnotation(keyword)) {
			merged.set(keyword, other ?? value)
			continue
		}
		const join = joins.get(keyword)
		if (join !== undefined) merged.set(keyword, join(other, value, place))
		else if (!isDeepStrictEqual(other, value)) throw cannotEnforce(`two different '${keyword}'`, place)
	}
	for (const [one, other] of [
		[a, b],
		[b, a],
	] as const)
		if (one.prefixItems !== undefined && other.prefixItems === undefined && (other.items ?? true) !== true)
			throw cannotEnforce("'prefixItems' of one schema beside 'items' of another", place)
	const properties = merged.get('properties')
	if (properties !== undefined) merged.set('properties', closed(a, b, objectOf(properties), place))
	return Object.fromEntries(merged)
}

/** Applies `additionalProperties` of each schema to the properties that only the other one names. */
function closed(a: JsonObject, b: JsonObject, properties: JsonObject, place: SchemaPath): JsonObject {
	const left = new Map(Object.entries(properties))
	for (const [one, other] of [
		[a, b],
		[b, a],
	] as const) {
		const rule = one.additionalProperties
		if (rule === undefined || rule === true) continue
		const named = objectOf(one.properties ?? {})
		for (const name of Object.keys(objectOf(other.properties ?? {}))) {
			if (Object.hasOwn(named, name)) continue
			if (rule === false) left.delete(name)
			else left.set(name, bothSchemas(left.get(name), rule, `${place}/properties/${name}`))
		}
	}
	return Object.fromEntries(left)
}

function bothSchemas(a: Json | undefined, b: Json | undefined, place: SchemaPath): Json {
	if (a === false || b === false) return false
	if (a === true || a === undefined) return b ?? true
	if (b === true || b === undefined) return a
	if (isObject(a) && isObject(b)) return mergeSchemas(a, b, place)
	throw cannotEnforce('the combination of these two schemas', place)
}

function listOf(value: Json): readonly Json[] {
	return Array.isArray(value) ? value : [value]
}

function objectOf(value: Json): JsonObject {
	return isObject(value) ? value : {}
}
