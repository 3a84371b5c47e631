// Compiles JSON Schema to the rules of a grammar: whatever the grammar produces satisfies the schema. Objects have their keys in the
// schema's order; a schema that names properties but does not set `additionalProperties` allows no others. White space is at most one
// space after `:` and `,`. Keywords that a grammar cannot enforce are rejected, never ignored.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { arrayBody } from './array-rules.ts'
import { allowedValues } from './enumeration.ts'
import type { GrammarBuilder } from './grammar-builder.ts'
import { oneOf } from './literals.ts'
import { readNumberBounds } from './number-bounds.ts'
import { anyNumber, boundedRule } from './number-rules.ts'
import { objectBody } from './object-rules.ts'
import { cannotEnforce, isUnsatisfiable, type SchemaPath, unsatisfiable, wrongSchema } from './refusal.ts'
import type { SchemaContext } from './schema-context.ts'
import { isAnnotation, mergeSchemas } from './schema-merge.ts'
import { characterRule, readStringBounds, stringRule } from './string-rules.ts'

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
/** Limit of visited schemas, followed references included: references can expand a small schema to a huge one. */
const maxWork = 30_000
const maxListedCharacters = 500_000
/** Nesting limit of references and allOf. */
const maxHops = 20
const separator = '"," " "?'

/**
 * Adds rules for the JSON text of a value that satisfies `schema`.
 *
 * @returns the name of the first rule.
 * @throws ChatError `unsupported` for a schema that cannot be enforced, `invalid-request` for one that no value satisfies.
 */
export function addSchema(builder: GrammarBuilder, schema: JsonObject, name: string): string {
	return new SchemaCompiler(builder, schema).compile(name)
}

class SchemaCompiler {
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
	private expression(schema: Json | undefined, name: string, place: SchemaPath): string {
		if (schema === true || schema === undefined) return this.anyValue()
		if (schema === false) throw unsatisfiable("no value satisfies the schema 'false'", place)
		if (!isObject(schema)) throw wrongSchema('a schema must be an object or a boolean', place)
		if (++this.depth > maxDepth) throw cannotEnforce(`nesting of more than ${maxDepth} levels`, place)
		try {
			return this.node(schema, name, place)
		} finally {
			this.depth--
		}
	}

	private node(schema: JsonObject, name: string, place: SchemaPath): string {
		this.spend(place)
		this.checkKeywords(schema, place)
		if (typeof schema.$ref === 'string') return this.reference(schema, schema.$ref, name, place)
		if (schema.allOf !== undefined) return this.node(this.allOf(schema, place), name, place)
		if (schema.anyOf !== undefined || schema.oneOf !== undefined) return this.anyOf(schema, name, place)
		if (schema.const !== undefined) return this.literals(allowedValues(schema, [schema.const], place), place)
		if (schema.enum !== undefined) return this.listed(schema, schema.enum, place)
		const wanted = this.typesOf(schema, place)
		const ways = wanted.map((type) => this.typed(type, schema, name, place))
		return ways.length === 1 ? (ways[0] ?? '') : `(${ways.join(' | ')})`
	}

	private spend(place: SchemaPath, work = 1): void {
		this.work += work
		if (this.work > maxWork) throw cannotEnforce('a schema of this size', place)
	}

	private checkKeywords(schema: JsonObject, place: SchemaPath): void {
		for (const [keyword, value] of Object.entries(schema)) {
			if (value === undefined || isAnnotation(keyword) || allUnderstood.has(keyword)) continue
			if (keyword === 'uniqueItems' && value === false) continue
			throw cannotEnforce(`'${keyword.slice(0, 60)}'`, place)
		}
	}

	private typesOf(schema: JsonObject, place: SchemaPath): readonly Type[] {
		const { type } = schema
		if (type === undefined) {
			const implied = types.filter(
				(one) => one !== 'integer' && understood[one].some((keyword) => schema[keyword] !== undefined),
			)
			return implied.length > 0 ? implied : ['object', 'array', 'string', 'number', 'boolean', 'null']
		}
		if (listOf(type).length === 0) throw wrongSchema("'type' is empty", place)
		return [...new Set(listOf(type))].map((one) => {
			const known = types.find((candidate) => candidate === one)
			if (known === undefined) throw wrongSchema(`unknown type ${JSON.stringify(one)}`, place)
			return known
		})
	}

	private typed(type: Type, schema: JsonObject, name: string, place: SchemaPath): string {
		switch (type) {
			case 'null':
				return '"null"'
			case 'boolean':
				return '("true" | "false")'
			case 'string':
				return this.named('string', understood.string, schema, name, () =>
					stringRule(readStringBounds(schema, place), this.character(), place),
				)
			case 'integer':
			case 'number':
				return this.named(type, understood[type], schema, name, () =>
					boundedRule(type, readNumberBounds(schema, place), {
						place,
						rule: (wanted, body) => this.builder.rule(wanted, body),
						shared: (wanted, body) => this.shared(wanted, body),
					}),
				)
			case 'array':
				return this.builder.rule(`${name}-array`, arrayBody(schema, this.builder, this.contextOf(name, place)))
			case 'object':
				return this.builder.rule(name, objectBody(schema, this.builder, this.contextOf(name, place)))
		}
	}

	/** A separate rule, or the shared rule of the type if none of `keywords` is present. */
	private named(type: Type, keywords: readonly string[], schema: JsonObject, name: string, body: () => string): string {
		if (keywords.every((keyword) => schema[keyword] === undefined)) return this.shared(type, body)
		return this.builder.rule(`${name}-${type}`, body())
	}

	private contextOf(name: string, place: SchemaPath): SchemaContext {
		return {
			name,
			place,
			character: this.character(),
			value: (schema, key, where) => this.expression(schema, `${name}-${key}`, where),
			alive: (make) => this.alive(make),
		}
	}

