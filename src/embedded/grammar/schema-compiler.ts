// Compiles JSON Schema to the rules of a grammar: whatever the grammar produces satisfies the schema. Objects have
// their keys in the schema's order; a schema that names properties but does not set `additionalProperties` allows no
// others. White space is at most one space after `:` and `,`. Keywords that a grammar cannot enforce are rejected,
// never ignored.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
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
import { resolveReference } from './schema-reference.ts'
import { characterRule, readStringBounds, stringRule } from './string-rules.ts'

const types = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'] as const
type Type = (typeof types)[number]

const supportedKeywords: Readonly<Record<Type | 'any', readonly string[]>> = {
	any: ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref'],
	object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
	array: ['items', 'prefixItems', 'minItems', 'maxItems'],
	string: ['minLength', 'maxLength', 'pattern', 'format'],
	integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
	number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
	boolean: [],
	null: [],
}
const allSupportedKeywords: ReadonlySet<string> = new Set(Object.values(supportedKeywords).flat())
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
 * @throws ChatError `unsupported` for a schema that cannot be enforced, `invalid-request` for one that no value
 * satisfies.
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
	private expression(schema: Json | undefined, name: string, schemaPath: SchemaPath): string {
		if (schema === true || schema === undefined) return this.anyValue()
		if (schema === false) throw unsatisfiable("no value satisfies the schema 'false'", schemaPath)
		if (!isObject(schema)) throw wrongSchema('a schema must be an object or a boolean', schemaPath)
		if (++this.depth > maxDepth) throw cannotEnforce(`nesting of more than ${maxDepth} levels`, schemaPath)
		try {
			return this.node(schema, name, schemaPath)
		} finally {
			this.depth--
		}
	}

	private node(schema: JsonObject, name: string, schemaPath: SchemaPath): string {
		this.spend(schemaPath)
		this.checkKeywords(schema, schemaPath)
		if (typeof schema.$ref === 'string') return this.reference(schema, schema.$ref, name, schemaPath)
		if (schema.allOf !== undefined) return this.node(this.allOf(schema, schemaPath), name, schemaPath)
		if (schema.anyOf !== undefined || schema.oneOf !== undefined) return this.anyOf(schema, name, schemaPath)
		if (schema.const !== undefined || schema.enum !== undefined)
			return this.literals(allowedValues(schema, schemaPath), schemaPath)
		const types = this.typesOf(schema, schemaPath)
		const alternatives = types.map((type) => this.typed(type, schema, name, schemaPath))
		return alternatives.length === 1 ? (alternatives[0] ?? '') : `(${alternatives.join(' | ')})`
	}

	private spend(schemaPath: SchemaPath, work = 1): void {
		this.work += work
		if (this.work > maxWork) throw cannotEnforce('a schema of this size', schemaPath)
	}

	private checkKeywords(schema: JsonObject, schemaPath: SchemaPath): void {
		for (const [keyword, value] of Object.entries(schema)) {
			if (value === undefined || isAnnotation(keyword) || allSupportedKeywords.has(keyword)) continue
			if (keyword === 'uniqueItems' && value === false) continue
			throw cannotEnforce(`'${keyword.slice(0, 60)}'`, schemaPath)
		}
	}

	private typesOf(schema: JsonObject, schemaPath: SchemaPath): readonly Type[] {
		const { type } = schema
		if (type === undefined) {
			const implied = types.filter(
				(one) => one !== 'integer' && supportedKeywords[one].some((keyword) => schema[keyword] !== undefined),
			)
			return implied.length > 0 ? implied : ['object', 'array', 'string', 'number', 'boolean', 'null']
		}
		if (listOf(type).length === 0) throw wrongSchema("'type' is empty", schemaPath)
		return [...new Set(listOf(type))].map((one) => {
			const known = types.find((candidate) => candidate === one)
			if (known === undefined) throw wrongSchema(`unknown type ${JSON.stringify(one)}`, schemaPath)
			return known
		})
	}

	private typed(type: Type, schema: JsonObject, name: string, schemaPath: SchemaPath): string {
		switch (type) {
			case 'null':
				return '"null"'
			case 'boolean':
				return '("true" | "false")'
			case 'string':
				return this.named('string', schema, name, () =>
					stringRule(readStringBounds(schema, schemaPath), this.character(), schemaPath),
				)
			case 'integer':
			case 'number':
				return this.named(type, schema, name, () =>
					boundedRule(type, readNumberBounds(schema, schemaPath), {
						schemaPath,
						rule: (types, body) => this.builder.rule(types, body),
						shared: (types, body) => this.shared(types, body),
					}),
				)
			case 'array':
				return this.builder.rule(`${name}-array`, arrayBody(schema, this.builder, this.contextOf(name, schemaPath)))
			case 'object':
				return this.builder.rule(name, objectBody(schema, this.builder, this.contextOf(name, schemaPath)))
		}
	}

	/** A separate rule, or the shared rule of the type if none of its keywords is present. */
	private named(type: Type, schema: JsonObject, name: string, body: () => string): string {
		if (supportedKeywords[type].every((keyword) => schema[keyword] === undefined)) return this.shared(type, body)
		return this.builder.rule(`${name}-${type}`, body())
	}

	private contextOf(name: string, schemaPath: SchemaPath): SchemaContext {
		return {
			name,
			schemaPath,
			character: this.character(),
			value: (schema, key, schemaPath) => this.expression(schema, `${name}-${key}`, schemaPath),
			satisfiable: (make) => this.satisfiable(make),
		}
	}

	private satisfiable(make: () => string): string | undefined {
		const [targets, common, rules] = [this.targets.size, this.common.size, this.builder.mark()]
		try {
			return make()
		} catch (error) {
			if (!isUnsatisfiable(error)) throw error
			// Incomplete rules may refer to each other, so none of them may be reused.
			truncate(this.targets, targets)
			truncate(this.common, common)
			this.builder.rollBack(rules)
			return undefined
		}
	}

	private reference(schema: JsonObject, reference: string, name: string, schemaPath: SchemaPath): string {
		const beside = Object.entries(schema).filter(([keyword]) => keyword !== '$ref' && !isAnnotation(keyword))
		const key = beside.length === 0 ? reference : `${reference} ${JSON.stringify(beside)}`
		const known = this.targets.get(key)
		if (known !== undefined) return known
		const target = resolveReference(this.root, reference, schemaPath)
		const merged = beside.length === 0 ? target : this.join(target, Object.fromEntries(beside), schemaPath)
		const rule = this.builder.reserve(reference.split('/').at(-1) ?? name)
		this.targets.set(key, rule)
		this.builder.define(rule, this.expression(merged, rule, beside.length === 0 ? reference : schemaPath))
		return rule
	}

	private join(a: Json | undefined, b: Json, schemaPath: SchemaPath): Json | undefined {
		if (a === false || b === false) throw unsatisfiable("no value satisfies the schema 'false'", schemaPath)
		if (a === true) return b
		if (b === true) return a
		if (!isObject(a) || !isObject(b)) throw wrongSchema('a schema must be an object or a boolean', schemaPath)
		this.spend(schemaPath, 1 + Math.ceil((sizeOf(a) + sizeOf(b)) / 20))
		return mergeSchemas(a, b, schemaPath)
	}

	private allOf({ allOf, ...beside }: JsonObject, schemaPath: SchemaPath, hops = 0): JsonObject {
		let merged: JsonObject = beside
		for (const [index, part] of listOf(allOf ?? []).entries()) {
			const partPath = `${schemaPath}/allOf/${index}`
			const joined = this.join(merged, isObject(part) ? this.inlined(part, partPath, hops) : part, partPath)
			if (isObject(joined)) merged = joined
		}
		return merged
	}

	/** A schema with its own reference and its allOf resolved inline. */
	private inlined(part: JsonObject, schemaPath: SchemaPath, hops: number): JsonObject {
		this.spend(schemaPath)
		if (hops > maxHops) throw cannotEnforce('a recursive allOf', schemaPath)
		const { $ref: reference, ...beside } = part
		if (typeof reference !== 'string') return part.allOf === undefined ? part : this.allOf(part, schemaPath, hops + 1)
		const target = resolveReference(this.root, reference, schemaPath)
		const merged = this.join(isObject(target) ? this.inlined(target, schemaPath, hops + 1) : target, beside, schemaPath)
		return isObject(merged) ? merged : beside
	}

	private anyOf({ anyOf, oneOf: exclusive, ...beside }: JsonObject, name: string, schemaPath: SchemaPath): string {
		if (anyOf !== undefined && exclusive !== undefined) throw cannotEnforce("'anyOf' beside 'oneOf'", schemaPath)
		const keyword = anyOf === undefined ? 'oneOf' : 'anyOf'
		const parts = listOf(anyOf ?? exclusive ?? [])
		if (parts.length === 0) throw wrongSchema(`'${keyword}' is empty`, schemaPath)
		const free = Object.keys(beside).every(isAnnotation)
		const alternatives = parts.flatMap((part, index) => {
			const partPath = `${schemaPath}/${keyword}/${index}`
			const alternative = this.satisfiable(() => {
				const merged = free
					? part
					: this.join(beside, isObject(part) ? this.inlined(part, partPath, 0) : part, partPath)
				return this.expression(merged, `${name}-${index}`, partPath)
			})
			return alternative === undefined ? [] : [alternative]
		})
		if (alternatives.length === 0) throw unsatisfiable(`no value satisfies any part of '${keyword}'`, schemaPath)
		return this.builder.rule(`${name}-any`, [...new Set(alternatives)].join(' | '))
	}

	private literals(values: readonly unknown[], schemaPath: SchemaPath): string {
		if (values.length === 0) throw unsatisfiable('no value is allowed', schemaPath)
		const texts = values.map((value) => stringifyJson(value).toWellFormed())
		if (texts.reduce((sum, { length }) => sum + length, 0) > maxListedCharacters)
			throw cannotEnforce('a list of values of this size', schemaPath)
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
function truncate(map: Map<string, string>, size: number): void {
	for (const key of [...map.keys()].slice(size)) map.delete(key)
}

function listOf(value: Json): readonly Json[] {
	return Array.isArray(value) ? value : [value]
}
