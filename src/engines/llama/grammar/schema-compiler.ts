// JSON Schema becomes rules of a grammar: whatever the grammar produces satisfies the schema. Objects come with their keys in the
// schema's order; where a schema names properties and does not say whether others may follow, none do. White space is at most one
// space behind `:` and `,`. What a grammar cannot enforce is refused, never left out.

import type { Json, JsonObject } from '../../../chat/json.ts'
import { readCount } from './count.ts'
import { allowedValues } from './enumeration.ts'
import type { GrammarBuilder } from './grammar-builder.ts'
import { anyNumber, hasNoBounds, integerRule, multiplesRule, type NumberBounds, numberRule } from './number-rules.ts'
import { objectBody } from './object-rules.ts'
import { cannotEnforce, type Place, wrongSchema } from './refusal.ts'
import { repeat } from './repetition.ts'
import { annotations, isObject, mergeSchemas } from './schema-merge.ts'
import { characterRule, stringRule } from './string-rules.ts'

const types = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'] as const
type Type = (typeof types)[number]

const understood: Readonly<Record<Type | 'any', readonly string[]>> = {
	any: ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref'],
	object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
	array: ['items', 'prefixItems', 'minItems', 'maxItems'],
	string: ['minLength', 'maxLength', 'pattern', 'format'],
	integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
	number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
	boolean: [],
	null: [],
}
const allUnderstood: ReadonlySet<string> = new Set(Object.values(understood).flat())
const maxDepth = 100
/** Schemas that are looked at, references followed included: references can make a small schema stand for a huge one. */
const maxWork = 30_000
/** References and allOf in each other. */
const maxHops = 20
const separator = '"," " "?'

export class SchemaCompiler {
	private readonly builder: GrammarBuilder
	private readonly root: JsonObject
	private readonly targets = new Map<string, string>()
	private readonly common = new Map<string, string>()
	private depth = 0
	private work = 0

	constructor(builder: GrammarBuilder, root: JsonObject) {
		this.builder = builder
		this.root = root
	}

	/** The name of a rule for the whole schema. */
	compile(name: string): string {
		const rule = this.builder.reserve(name)
		this.targets.set('#', rule)
		this.builder.define(rule, this.expression(this.root, name, '#'))
		return rule
	}

	/** An expression of one term for `schema`. */
	private expression(schema: Json | undefined, name: string, place: Place): string {
		if (schema === true || schema === undefined) return this.anyValue()
		if (schema === false) throw wrongSchema('nothing satisfies the schema false', place)
		if (!isObject(schema)) throw wrongSchema('a schema must be an object or a boolean', place)
		if (++this.depth > maxDepth) throw cannotEnforce(`nesting of more than ${maxDepth} levels`, place)
		try {
			return this.node(schema, name, place)
		} finally {
			this.depth--
		}
	}

	private node(schema: JsonObject, name: string, place: Place): string {
		this.spend(place)
		this.checkKeywords(schema, place)
		if (typeof schema.$ref === 'string') return this.reference(schema, schema.$ref, name, place)
		if (schema.allOf !== undefined) return this.node(this.allOf(schema, place), name, place)
		if (schema.anyOf !== undefined || schema.oneOf !== undefined) return this.anyOf(schema, name, place)
		if (schema.const !== undefined) return this.literals(allowedValues(schema, [schema.const], place), place)
		if (schema.enum !== undefined) return this.literals(allowedValues(schema, listOf(schema.enum), place), place)
		const wanted = this.typesOf(schema, place)
		const ways = wanted.map((type) => this.typed(type, schema, name, place))
		return ways.length === 1 ? (ways[0] ?? '') : `(${ways.join(' | ')})`
	}

	private spend(place: Place): void {
		if (++this.work > maxWork) throw cannotEnforce('a schema of this size', place)
	}

	private checkKeywords(schema: JsonObject, place: Place): void {
		for (const [keyword, value] of Object.entries(schema)) {
			if (value === undefined || annotations.has(keyword) || allUnderstood.has(keyword) || keyword.startsWith('x-'))
				continue
			throw cannotEnforce(`'${keyword.slice(0, 60)}'`, place)
		}
	}

	private typesOf(schema: JsonObject, place: Place): readonly Type[] {
		const { type } = schema
		if (type === undefined) {
			const implied = types.filter(
				(one) => one !== 'integer' && understood[one].some((keyword) => schema[keyword] !== undefined),
			)
			return implied.length > 0 ? implied : ['object', 'array', 'string', 'number', 'boolean', 'null']
		}
		if (listOf(type).length === 0) throw wrongSchema("'type' is empty", place)
		return listOf(type).map((one) => {
			const known = types.find((candidate) => candidate === one)
			if (known === undefined) throw wrongSchema(`there is no type ${JSON.stringify(one)}`, place)
			return known
		})
	}