	private alive(make: () => string): string | undefined {
		const [targets, common, rules] = [this.targets.size, this.common.size, this.builder.mark()]
		try {
			return make()
		} catch (error) {
			if (!isUnsatisfiable(error)) throw error
			// Incomplete rules may refer to each other, so none of them may be reused.
			forgetFrom(this.targets, targets)
			forgetFrom(this.common, common)
			this.builder.forget(rules)
			return undefined
		}
	}

	private reference(schema: JsonObject, reference: string, name: string, place: SchemaPath): string {
		const beside = Object.entries(schema).filter(([keyword]) => keyword !== '$ref' && !isAnnotation(keyword))
		const key = beside.length === 0 ? reference : `${reference} ${JSON.stringify(beside)}`
		const known = this.targets.get(key)
		if (known !== undefined) return known
		const target = this.resolve(reference, place)
		const joint = beside.length === 0 ? target : this.join(target, Object.fromEntries(beside), place)
		const rule = this.builder.reserve(reference.split('/').at(-1) ?? name)
		this.targets.set(key, rule)
		this.builder.define(rule, this.expression(joint, rule, beside.length === 0 ? reference : place))
		return rule
	}

	private join(a: Json | undefined, b: Json, place: SchemaPath): Json | undefined {
		if (a === false || b === false) throw unsatisfiable("no value satisfies the schema 'false'", place)
		if (a === true) return b
		if (b === true) return a
		if (!isObject(a) || !isObject(b)) throw wrongSchema('a schema must be an object or a boolean', place)
		this.spend(place, 1 + Math.ceil((sizeOf(a) + sizeOf(b)) / 20))
		return mergeSchemas(a, b, place)
	}

	private resolve(reference: string, place: SchemaPath): Json | undefined {
		if (!/^#(\/|$)/.test(reference))
			throw cannotEnforce(`the reference '${reference.slice(0, 100)}' to another document or to an anchor`, place)
		let value: Json | undefined = this.root
		for (const step of reference.slice(1).split('/').slice(1)) {
			const key = safeDecode(step).replaceAll('~1', '/').replaceAll('~0', '~')
			if (Array.isArray(value)) value = /^\d{1,9}$/.test(key) ? value[Number(key)] : undefined
			else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
		}
		if (value === undefined) throw wrongSchema(`the reference '${reference.slice(0, 100)}' cannot be resolved`, place)
		return value
	}

	private allOf({ allOf, ...beside }: JsonObject, place: SchemaPath, hops = 0): JsonObject {
		let merged: JsonObject = beside
		for (const [index, part] of listOf(allOf ?? []).entries()) {
			const where = `${place}/allOf/${index}`
			const joint = this.join(merged, isObject(part) ? this.inlined(part, where, hops) : part, where)
			if (isObject(joint)) merged = joint
		}
		return merged
	}

	/** A schema with its own reference and its allOf resolved inline. */
	private inlined(part: JsonObject, place: SchemaPath, hops: number): JsonObject {
		this.spend(place)
		if (hops > maxHops) throw cannotEnforce('a recursive allOf', place)
		const { $ref: reference, ...beside } = part
		if (typeof reference !== 'string') return part.allOf === undefined ? part : this.allOf(part, place, hops + 1)
		const target = this.resolve(reference, place)
		const joint = this.join(isObject(target) ? this.inlined(target, place, hops + 1) : target, beside, place)
		return isObject(joint) ? joint : beside
	}

	private anyOf({ anyOf, oneOf: exclusive, ...beside }: JsonObject, name: string, place: SchemaPath): string {
		if (anyOf !== undefined && exclusive !== undefined) throw cannotEnforce("'anyOf' beside 'oneOf'", place)
		const keyword = anyOf === undefined ? 'oneOf' : 'anyOf'
		const parts = listOf(anyOf ?? exclusive ?? [])
		if (parts.length === 0) throw wrongSchema(`'${keyword}' is empty`, place)
		const free = Object.keys(beside).every(isAnnotation)
		const ways = parts.flatMap((part, index) => {
			const where = `${place}/${keyword}/${index}`
			const way = this.alive(() => {
				const joint = free ? part : this.join(beside, isObject(part) ? this.inlined(part, where, 0) : part, where)
				return this.expression(joint, `${name}-${index}`, where)
			})
			return way === undefined ? [] : [way]
		})
		if (ways.length === 0) throw unsatisfiable(`no value satisfies any part of '${keyword}'`, place)
		return this.builder.rule(`${name}-any`, [...new Set(ways)].join(' | '))
	}

	private listed({ enum: _, ...beside }: JsonObject, values: Json, place: SchemaPath): string {
		return this.literals(allowedValues(beside, listOf(values), place), place)
	}

	private literals(values: readonly Json[], place: SchemaPath): string {
		if (values.length === 0) throw unsatisfiable('no value is allowed', place)
		const texts = values.map((value) => JSON.stringify(value).toWellFormed())
		if (texts.reduce((sum, { length }) => sum + length, 0) > maxListedCharacters)
			throw cannotEnforce('a list of values of this size', place)
		return oneOf(texts)
	}

	/** Rules that all schemas share are added once. */
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

/** The size of a schema, as a measure of the work to merge it. */
function sizeOf({ properties, required, enum: values }: JsonObject): number {
	return (
		Object.keys(isObject(properties) ? properties : {}).length +
		listOf(required ?? []).length +
		listOf(values ?? []).length
	)
}

/** Retains the first `size` entries. */
function forgetFrom(map: Map<string, string>, size: number): void {
	for (const key of [...map.keys()].slice(size)) map.delete(key)
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
