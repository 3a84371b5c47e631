// Writes a schema violation in the wording of OpenAI's API: message, code and the path of the invalid field. Sources:
// error bodies observed from OpenAI's API. It is independent of any particular schema.

import type { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import {
	deepestIssue,
	type FieldPath,
	type PlacedIssue,
	type SchemaIssue,
	shorten,
	valueAt,
	writePath,
} from '../json/schema-issue.ts'

/** The first issue of `error` about `body` as an `invalid-request`. */
export function schemaError(error: z.ZodError, body: unknown): ChatError {
	return schemaErrorAt([], error, body)
}

/** The same if only the value at `above` in `body` was parsed. */
export function schemaErrorAt(above: FieldPath, error: z.ZodError, body: unknown): ChatError {
	const [first] = error.issues
	if (first === undefined) return new ChatError('invalid-request', 'The request is invalid.')
	return issueError(deepestIssue(first, above, isMatch), body)
}

/** An alternative for a value of another type than the union's is of no use to the caller. */
function isMatch({ issue, path }: PlacedIssue, unionPath: FieldPath): boolean {
	return path.length > unionPath.length || issue.code !== 'invalid_type'
}

function issueError({ issue, path }: PlacedIssue, body: unknown): ChatError {
	const param = writePath(path)
	const value = valueAt(body, path)
	if (value === undefined) return missing(param)
	switch (issue.code) {
		case 'invalid_type':
			return wrongType(param, article(issue.expected), value)
		case 'invalid_value':
			return wrongValue(param, issue.values.map(String), value)
		case 'invalid_union':
			return unionError(issue, param, path, value, body)
		case 'too_small':
			return tooSmall(param, issue, value)
		case 'too_big':
			return tooBig(param, issue, value)
		case 'custom':
			if (issue.message === 'integer') return wrongType(param, 'an integer', value)
			return invalid(param, issue.message, 'invalid_value')
		case 'invalid_format':
			return invalid(
				param,
				`string does not match pattern${'pattern' in issue ? `. Expected a string that matches the pattern '${unslash(issue.pattern)}'` : ''}.`,
				'invalid_value',
			)
		default:
			return invalid(param, issue.message, 'invalid_value')
	}
}

/** `^…$` as the API prints it, without JavaScript's slashes. */
function unslash(pattern: string | undefined): string {
	return (pattern ?? '').replace(/^\/|\/$/g, '')
}

function unionError(
	issue: Extract<SchemaIssue, { code: 'invalid_union' }>,
	param: string,
	path: FieldPath,
	value: unknown,
	body: unknown,
): ChatError {
	if (issue.errors.length === 0) {
		const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
		const tag = 'discriminator' in issue && typeof issue.discriminator === 'string' ? issue.discriminator : undefined
		if (tag !== undefined && path.at(-1) !== tag) {
			const tagged = valueAt(body, [...path, tag])
			const tagParam = param === '' ? tag : `${param}.${tag}`
			return tagged === undefined ? missing(tagParam) : wrongValue(tagParam, options, tagged)
		}
		return wrongValue(param, options, value)
	}
	const expected = issue.errors.flatMap(([first]) => {
		if (first?.code === 'invalid_type') return [article(first.expected)]
		return first?.code === 'invalid_value' ? [`one of ${first.values.map((one) => `'${String(one)}'`).join(', ')}`] : []
	})
	return wrongType(param, `one of ${[...new Set(expected)].join(' or ')}`, value)
}

function missing(param: string): ChatError {
	if (param === 'model') return new ChatError('invalid-request', 'you must provide a model parameter')
	return new ChatError('invalid-request', `Missing required parameter: '${param}'.`, {
		param,
		code: 'missing_required_parameter',
	})
}

function wrongType(param: string, expected: string, value: unknown): ChatError {
	const location = param === '' ? 'the request body' : `'${param}'`
	return new ChatError(
		'invalid-request',
		`Invalid type for ${location}: expected ${expected}, but got ${describe(value)} instead.`,
		{
			param: param === '' ? undefined : param,
			code: 'invalid_type',
		},
	)
}

function wrongValue(param: string, values: readonly string[], value: unknown): ChatError {
	if (typeof value !== 'string')
		return wrongType(param, values.length === 1 ? `'${values[0]}'` : `one of ${quoted(values)}`, value)
	const supported = values.length === 0 ? '' : ` Supported values are: ${quoted(values)}.`
	return new ChatError('invalid-request', `Invalid value: '${shorten(value)}'.${supported}`, {
		param,
		code: 'invalid_value',
	})
}

function invalid(param: string, problem: string, code: string): ChatError {
	return new ChatError('invalid-request', `Invalid '${param}': ${problem}`, { param, code })
}

type SchemaBound = Extract<SchemaIssue, { code: 'too_small' | 'too_big' }>

function tooSmall(param: string, issue: Extract<SchemaBound, { code: 'too_small' }>, value: unknown): ChatError {
	const least = Number(issue.minimum)
	if (Array.isArray(value)) {
		const length = value.length === 0 ? 'an empty array' : `an array with length ${value.length}`
		const problem = value.length === 0 ? 'empty array' : 'array too short'
		return invalid(
			param,
			`${problem}. Expected an array with minimum length ${least}, but got ${length} instead.`,
			value.length === 0 ? 'empty_array' : 'array_below_min_length',
		)
	}
	if (typeof value === 'string')
		return invalid(
			param,
			`empty string. Expected a string with minimum length ${least}, but got an empty string instead.`,
			'empty_string',
		)
	const comparison = issue.inclusive === false ? '>' : '>='
	return invalid(
		param,
		`${numberKind(value)} below minimum value. Expected a value ${comparison} ${least}, but got ${String(value)} instead.`,
		`${numberKind(value)}_below_min_value`,
	)
}

function tooBig(param: string, issue: Extract<SchemaBound, { code: 'too_big' }>, value: unknown): ChatError {
	const most = Number(issue.maximum)
	if (Array.isArray(value))
		return invalid(
			param,
			`array too long. Expected an array with maximum length ${most}, but got an array with length ${value.length} instead.`,
			'array_above_max_length',
		)
	if (typeof value === 'string')
		return invalid(
			param,
			`string too long. Expected a string with maximum length ${most}, but got a string with length ${value.length} instead.`,
			'string_above_max_length',
		)
	return invalid(
		param,
		`${numberKind(value)} above maximum value. Expected a value <= ${most}, but got ${String(value)} instead.`,
		`${numberKind(value)}_above_max_value`,
	)
}

function numberKind(value: unknown): 'integer' | 'decimal' {
	return Number.isInteger(value) ? 'integer' : 'decimal'
}

const quoted = (values: readonly string[]) => {
	const all = values.map((value) => `'${value}'`)
	const last = all.pop() ?? ''
	return all.length === 0 ? last : `${all.join(', ')} and ${last}`
}

const articles: Readonly<Record<string, string>> = {
	string: 'a string',
	number: 'a decimal',
	int: 'an integer',
	boolean: 'a boolean',
	array: 'an array',
	object: 'an object',
	record: 'an object',
	null: 'null',
}

function article(expected: string): string {
	return articles[expected] ?? expected
}

function describe(value: unknown): string {
	if (value === null) return 'null'
	if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
	if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
	return article(typeof value)
}
