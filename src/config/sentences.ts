// Writes the issues of the schema as plain sentences: the value, why it is invalid, and what to write. A field may have
// a sentence of its own (see src/fields); all others are written here.

import type { z } from 'zod'
import { nearest } from '../system/nearest.ts'
import { type ConfigProblem, shown, writePath } from './config-problem.ts'
import { choicesOf, type Field, type FieldShape, fieldAt, namesOf, shapesOf } from './field.ts'
import { otherToolValue } from './other-tools.ts'
import { explainUnknownField } from './unknown-field.ts'

/** The message of every issue for which the schema has no sentence of its own. */
export const emptyMessage = ''

/**
 * For a value of a wrong type, only the type is explained: its other issues, such as the length of a list, do not
 * matter.
 *
 * @param value the value that the schema validated.
 */
export function explainIssues(
	schema: z.ZodType,
	value: unknown,
	issues: readonly z.core.$ZodIssue[],
): readonly ConfigProblem[] {
	const mistyped = new Set(issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => writePath(path)))
	return issues
		.filter(({ code, path }) => code === 'invalid_type' || !mistyped.has(writePath(path)))
		.flatMap((issue) => explain(schema, value, issue, []))
}

function explain(
	schema: z.ZodType,
	document: unknown,
	issue: z.core.$ZodIssue,
	above: readonly PropertyKey[],
): readonly ConfigProblem[] {
	const path = [...above, ...issue.path]
	const field = fieldAt(schema, path, document)
	const value = valueAt(document, path)
	if (issue.message !== emptyMessage && value !== undefined) return [{ path, message: issue.message }]
	if (issue.code === 'unrecognized_keys')
		return issue.keys.map((key) => ({
			path: [...path, key],
			message: explainUnknownField(schema, { path, name: key, known: field, value }),
		}))
	if (issue.code === 'invalid_key')
		return [
			{ path, message: issue.issues.find(({ message }) => message !== emptyMessage)?.message ?? explainName(path) },
		]
	if (issue.code === 'invalid_union' && issue.errors.length > 0) {
		const inner = issue.errors.find((errors) => !errors.some((error) => isWrongType(error)))
		if (inner !== undefined) return inner.flatMap((error) => explain(schema, document, error, path))
	}
	return [{ path, message: describe(issue, path, value, field) }]
}

/** Whether the whole value has another type, so that this alternative was not meant. */
function isWrongType(issue: z.core.$ZodIssue): boolean {
	return issue.code === 'invalid_type' && issue.path.length === 0
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
	return path.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), document)
}

function explainName(path: readonly PropertyKey[]): string {
	const { length } = String(path.at(-1))
	return `the name has ${length} characters: 1 to 200 are allowed`
}

function describe(
	issue: z.core.$ZodIssue,
	path: readonly PropertyKey[],
	value: unknown,
	field: Field | undefined,
): string {
	const name = String(path.at(-1) ?? '')
	const choices = field === undefined ? [] : choicesOf(field)
	if (value === undefined || value === null) return explainAbsent(name, value, choices, field)
	switch (issue.code) {
		case 'invalid_type':
		case 'invalid_union':
		case 'invalid_value':
			return choices.length > 0 && typeof value !== 'object'
				? explainChoice(name, value, choices)
				: explainType(value, field)
		case 'too_small':
			return explainTooSmall(issue, value, field)
		case 'too_big':
			return explainTooBig(issue, value, field)
		default:
			return `${field?.secret === true ? 'the value' : shown(value)} cannot be used${exampleOf(name, field)}`
	}
}

function explainAbsent(
	name: string,
	value: undefined | null,
	choices: readonly string[],
	field: Field | undefined,
): string {
	const problem = value === null ? 'has no value' : 'is required'
	if (choices.length > 0) return `${problem}: write one of ${choices.join(', ')}`
	const example = exampleOf(name, field)
	return value === null && example === '' ? `${problem}: give it one, or remove the line` : problem + example
}

function exampleOf(name: string, field: Field | undefined): string {
	if (field?.example === undefined) return ''
	const { example } = field
	const text = Array.isArray(example) ? `[${example.join(', ')}]` : String(example)
	return `, such as ${name}: ${/^[@[]/.test(text) && !Array.isArray(example) ? JSON.stringify(text) : text}`
}

