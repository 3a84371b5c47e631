// Properties of the field at a path: its names, its choices, whether it is secret. They are read from the schema's own
// definitions, so that messages are always consistent with the schema.

import { z } from 'zod'
import { isSecretMark } from '../fields/text.ts'

type Schema = z.core.$ZodTypes

export interface Field {
	/** The schemas of the field; several if it is a union. */
	readonly forms: readonly Schema[]
	/** Whether the field, or a mapping that contains it, is a secret. */
	readonly secret: boolean
	/** A valid value. */
	readonly example: unknown
}

/**
 * The field at `path` below `schema`.
 *
 * @param value the value in the file, which selects one of several forms.
 */
export function fieldAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): Field | undefined {
	let field = unwrap([schema], false)
	let here = value
	for (const step of path) {
		const inner = meant(field.forms, here).flatMap((form) => child(form, String(step)))
		if (inner.length === 0) return undefined
		field = unwrap(inner, field.secret)
		here = Reflect.get(Object(here), step)
	}
	return field
}

/** Names of the fields that a mapping may have; empty if any name is allowed. */
export function namesOf({ forms }: Field, value: unknown): readonly string[] {
	return meant(forms, value).flatMap(({ _zod: { def } }) => (def.type === 'object' ? Object.keys(def.shape) : []))
}

/** The permitted values; empty if the field is not an enumeration. */
export function choicesOf({ forms }: Field): readonly string[] {
	return forms.flatMap(({ _zod: { def } }) =>
		def.type === 'enum' ? Object.values(def.entries).map(String) : def.type === 'literal' ? def.values.map(String) : [],
	)
}

export type FieldShape = 'mapping' | 'names' | 'list' | 'text' | 'number' | 'truth'

/** The types of value that the field may have. */
export function shapesOf({ forms }: Field): ReadonlySet<FieldShape> {
	return new Set(forms.flatMap(({ _zod: { def } }) => shapes[def.type] ?? []))
}

const shapes: Readonly<Record<string, FieldShape>> = {
	object: 'mapping',
	record: 'names',
	array: 'list',
	string: 'text',
	enum: 'text',
	literal: 'text',
	number: 'number',
	int: 'number',
	boolean: 'truth',
}

/** Every field of the schema, with `*` for names chosen by the operator. */
export function* allPaths(schema: z.ZodType): Generator<readonly string[]> {
	yield* pathsBelow(unwrap([schema], false).forms, [])
}

const deepest = 6

function* pathsBelow(forms: readonly Schema[], above: readonly string[]): Generator<readonly string[]> {
	if (above.length > deepest) return
	for (const { _zod } of forms) {
		const { def } = _zod
		if (def.type === 'object')
			for (const [name, inner] of Object.entries(def.shape)) {
				yield [...above, name]
				yield* pathsBelow(unwrap([inner], false).forms, [...above, name])
			}
		else if (def.type === 'record') yield* pathsBelow(unwrap([def.valueType], false).forms, [...above, '*'])
	}
}

/** Removes wrappers for absent values, and expands every alternative of a union. */
function unwrap(schemas: readonly z.core.$ZodType[], secretAbove: boolean): Field {
	let secret = secretAbove
	let example: unknown
	const forms: Schema[] = []
	const open = (given: z.core.$ZodType) => {
		const schema = given as Schema
		const meta = z.globalRegistry.get(schema)
		secret ||= isSecretMark(meta)
		example ??= firstOf(meta?.examples)
		const { def } = schema._zod
		switch (def.type) {
			case 'optional':
			case 'default':
			case 'prefault':
			case 'nullable':
			case 'nonoptional':
			case 'readonly':
			case 'catch':
				open(def.innerType)
				break
			case 'pipe':
				open((def.in as Schema)._zod.def.type === 'transform' ? def.out : def.in)
				break
			case 'union':
				for (const option of def.options) open(option)
				break
			default:
				forms.push(schema)
		}
	}
	for (const schema of schemas) open(schema)
	return { forms, secret, example }
}

function firstOf(examples: unknown): unknown {
	return Array.isArray(examples) ? examples[0] : undefined
}

/** The forms whose literal fields, such as `engine`, match the value; all if none matches. */
function meant(forms: readonly Schema[], value: unknown): readonly Schema[] {
	const fitting = forms.filter(({ _zod: { def } }) => {
		if (def.type !== 'object') return true
		return Object.entries(def.shape).every(([name, inner]) => {
			const { def: fieldDef } = (inner as Schema)._zod
			return fieldDef.type !== 'literal' || fieldDef.values.includes(Reflect.get(Object(value), name))
		})
	})
	return fitting.length > 0 ? fitting : forms
}

function child({ _zod: { def } }: Schema, name: string): readonly z.core.$ZodType[] {
	switch (def.type) {
		case 'object': {
			const inner = Object.hasOwn(def.shape, name) ? def.shape[name] : undefined
			return inner === undefined ? [] : [inner]
		}
		case 'record':
			return [def.valueType]
		case 'array':
			return [def.element]
		case 'lazy':
			return child(def.getter() as Schema, name)
		default:
			return []
	}
}
