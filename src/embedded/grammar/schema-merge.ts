// Merges two schemas that must both hold: for allOf, and for keywords beside $ref or anyOf. Combinations without a
// simple merged form are rejected.

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

type Join = (a: Json, b: Json, schemaPath: SchemaPath) => Json

const bound =
	(choose: (...values: number[]) => number): Join =>
	(a, b, schemaPath) => {
		if (typeof a === 'number' && typeof b === 'number') return choose(a, b)
		if (a === b) return a
		throw cannotEnforce('two bounds of different types', schemaPath)
	}
const larger = bound(Math.max)
const smaller = bound(Math.min)

const joins: ReadonlyMap<string, Join> = new Map(
	Object.entries({
		type: (a, b, schemaPath) => {
			const [left, right] = [listOf(a), listOf(b)]
			const both = left.flatMap((type) => {
				if (right.includes(type)) return [type]
				if (type === 'number' && right.includes('integer')) return ['integer']
				return type === 'integer' && right.includes('number') ? ['integer'] : []
			})
			if (both.length === 0) throw unsatisfiable('no type satisfies both schemas', schemaPath)
			return both
		},
		properties: (a, b, schemaPath) => {
			const joined = new Map(Object.entries(objectOf(a)))
			for (const [name, schema] of Object.entries(objectOf(b)))
				joined.set(name, bothSchemas(joined.get(name), schema, `${schemaPath}/properties/${name}`))
			return Object.fromEntries(joined)
		},
		required: (a, b) => [...new Set([...listOf(a), ...listOf(b)])],
		enum: (a, b, schemaPath) => {
			const right = new Set(listOf(b).map((value) => JSON.stringify(value)))
			const both = listOf(a).filter((value) => right.has(JSON.stringify(value)))
			if (both.length === 0) throw unsatisfiable('no value satisfies both enums', schemaPath)
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
		additionalProperties: (a, b, schemaPath) => bothSchemas(a, b, `${schemaPath}/additionalProperties`),
		items: (a, b, schemaPath) => bothSchemas(a, b, `${schemaPath}/items`),
	} satisfies Record<string, Join>),
)

/** @throws ChatError if the schemas contradict each other, or cannot be merged. */
export function mergeSchemas(a: JsonObject, b: JsonObject, schemaPath: SchemaPath): JsonObject {
	const merged = new Map(Object.entries(a))
	for (const [keyword, value] of Object.entries(b)) {
		const other = merged.get(keyword)
		if (value === undefined) continue
		if (other === undefined || isAnnotation(keyword)) {
			merged.set(keyword, other ?? value)
			continue
		}
		const join = joins.get(keyword)
		if (join !== undefined) merged.set(keyword, join(other, value, schemaPath))
		else if (!isDeepStrictEqual(other, value)) throw cannotEnforce(`two different '${keyword}'`, schemaPath)
	}
	for (const [one, other] of [
		[a, b],
		[b, a],
	] as const)
		if (one.prefixItems !== undefined && other.prefixItems === undefined && (other.items ?? true) !== true)
			throw cannotEnforce("'prefixItems' of one schema beside 'items' of another", schemaPath)
	const properties = merged.get('properties')
	if (properties !== undefined) merged.set('properties', closed(a, b, objectOf(properties), schemaPath))
	return Object.fromEntries(merged)
}

/** Applies `additionalProperties` of each schema to the properties that only the other one names. */
function closed(a: JsonObject, b: JsonObject, properties: JsonObject, schemaPath: SchemaPath): JsonObject {
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
			else left.set(name, bothSchemas(left.get(name), rule, `${schemaPath}/properties/${name}`))
		}
	}
	return Object.fromEntries(left)
}

function bothSchemas(a: Json | undefined, b: Json | undefined, schemaPath: SchemaPath): Json {
	if (a === false || b === false) return false
	if (a === true || a === undefined) return b ?? true
	if (b === true || b === undefined) return a
	if (isObject(a) && isObject(b)) return mergeSchemas(a, b, schemaPath)
	throw cannotEnforce('the combination of these two schemas', schemaPath)
}

function listOf(value: Json): readonly Json[] {
	return Array.isArray(value) ? value : [value]
}

function objectOf(value: Json): JsonObject {
	return isObject(value) ? value : {}
}