function explainChoice(name: string, value: unknown, choices: readonly string[]): string {
	const word = String(value)
	const meant = otherToolValue(name, word) ?? nearest(word, choices)
	const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`
	return `${shown(value)} is not one of ${choices.join(', ')}${hint}`
}

const shapeNames: Readonly<Record<FieldShape, string>> = {
	mapping: 'a mapping of fields',
	names: 'a mapping of names',
	list: 'a list',
	text: 'text',
	number: 'a number',
	truth: 'true or false',
}

function explainType(value: unknown, field: Field | undefined): string {
	const shapes: ReadonlySet<FieldShape> = field === undefined ? new Set() : shapesOf(field)
	const secret = field?.secret === true
	if (shapes.has('truth')) return `${describeValue(value, secret)} is neither true nor false${truthHint(value)}`
	if (shapes.has('number')) return explainNumber(value)
	const expected = [...shapes].map((shape) => shapeNames[shape]).join(' or ')
	if (shapes.has('text') && (typeof value === 'number' || typeof value === 'boolean'))
		return secret
			? `is ${kindOf(value)}, not text: put it in quotes`
			: `${value} is ${kindOf(value)}, not text: put it in quotes, "${value}"`
	const fields = shapes.has('mapping') && field !== undefined ? namesOf(field, undefined) : []
	const form = fields.length > 0 ? ` (${shortList(fields)})` : ''
	const remedy = shapes.has('list') && typeof value === 'string' && !secret ? `: write [${value}]` : ''
	return expected === ''
		? `${kindOf(value)} cannot be used here`
		: `must be ${expected}${form}, not ${kindOf(value)}${remedy}`
}

/** The first of many names. */
function shortList(names: readonly string[]): string {
	return names.length < 12 ? names.join(', ') : `${names.slice(0, 6).join(', ')}, …`
}

function describeValue(value: unknown, secret: boolean): string {
	return secret || typeof value === 'object' ? kindOf(value) : shown(value)
}

const yes: ReadonlySet<string> = new Set(['yes', 'on', 'y', 'true', '1', 'enabled'])
const no: ReadonlySet<string> = new Set(['no', 'off', 'n', 'false', '0', 'disabled'])

function truthHint(value: unknown): string {
	const word = String(value).toLowerCase()
	if (yes.has(word)) return ': write true'
	return no.has(word) ? ': write false' : ''
}

function explainNumber(value: unknown): string {
	if (typeof value === 'number')
		return Number.isFinite(value) ? `${value} is not a whole number` : `${value} is not a finite number`
	if (typeof value !== 'string') return `must be a number, not ${kindOf(value)}`
	if (value.trim() !== '' && Number.isFinite(Number(value)))
		return `${shown(value)} is text, not a number: write ${Number(value)} without quotes`
	const [, variable] = /^\$([A-Za-z_]\w*)$/.exec(value) ?? []
	return `${shown(value)} is not a number${variable === undefined ? '' : `: a variable is written \${${variable}}`}`
}

function explainTooSmall(issue: z.core.$ZodIssueTooSmall, value: unknown, field: Field | undefined): string {
	if (typeof value === 'number')
		return issue.inclusive === false
			? `${value} is too small: it must be more than ${issue.minimum}`
			: `${value} is too small: the minimum is ${issue.minimum}`
	if (Array.isArray(value)) return `the list is empty: it needs at least ${issue.minimum}`
	if (value === '') return 'is empty'
	const length = typeof value === 'string' ? value.length : 0
	return `${field?.secret === true ? 'it' : shown(value)} is ${length} characters long: at least ${issue.minimum} are needed`
}

function explainTooBig(issue: z.core.$ZodIssueTooBig, value: unknown, field: Field | undefined): string {
	if (typeof value === 'number') return `${value} is too large: the maximum is ${issue.maximum}`
	if (Array.isArray(value)) return `the list has ${value.length} elements: at most ${issue.maximum} are allowed`
	const length = typeof value === 'string' ? value.length : 0
	return `${field?.secret === true ? 'it' : shown(value)} is ${length} characters long: at most ${issue.maximum} are allowed`
}

/** The type of a value, for a message; never the value itself. */
export function kindOf(value: unknown): string {
	if (value === null || value === undefined) return 'nothing'
	if (Array.isArray(value)) return 'a list'
	switch (typeof value) {
		case 'string':
			return 'text'
		case 'number':
			return 'a number'
		case 'boolean':
			return String(value)
		default:
			return 'a mapping'
	}
}