	private typed(type: Type, schema: JsonObject, name: string, place: Place): string {
		switch (type) {
			case 'null':
				return '"null"'
			case 'boolean':
				return '("true" | "false")'
			case 'string':
				return this.builder.rule(`${name}-string`, stringRule(readStringBounds(schema, place), this.character(), place))
			case 'integer':
			case 'number':
				return this.number(type, readNumberBounds(schema, place), name, place)
			case 'array':
				return this.builder.rule(`${name}-array`, this.array(schema, name, place))
			case 'object':
				return this.object(schema, name, place)
		}
	}

	private number(type: 'integer' | 'number', bounds: NumberBounds, name: string, place: Place): string {
		const { multipleOf } = bounds
		if (multipleOf !== undefined && Number.isInteger(multipleOf) && multipleOf > 1 && hasNoBounds(bounds))
			return multiplesRule(
				multipleOf,
				(wanted) => {
					const reserved = this.builder.reserve(wanted)
					return { name: reserved, define: (body) => this.builder.define(reserved, body) }
				},
				place,
			)
		return this.builder.rule(
			`${name}-${type}`,
			type === 'integer' ? integerRule(bounds, place) : numberRule(bounds, place),
		)
	}

	private array(schema: JsonObject, name: string, place: Place): string {
		const least = readCount(schema, 'minItems', place) ?? 0
		const most = readCount(schema, 'maxItems', place)
		const prefix = listOf(schema.prefixItems ?? []).map((item, index) =>
			this.expression(item, `${name}-${index}`, `${place}/prefixItems/${index}`),
		)
		const open = schema.items !== false
		const itemPlaces = most === undefined ? undefined : most - prefix.length
		if (most !== undefined && most < least) throw wrongSchema('minItems is above maxItems', place)
		if (!open && least > prefix.length) throw wrongSchema('minItems is above what the items allow', place)
		const item =
			open && (itemPlaces === undefined || itemPlaces > 0)
				? this.expression(schema.items, `${name}-item`, `${place}/items`)
				: undefined
		const elements = this.elements(prefix.slice(0, most), item, least, itemPlaces, name, place)
		return `"[" ${elements === '""' ? '' : `${elements} `}"]"`
	}

	/** Items between brackets, from the last place to the first: each is followed by nothing where enough stand before it, or by the next. */
	private elements(
		prefix: readonly string[],
		item: string | undefined,
		least: number,
		itemPlaces: number | undefined,
		name: string,
		place: Place,
	): string {
		const needed = Math.max(0, least - prefix.length)
		const more = item === undefined ? '""' : repeat(`(${separator} ${item})`, needed, itemPlaces, place)
		if (prefix.length === 0) {
			if (item === undefined || itemPlaces === 0) return '""'
			const rest = repeat(
				`(${separator} ${item})`,
				Math.max(0, needed - 1),
				itemPlaces === undefined ? undefined : itemPlaces - 1,
				place,
			)
			const some = rest === '""' ? item : `${item} ${rest}`
			return needed > 0 ? some : `(${some})?`
		}
		let following = more
		for (let index = prefix.length - 1; index >= 0; index--) {
			const self = `${index === 0 ? '' : `${separator} `}${prefix[index] ?? ''}${following === '""' ? '' : ` ${following}`}`
			following = this.builder.rule(`${name}-from-${index}`, index < least ? self : `${self} | ""`)
		}
		return following
	}

	private object(schema: JsonObject, name: string, place: Place): string {
		const inner = (value: Json | undefined, key: string, where: Place) =>
			this.expression(value, `${name}-${key}`, where)
		return this.builder.rule(
			name,
			objectBody(schema, this.builder, { name, place, character: this.character(), value: inner }),
		)
	}

	private reference(schema: JsonObject, reference: string, name: string, place: Place): string {
		const { $ref: _, ...beside } = schema
		if (Object.keys(beside).some((keyword) => !annotations.has(keyword))) {
			const target = this.resolve(reference, place)
			if (!isObject(target)) throw cannotEnforce('a reference to a boolean schema with keywords beside it', place)
			if (typeof target.$ref === 'string' && target.$ref === reference)
				throw wrongSchema('a reference to itself', place)
			return this.expression(mergeSchemas(target, beside, place), name, place)
		}
		const known = this.targets.get(reference)
		if (known !== undefined) return known
		const rule = this.builder.reserve(reference.split('/').at(-1) ?? name)
		this.targets.set(reference, rule)
		this.builder.define(rule, this.expression(this.resolve(reference, place), rule, reference))
		return rule
	}

	private resolve(reference: string, place: Place): Json | undefined {
		if (!reference.startsWith('#'))
			throw cannotEnforce(`the reference '${reference.slice(0, 100)}' to another document`, place)
		let value: Json | undefined = this.root
		for (const step of reference.slice(1).split('/').slice(1)) {
			const key = safeDecode(step).replaceAll('~1', '/').replaceAll('~0', '~')
			if (Array.isArray(value)) value = value[Number(key)]
			else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
		}
		if (value === undefined) throw wrongSchema(`the reference '${reference.slice(0, 100)}' leads nowhere`, place)
		return value
	}

