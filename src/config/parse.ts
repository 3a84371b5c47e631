// Validates the values of a file against the schema.

import type { z } from 'zod'
import { isObject } from '../chat/json.ts'
import { hideUrlSecrets } from '../system/redaction.ts'
import { type ConfigProblem, shown } from './config-problem.ts'
import type { ConfigProblems } from './config-problems.ts'
import { type ConfigFile, configSchema } from './schema.ts'
import { emptyMessage, explainIssues } from './sentences.ts'

/**
 * Validates the values and adds defaults. Earlier problems are thrown together with those of the schema.
 *
 * @throws ConfigError
 */
export function parse(
	document: Readonly<Record<string, unknown>>,
	fromVariables: ReadonlyMap<string, string>,
	problems: ConfigProblems,
): ConfigFile {
	const first = safeParse(document)
	const [value, parsed] = first.success ? [document, first] : parseAgain(document, first.error.issues, fromVariables)
	if (!parsed.success)
		throw problems.error(
			explainIssues(configSchema, value, parsed.error.issues).map((one) => withoutValue(one, document, fromVariables)),
		)
	problems.throwIfAny([])
	return parsed.data
}

/** Any variable may contain a secret, so the message contains the variable instead of its value. */
export function withoutValue(
	{ path, message }: ConfigProblem,
	document: unknown,
	fromVariables: ReadonlyMap<string, string>,
): ConfigProblem {
	const written = fromVariables.get(JSON.stringify(path.map(String)))
	const value = path.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), document)
	if (written === undefined || typeof value !== 'string') return { path, message }
	const forms = [JSON.stringify(value), shown(value), JSON.stringify(hideUrlSecrets(value))]
	return {
		path,
		message: forms.reduce(
			(text, form) => text.replaceAll(form, () => `the value of ${JSON.stringify(written)}`),
			message,
		),
	}
}

function safeParse(value: unknown) {
	return configSchema.safeParse(value, { error: () => emptyMessage })
}

/** Converts text from a variable to a number or a boolean if the field requires one. */
function parseAgain(
	document: Readonly<Record<string, unknown>>,
	issues: readonly z.core.$ZodIssue[],
	fromVariables: ReadonlyMap<string, string>,
): readonly [unknown, ReturnType<typeof safeParse>] {
	let value: unknown = document
	for (const { path, expected } of wrongTypes(issues, []))
		if (fromVariables.has(JSON.stringify(path.map(String)))) value = retyped(value, path, expected)
	return [value, safeParse(value)]
}

interface WrongType {
	readonly path: readonly PropertyKey[]
	readonly expected: string
}

/** Includes those within the alternatives of a union. */
function wrongTypes(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): readonly WrongType[] {
	return issues.flatMap((issue) => {
		const path = [...above, ...issue.path]
		if (issue.code === 'invalid_union') return issue.errors.flatMap((errors) => wrongTypes(errors, path))
		return issue.code === 'invalid_type' ? [{ path, expected: issue.expected }] : []
	})
}

/** `value` with the text at `path` converted to the expected type, if possible. */
function retyped(value: unknown, path: readonly PropertyKey[], expected: string): unknown {
	const [step, ...rest] = path
	if (step === undefined) {
		if (typeof value !== 'string') return value
		if (expected === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
		if (expected !== 'number' && expected !== 'int') return value
		return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
	}
	if (Array.isArray(value))
		return value.map((inner, index) => (index === step ? retyped(inner, rest, expected) : inner))
	return isObject(value) ? { ...value, [step]: retyped(value[String(step)], rest, expected) } : value
}
