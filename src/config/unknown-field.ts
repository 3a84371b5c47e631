// The message about a field that the schema does not have: which field was probably meant, or which mapping it belongs to.

import type { z } from 'zod'
import { nearest } from '../system/nearest.ts'
import { writePath } from './config-problem.ts'
import { allPaths, type Field, namesOf } from './field.ts'
import { otherToolField } from './other-tools.ts'

const mostNames = 16

export interface UnknownField {
	readonly name: string
	/** Path of the mapping that has the field. */
	readonly path: readonly PropertyKey[]
	/** That mapping in the schema. */
	readonly known: Field | undefined
	/** That mapping in the file. */
	readonly value: unknown
}

export function explainUnknownField(schema: z.ZodType, { name, path, known, value }: UnknownField): string {
	const here = [...new Set(known === undefined ? [] : namesOf(known, value))]
	const near = nearest(name, here)
	if (near !== undefined && isSameWord(near, name)) return `unknown field: it is written "${near}"`
	const equivalent = explainOtherTool(name, path, here)
	if (equivalent !== undefined) return `unknown field: ${equivalent}`
	if (hasOtherForm(schema, path, name)) return otherForm(value, here)
	const elsewhere = findElsewhere(schema, path, name)
	if (near !== undefined && !(elsewhere !== undefined && name.length > 3 && !close(near, name)))
		return `unknown field (did you mean "${near}"?)`
	if (elsewhere !== undefined) return `unknown field: it belongs to ${elsewhere}`
	return here.length === 0 || here.length > mostNames
		? 'unknown field: remove it'
		: `unknown field: the fields here are ${here.join(', ')}`
}

function isSameWord(one: string, other: string): boolean {
	const normalize = (text: string) => text.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '')
	return normalize(one) === normalize(other)
}

function close(one: string, other: string): boolean {
	return Math.abs(one.length - other.length) <= 1 && one[0] === other[0]
}

function explainOtherTool(name: string, path: readonly PropertyKey[], here: readonly string[]): string | undefined {
	const known = otherToolField(name)
	if (known === undefined) return undefined
	const { targets, note } = known
	const own = targets.find((target) => belongsBelow(target, path) && here.includes(below(target, path)[0] ?? ''))
	const target = own ?? targets.find((target) => !belongsBelow(target, path))
	if (target === undefined) return note
	const text = own === undefined ? readable(target) : below(target, path).join('.')
	return `it is called "${text}" here${note === undefined ? '' : `; ${note}`}`
}

/** Whether the field `target`, such as `upstreams.*.url`, is below the mapping at `path`. */
function belongsBelow(target: string, path: readonly PropertyKey[]): boolean {
	const steps = target.split('.')
	return steps.length > path.length && path.every((step, index) => steps[index] === '*' || steps[index] === step)
}

function below(target: string, path: readonly PropertyKey[]): readonly string[] {
	return target.split('.').slice(path.length)
}

function readable(target: string): string {
	return target.replace('models.*', 'models.NAME').replace('upstreams.*', 'upstreams.NAME')
}

/** Whether another form of the same mapping has the field, such as an upstream of another engine. */
function hasOtherForm(schema: z.ZodType, path: readonly PropertyKey[], name: string): boolean {
	const own = [...path.map(String), name]
	return [...allPaths(schema)].some(
		(steps) => steps.length === own.length && own.every((step, index) => steps[index] === '*' || steps[index] === step),
	)
}

function otherForm(value: unknown, here: readonly string[]): string {
	const engine: unknown = Reflect.get(Object(value), 'engine')
	const which = typeof engine === 'string' ? `the engine ${engine} does not have it` : 'it is not for this kind'
	return `unknown field: ${which}; its fields are ${here.join(', ')}`
}

/** The mapping nearest to `path` that has a field of exactly this name. */
function findElsewhere(schema: z.ZodType, path: readonly PropertyKey[], name: string): string | undefined {
	const found = [...allPaths(schema)].filter((steps) => steps.at(-1) === name)
	const [best] = found.toSorted((one, other) => shared(other, path) - shared(one, path))
	if (best === undefined) return undefined
	return writePath(best.map((step, index) => (step === '*' ? (path[index] ?? 'NAME') : step)))
}

function shared(steps: readonly string[], path: readonly PropertyKey[]): number {
	const at = path.findIndex((step, index) => steps[index] !== '*' && steps[index] !== step)
	return at === -1 ? path.length : at
}
