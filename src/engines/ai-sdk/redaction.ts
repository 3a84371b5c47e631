// Secrets among options whose meaning only a provider package knows, to be taken out of everything that it says.

import { redactorOf as redactorOfTexts } from '../../system/redaction.ts'

/** Options of these names are no secrets, and would be missed where they are replaced. */
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

/** Replaces each text in `options`, but those of well-known open names, by `***`. */
export function redactorOf(options: unknown): (text: string) => string {
	return redactorOfTexts(textsIn(options))
}

function textsIn(value: unknown): readonly string[] {
	if (typeof value === 'string') return [value]
	if (typeof value !== 'object' || value === null) return []
	return Object.entries(value).flatMap(([name, inner]) => (open.has(name) ? [] : textsIn(inner)))
}
