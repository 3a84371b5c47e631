// Finds every field of a schema that can grow: arrays, maps and texts at any depth, and makes valid values in which one of
// them has n elements. It knows schemas only, neither dialects nor what reads the values.

import type { z } from 'zod'
import { describedBy } from '../../src/wire/json/json-object-schema.ts'

/** Elements of the type that the schema names, or of another. */
export type Elements = 'valid' | 'wrong'

export interface GrowingField {
	/** The path in the value, with the alternative of each union: `messages[].content#1[].text`. */
	readonly path: string
	readonly kind: 'array' | 'map' | 'text'
	/** A value in which the field has n elements, entries or characters; all else is minimal. */
	readonly grow: (n: number, elements: Elements) => unknown
}

type Schema = z.core.$ZodType
type Definition = z.core.$ZodTypeDef & Readonly<Record<string, unknown>>

/** Schemas that contain themselves end here. */
const deepest = 24

/** Objects in schemas that were enumerated before: the fields in them are not enumerated again. */
export class EnumeratedSchemas {
	private readonly earlier = new Set<Schema>()

	/** The fields of a schema. */
	add(schema: Schema): readonly GrowingField[] {
		const own = new Set<Schema>()
		const fields = [...fieldsOf(schema, '', 0, (inner) => this.earlier.has(inner) || !own.add(inner))]
		for (const inner of own) this.earlier.add(inner)
		return fields
	}
}

/** Whether an object within the enumerated schema is known. */
type IsKnown = (schema: Schema) => boolean

function* fieldsOf(schema: Schema, path: string, depth: number, isKnown: IsKnown): Generator<GrowingField> {
	if (depth > deepest) return
	const inner = innerOf(schema)
	if (inner !== undefined) return yield* fieldsOf(inner, path, depth + 1, isKnown)
	const definition = definitionOf(schema)
	switch (definition.type) {
		case 'array':
			if (definitionOf(definition.element as Schema).type === 'never') return
			return yield* fieldsOfArray(definition.element as Schema, path, depth, isKnown)
		case 'object':
			if (isKnown(schema) && depth > 0) return
			return yield* fieldsOfObject(schema, definition, path, depth, isKnown)
		case 'record':
			return yield* fieldsOfRecord(definition, path, depth, isKnown)
		case 'union':
			for (const [index, option] of (definition.options as readonly Schema[]).entries())
				yield* fieldsOf(option, `${path}#${tagOf(option) ?? index}`, depth + 1, isKnown)
			return
		case 'string':
			// A long word, then what a reader may search for.
			yield { path, kind: 'text', grow: (n) => 'x'.repeat(n / 2) + 'a "b"\n:{'.repeat(n / 16) }
			return
		case 'unknown':
		case 'any':
		case 'custom':
			yield { path: `${path}{}`, kind: 'map', grow: jsonMap }
			yield { path: `${path}[]`, kind: 'array', grow: (n) => Array.from({ length: n }, (_, index) => ({ a: index })) }
	}
}

function* fieldsOfArray(element: Schema, path: string, depth: number, isKnown: IsKnown): Generator<GrowingField> {
	const sample = sampler(element)
	yield {
		path: `${path}[]`,
		kind: 'array',
		grow: (n, elements) => Array.from({ length: n }, (_, index) => (elements === 'valid' ? sample(index) : [index])),
	}
	for (const { grow, ...field } of fieldsOf(element, `${path}[]`, depth + 1, isKnown))
		yield { ...field, grow: (n, elements) => [grow(n, elements)] }
}

function* fieldsOfObject(
	schema: Schema,
	{ shape, catchall }: Definition,
	path: string,
	depth: number,
	isKnown: IsKnown,
): Generator<GrowingField> {
	const base = () => sampler(schema)(0) as object
	for (const [name, member] of Object.entries(shape as Readonly<Record<string, Schema>>))
		for (const { grow, ...field } of fieldsOf(member, path === '' ? name : `${path}.${name}`, depth + 1, isKnown))
			yield { ...field, grow: (n, elements) => ({ ...base(), [name]: grow(n, elements) }) }
	if (catchall === undefined || definitionOf(catchall as Schema).type === 'never') return
	yield { path: `${path}{}`, kind: 'map', grow: (n, elements) => ({ ...base(), ...jsonMap(n, elements) }) }
}

