// Finds the field that a violation of a schema is about, and writes its path. It does not know how an API words the
// error.

import type { z } from 'zod'
import { stringifyJson } from '../../chat/json-text.ts'

export type SchemaIssue = z.core.$ZodIssue
export type FieldPath = readonly PropertyKey[]

/** An issue with its path from the root of the body. */
export interface PlacedIssue {
	readonly issue: SchemaIssue
	readonly path: FieldPath
}

/**
 * Within a union, the first issue of the alternative that the input matched most closely, which is the one with the
 * longest path.
 *
 * @param above path of the value that was parsed.
 * @param isMatch whether an alternative whose first issue is this one may represent the union at `unionPath`.
 */
export function deepestIssue(
	issue: SchemaIssue,
	above: FieldPath,
	isMatch: (alternative: PlacedIssue, unionPath: FieldPath) => boolean,
): PlacedIssue {
	const path = [...above, ...issue.path]
	if (issue.code !== 'invalid_union') return { issue, path }
	let best: PlacedIssue | undefined
	for (const [first] of issue.errors) {
		if (first === undefined) continue
		const placed = deepestIssue(first, path, isMatch)
		if (isMatch(placed, path) && (best === undefined || placed.path.length > best.path.length)) best = placed
	}
	return best ?? { issue, path }
}

/** The value at `path`, or undefined if the path leads nowhere. */
export function valueAt(body: unknown, path: FieldPath): unknown {
	let value = body
	for (const step of path) {
		if (typeof value !== 'object' || value === null) return undefined
		value = Reflect.get(value, step)
	}
	return value
}

/** A path as `messages[0].content`; empty for the root. */
export function writePath(path: FieldPath): string {
	let text = ''
	for (const step of path) {
		if (typeof step === 'number') text += `[${step}]`
		else text += text === '' ? shorten(String(step)) : `.${shorten(String(step))}`
	}
	return text
}

/** A value of a client for an error message. Clients choose what `String` of an object is, and whether it throws. */
export function showValue(value: unknown): string {
	return shorten(typeof value === 'string' ? value : stringifyJson(value))
}

/** Limits a text that an error message repeats to 100 characters. */
export function shorten(text: string): string {
	return text.length <= 100 ? text : `${text.slice(0, 100)}…`
}
