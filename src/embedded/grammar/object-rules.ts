// Objects: properties in the schema's order, optional ones may be omitted, additional ones follow if allowed.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { type CharacterSet, characterOf, plain, union, without, writeClass } from './character-set.ts'
import { readCount } from './count.ts'
import type { GrammarBuilder } from './grammar-builder.ts'
import { cannotEnforce, type SchemaPath, unsatisfiable, wrongSchema } from './refusal.ts'
import { repeat } from './repetition.ts'
import type { SchemaContext } from './schema-context.ts'

const separator = '"," " "?'

interface Pair {
	readonly required: boolean
	readonly written: string
}

/** An expression of the whole object, with its braces. */
export function objectBody(schema: JsonObject, builder: GrammarBuilder, context: SchemaContext): string {
	const { schemaPath } = context
	const { properties = {} } = schema
	if (!isObject(properties)) throw wrongSchema("'properties' must be an object", schemaPath)
	const required = readRequired(schema, schemaPath)
	const extra = schema.additionalProperties
	const names = [...Object.keys(properties), ...[...required].filter((name) => !Object.hasOwn(properties, name))]
	if (extra === false && names.length > Object.keys(properties).length)
		throw unsatisfiable('a required property is disallowed', schemaPath)
	const open = takesOthers(schema)
	checkCounts(schema, { known: names.length, required: required.size, open }, schemaPath)
	const pairs = names.flatMap((name): readonly Pair[] => {
		const known = Object.hasOwn(properties, name) ? properties[name] : extraSchema(extra)
		const make = () => context.value(known, name, `${schemaPath}/properties/${name}`)
		const isRequired = required.has(name)
		const value = isRequired ? make() : context.satisfiable(make)
		const key = builder.literal(`${JSON.stringify(name).toWellFormed()}:`)
		return value === undefined ? [] : [{ required: isRequired, written: `${key} " "? ${value}` }]
	})
	const others = open ? otherPair(extra, names, builder, context) : undefined
	if (pairs.length === 0) return others === undefined ? '"{}"' : `"{" ${freely(others, schema, schemaPath)} "}"`
	return `"{" ${inOrder(pairs, others, builder, context.name)} "}"`
}

function readRequired(schema: JsonObject, schemaPath: SchemaPath): ReadonlySet<string> {
	const required = schema.required ?? []
	if (!Array.isArray(required) || required.some((name) => typeof name !== 'string'))
		throw wrongSchema("'required' must be an array of strings", schemaPath)
	return new Set(required as readonly string[])
}

interface PropertyCounts {
	/** Number of named properties. */
	readonly known: number
	/** Number of those that are required. */
	readonly required: number
	/** Whether other properties are allowed. */
	readonly open: boolean
}

function checkCounts(schema: JsonObject, { known, required, open }: PropertyCounts, schemaPath: SchemaPath): void {
	const least = readCount(schema, 'minProperties', schemaPath) ?? 0
	const most = readCount(schema, 'maxProperties', schemaPath)
	if (most !== undefined && most < Math.max(least, required))
		throw unsatisfiable("'maxProperties' is less than 'minProperties' or the number of required properties", schemaPath)
	if (known === 0) {
		if (!open && least > 0) throw unsatisfiable("no property is allowed, but 'minProperties' requires some", schemaPath)
		return
	}
	if (least > required) throw cannotEnforce("'minProperties' beside named properties", schemaPath)
	if (most !== undefined && (most < known || open))
		throw cannotEnforce("'maxProperties' beside named properties", schemaPath)
}

/** The default if `additionalProperties` is absent: an object without named properties accepts any, one with named properties no others. */
function takesOthers({ additionalProperties, properties, minProperties }: JsonObject): boolean {
	if (additionalProperties !== undefined) return additionalProperties !== false
	return properties === undefined || (Object.keys(properties ?? {}).length === 0 && minProperties !== undefined)
}

function extraSchema(extra: Json | undefined): Json | undefined {
	return extra === undefined || extra === false ? true : extra
}

function freely(pair: string, schema: JsonObject, schemaPath: SchemaPath): string {
	const least = readCount(schema, 'minProperties', schemaPath) ?? 0
	const most = readCount(schema, 'maxProperties', schemaPath)
	if (least > 1) throw cannotEnforce("'minProperties' above 1 without named properties", schemaPath)
	if (most === 0) return '""'
	const rest = repeat(
		`(${separator} ${pair})`,
		Math.max(0, least - 1),
		most === undefined ? undefined : most - 1,
		schemaPath,
	)
	const some = rest === '""' ? pair : `${pair} ${rest}`
	return least > 0 ? some : `(${some})?`
}

/** From the last pair to the first: the possible continuations, with and without a preceding pair. */
function inOrder(pairs: readonly Pair[], others: string | undefined, builder: GrammarBuilder, name: string): string {
	let next = others === undefined ? '""' : builder.rule(`${name}-others`, `(${separator} ${others})*`)
	let first = others === undefined ? '""' : builder.rule(`${name}-only-others`, `(${others} ${next})?`)
	for (const [index, { required, written }] of [...pairs.entries()].reverse()) {
		const pair = builder.rule(`${name}-pair-${index}`, written)
		const then = next === '""' ? '' : ` ${next}`
		first = builder.rule(`${name}-first-${index}`, required ? `${pair}${then}` : `${pair}${then} | ${first}`)
		next = builder.rule(
			`${name}-next-${index}`,
			required ? `${separator} ${pair}${then}` : `${separator} ${pair}${then} | ${next}`,
		)
	}
	return first
}

function otherPair(
	extra: Json | undefined,
	taken: readonly string[],
	builder: GrammarBuilder,
	{ name, schemaPath, character, value }: SchemaContext,
): string {
	const key =
		taken.length === 0 ? `"\\x22" ${character}* "\\x22"` : `"\\x22" ${otherKeys(taken, builder, name)} "\\x22"`
	return builder.rule(
		`${name}-other`,
		`${key} ":" " "? ${value(extraSchema(extra), 'other', `${schemaPath}/additionalProperties`)}`,
	)
}

interface Trie {
	taken: boolean
	readonly next: Map<string, Trie>
}

/** Any key except those in `taken`, written without escapes. */
function otherKeys(taken: readonly string[], builder: GrammarBuilder, name: string): string {
	const root: Trie = { taken: false, next: new Map() }
	for (const key of taken) {
		let node = root
		for (const character of key) {
			const known = node.next.get(character) ?? { taken: false, next: new Map<string, Trie>() }
			node.next.set(character, known)
			node = known
		}
		node.taken = true
	}
	const any = builder.rule(`${name}-key-rest`, `${writeClass(plain)}*`)
	const write = (node: Trie): string => {
		const branches = [...node.next].filter(([character]) => without(characterOf(character), plain).length === 0)
		const rest: CharacterSet = without(plain, union(...branches.map(([character]) => characterOf(character))))
		const alternatives = branches.map(([character, child]) => `${writeClass(characterOf(character))} ${write(child)}`)
		return builder.rule(
			`${name}-key`,
			[...alternatives, `${writeClass(rest)} ${any}`, ...(node.taken ? [] : ['""'])].join(' | '),
		)
	}
	return write(root)
}
