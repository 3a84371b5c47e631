// Redacts the options of a provider package in its messages. Only the package knows which options are secrets.

import { redactorOf } from '../../system/redaction.ts'

/** Options that are not secrets and are useful in messages. */
const open: ReadonlySet<string> = new Set([
	'name',
	'baseURL',
	'region',
	'location',
	'project',
	'resourceName',
	'apiVersion',
	'endpoint',
])

/** Replaces each string in `options` by `***`, except for options that are known not to be secrets. */
export function optionRedactor(options: unknown): (text: string) => string {
	return redactorOf(textsIn(options))
}

function textsIn(value: unknown): readonly string[] {
	if (typeof value === 'string') return [value]
	if (typeof value !== 'object' || value === null) return []
	return Object.entries(value).flatMap(([name, inner]) => (open.has(name) ? [] : textsIn(inner)))
}