function* fieldsOfRecord(
	{ keyType, valueType }: Definition,
	path: string,
	depth: number,
	isKnown: IsKnown,
): Generator<GrowingField> {
	const [key, value] = [sampler(keyType as Schema), sampler(valueType as Schema)]
	yield {
		path: `${path}{}`,
		kind: 'map',
		grow: (n, elements) =>
			Object.fromEntries(
				Array.from({ length: n }, (_, index) => [key(index), elements === 'valid' ? value(index) : [index]]),
			),
	}
	for (const { grow, ...field } of fieldsOf(valueType as Schema, `${path}{}`, depth + 1, isKnown))
		yield { ...field, grow: (n, elements) => ({ [String(key(0))]: grow(n, elements) }) }
}

function jsonMap(n: number, elements: Elements): Readonly<Record<string, unknown>> {
	return Object.fromEntries(
		Array.from({ length: n }, (_, index) => [`x_field_${index}`, elements === 'valid' ? { a: index } : [index]]),
	)
}

/** The schema within one that adds nothing to what can grow. */
function innerOf(schema: Schema): Schema | undefined {
	const definition = definitionOf(schema)
	switch (definition.type) {
		case 'optional':
		case 'nullable':
		case 'default':
		case 'prefault':
		case 'nonoptional':
		case 'readonly':
		case 'catch':
			return definition.innerType as Schema
		case 'pipe':
			// Of a preprocessed value, the schema that follows describes it; of a transformed one, the schema before.
			return definitionOf(definition.in as Schema).type === 'transform'
				? (definition.out as Schema)
				: (definition.in as Schema)
		case 'lazy':
			return (definition.getter as () => Schema)()
		case 'custom':
			return metaOf(schema)?.[describedBy] as Schema | undefined
		default:
			return undefined
	}
}

function metaOf(schema: Schema): Readonly<Record<string, unknown>> | undefined {
	return 'meta' in schema && typeof schema.meta === 'function' ? schema.meta() : undefined
}

function definitionOf(schema: Schema): Definition {
	return schema._zod.def as unknown as Definition
}

/** The value of the tag of an alternative, if it has one. */
function tagOf(option: Schema): string | undefined {
	const inner = innerOf(option)
	if (inner !== undefined) return tagOf(inner)
	const { shape } = definitionOf(option)
	for (const name of ['role', 'type']) {
		const member = (shape as Readonly<Record<string, Schema>> | undefined)?.[name]
		const values = member === undefined ? undefined : definitionOf(member).values
		if (Array.isArray(values)) return String(values[0])
	}
	return undefined
}

/** Makes minimal valid values, different for each index if the schema permits. */
function sampler(schema: Schema): (index: number) => unknown {
	const inner = innerOf(schema)
	const definition = definitionOf(schema)
	if (inner !== undefined) return sampler(inner)
	switch (definition.type) {
		case 'array': {
			const needed = isValid(schema, []) ? 0 : 1
			const element = sampler(definition.element as Schema)
			return (index) => Array.from({ length: needed }, () => element(index))
		}
		case 'object': {
			const required = Object.entries(definition.shape as Readonly<Record<string, Schema>>).filter(
				([, member]) => member._zod.optin === undefined,
			)
			const members = required.map(([name, member]) => [name, sampler(member)] as const)
			return (index) => Object.fromEntries(members.map(([name, member]) => [name, member(index)]))
		}
		case 'record':
			return () => ({})
		case 'union':
			return sampler((definition.options as readonly Schema[])[0] as Schema)
		case 'literal':
			return () => (definition.values as readonly unknown[])[0]
		case 'enum':
			return () => Object.values(definition.entries as object)[0]
		default: {
			const found = candidates.find((candidate) => indexes.every((index) => isValid(schema, candidate(index))))
			if (found === undefined) throw new Error(`no valid value is known for ${JSON.stringify(definition)}`)
			return found
		}
	}
}

/** A value that is made of its index must be valid for the first and for the last one. */
const indexes = [0, 1_000_000]

const candidates: readonly ((index: number) => unknown)[] = [
	(index) => `name_${index}`,
	(index) => String(index),
	(index) => index,
	() => 1024,
	() => 1,
	() => 0.5,
	() => true,
	() => 'image/png',
	() => 'a.png',
	() => ({}),
	() => [],
	() => null,
]

function isValid(schema: Schema, value: unknown): boolean {
	const result = schema._zod.run({ value, issues: [] }, { async: false })
	return !(result instanceof Promise) && result.issues.length === 0
}