	private allOf({ allOf, ...beside }: JsonObject, place: Place, hops = 0): JsonObject {
		let merged: JsonObject = beside
		for (const [index, part] of listOf(allOf ?? []).entries()) {
			if (part === true) continue
			if (!isObject(part)) throw wrongSchema('nothing satisfies the schema', `${place}/allOf/${index}`)
			merged = mergeSchemas(merged, this.inlined(part, `${place}/allOf/${index}`, hops), place)
		}
		return merged
	}

	/** A part of allOf with its own reference put in place. */
	private inlined(part: JsonObject, place: Place, hops: number): JsonObject {
		this.spend(place)
		if (hops > maxHops) throw cannotEnforce('a recursive allOf', place)
		const { $ref: reference, ...beside } = part
		if (typeof reference !== 'string') return part.allOf === undefined ? part : this.allOf(part, place, hops + 1)
		const target = this.resolve(reference, place)
		if (!isObject(target)) throw cannotEnforce('a recursive allOf', place)
		return mergeSchemas(this.inlined(target, place, hops + 1), beside, place)
	}

	private anyOf({ anyOf, oneOf, ...beside }: JsonObject, name: string, place: Place): string {
		if (anyOf !== undefined && oneOf !== undefined) throw cannotEnforce("'anyOf' beside 'oneOf'", place)
		const keyword = anyOf === undefined ? 'oneOf' : 'anyOf'
		const parts = listOf(anyOf ?? oneOf ?? [])
		if (parts.length === 0) throw wrongSchema(`'${keyword}' is empty`, place)
		const constrained = Object.keys(beside).some((one) => !annotations.has(one))
		const ways = parts.map((part, index) => {
			const where = `${place}/${keyword}/${index}`
			const joint =
				constrained && part === true
					? beside
					: constrained && isObject(part)
						? mergeSchemas(beside, this.inlined(part, where, 0), where)
						: part
			return this.expression(joint, `${name}-${index}`, where)
		})
		return this.builder.rule(`${name}-any`, ways.join(' | '))
	}

	private literals(values: readonly Json[], place: Place): string {
		if (values.length === 0) throw wrongSchema('no value is allowed', place)
		return `(${values.map((value) => this.builder.literal(JSON.stringify(value).toWellFormed())).join(' | ')})`
	}

	/** Rules that every schema may share are made once. */
	private shared(name: string, body: () => string): string {
		const known = this.common.get(name)
		if (known !== undefined) return known
		const rule = this.builder.reserve(name)
		this.common.set(name, rule)
		this.builder.define(rule, body())
		return rule
	}

	private character(): string {
		return this.shared('character', () => characterRule)
	}

	private anyValue(): string {
		return this.shared('value', () => {
			const value = this.common.get('value') ?? ''
			const text = `"\\x22" ${this.character()}* "\\x22"`
			const key = `${text} ":" " "? ${value}`
			return `"{" (${key} (${separator} ${key})*)? "}" | "[" (${value} (${separator} ${value})*)? "]" | ${text} | ${anyNumber} | "true" | "false" | "null"`
		})
	}
}

function readStringBounds(schema: JsonObject, place: Place) {
	const minLength = readCount(schema, 'minLength', place) ?? 0
	const maxLength = readCount(schema, 'maxLength', place)
	if (maxLength !== undefined && maxLength < minLength) throw wrongSchema('minLength is above maxLength', place)
	const { pattern, format } = schema
	return {
		minLength,
		maxLength,
		pattern: typeof pattern === 'string' ? pattern : undefined,
		format: typeof format === 'string' ? format : undefined,
	}
}

function readNumberBounds(schema: JsonObject, place: Place): NumberBounds {
	const read = (keyword: string) => {
		const value = schema[keyword]
		if (value === undefined || typeof value === 'boolean') return undefined
		if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongSchema(`'${keyword}' must be a number`, place)
		return value
	}
	const [minimum, above, maximum, below] = [
		read('minimum'),
		read('exclusiveMinimum'),
		read('maximum'),
		read('exclusiveMaximum'),
	]
	const leastExclusive =
		(above !== undefined && (minimum === undefined || above >= minimum)) || schema.exclusiveMinimum === true
	const mostExclusive =
		(below !== undefined && (maximum === undefined || below <= maximum)) || schema.exclusiveMaximum === true
	const multipleOf = read('multipleOf')
	if (multipleOf !== undefined && multipleOf <= 0) throw wrongSchema("'multipleOf' must be above 0", place)
	return {
		least: above !== undefined && leastExclusive ? above : minimum,
		leastExclusive,
		most: below !== undefined && mostExclusive ? below : maximum,
		mostExclusive,
		multipleOf,
	}
}

function listOf(value: Json): readonly Json[] {
	return Array.isArray(value) ? value : [value]
}

function safeDecode(text: string): string {
	try {
		return decodeURIComponent(text)
	} catch {
		return text
	}
}
