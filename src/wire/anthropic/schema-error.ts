// Formats schema errors like Anthropic's API: the dotted path of the invalid field, then the error. Source: error
// bodies recorded from Anthropic's API. It does not depend on a particular schema.

import type { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import {
	deepestIssue,
	type FieldPath,
	type SchemaIssue,
	shorten,
	showValue,
	valueAt,
	writePath,
} from '../json/schema-issue.ts'

/** The first issue of `error` as an `invalid-request`. */
export function schemaError(error: z.ZodError, body: unknown): ChatError {
	const [first] = error.issues
	if (first === undefined) return new ChatError('invalid-request', 'The request is invalid.')
	const { issue, path } = deepestIssue(
		first,
		[],
		(alternative, unionPath) => alternative.path.length > unionPath.length,
	)
	return fieldError(path, valueAt(body, path) === undefined ? 'Field required' : describe(issue, valueAt(body, path)))
}

/** An error for the field at `path`, in the API's format. */
export function fieldError(path: FieldPath, message: string): ChatError {
	const param = writePath(path)
	const shown = path.map((step) => shorten(String(step))).join('.')
	return new ChatError('invalid-request', shown === '' ? message : `${shown}: ${message}`, {
		param: param === '' ? undefined : param,
	})
}

/** The same for a valid field that this server does not support. */
export function unsupportedError(path: FieldPath, reason: string): ChatError {
	const { message, param } = fieldError(path, reason)
	return new ChatError('unsupported', message, { param })
}

function describe(issue: SchemaIssue, value: unknown): string {
	switch (issue.code) {
		case 'invalid_type':
			return `Input should be ${article(issue.expected)}`
		case 'invalid_value':
			return `Input should be ${either(issue.values.map(String))}`
		case 'invalid_union':
			return wrongTag(issue, value)
		case 'too_small':
			return tooSmall(issue, value)
		case 'too_big':
			return tooBig(issue, value)
		case 'invalid_format':
			return `String should match pattern '${('pattern' in issue ? (issue.pattern ?? '') : '').replace(/^\/|\/$/g, '')}'`
		default:
			return issue.message
	}
}

function wrongTag(issue: Extract<SchemaIssue, { code: 'invalid_union' }>, value: unknown): string {
	const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
	if (options.length === 0) {
		const expected = issue.errors.flatMap(([first]) =>
			first?.code === 'invalid_type' ? [article(first.expected)] : [],
		)
		return `Input should be ${[...new Set(expected)].join(' or ')}`
	}
	return `Input '${showValue(value)}' is none of the expected: ${options.map((one) => `'${one}'`).join(', ')}`
}

type LowerBound = Extract<SchemaIssue, { code: 'too_small' | 'too_big' }>

function tooSmall(issue: Extract<LowerBound, { code: 'too_small' }>, value: unknown): string {
	const least = Number(issue.minimum)
	if (Array.isArray(value)) return `List should have at least ${least} item${plural(least)}, not ${value.length}`
	if (typeof value === 'string') return `String should have at least ${least} character${plural(least)}`
	return `Input should be greater than ${issue.inclusive === false ? '' : 'or equal to '}${least}`
}

function tooBig(issue: Extract<LowerBound, { code: 'too_big' }>, value: unknown): string {
	const most = Number(issue.maximum)
	if (Array.isArray(value)) return `List should have at most ${most} item${plural(most)}, not ${value.length}`
	if (typeof value === 'string') return `String should have at most ${most} character${plural(most)}`
	return `Input should be less than ${issue.inclusive === false ? '' : 'or equal to '}${most}`
}

function plural(count: number): string {
	return count === 1 ? '' : 's'
}

function either(values: readonly string[]): string {
	const quoted = values.map((value) => `'${value}'`)
	const last = quoted.pop() ?? ''
	return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
}

const articles: Readonly<Record<string, string>> = {
	string: 'a valid string',
	number: 'a valid number',
	int: 'a valid integer',
	boolean: 'a valid boolean',
	array: 'a valid list',
	object: 'an object',
	record: 'an object',
}

function article(expected: string): string {
	return articles[expected] ?? expected
}
