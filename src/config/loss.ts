// Detects a changed file that may be incomplete because it is still being written. It compares two readings and does
// not use a clock.

import { writePath } from './config-problem.ts'
import type { Reading } from './load.ts'

/**
 * Describes for the log what `before` contains and `after` lacks; undefined if nothing. Contains no values, because
 * they may be secret.
 */
export function findLoss(before: Reading, after: Reading): string | undefined {
	if (before.text.endsWith('\n') && !after.text.endsWith('\n')) return 'the last line has no line end'
	return lossIn(before.values, after.values, [])
}

function lossIn(before: unknown, after: unknown, path: readonly string[]): string | undefined {
	if (before === null || before === undefined) return undefined
	if (after === null || after === undefined) return `${writePath(path)} is missing`
	if (typeof before !== 'object' || typeof after !== 'object')
		return isBeginning(String(after), String(before)) ? `${writePath(path)} is shorter` : undefined
	for (const [name, inner] of Object.entries(before)) {
		const loss = lossIn(inner, Object.hasOwn(after, name) ? Reflect.get(after, name) : undefined, [...path, name])
		if (loss !== undefined) return loss
	}
	return undefined
}

/** For example `gpt-4` of `gpt-4o`, or 6 of 64. */
function isBeginning(after: string, before: string): boolean {
	return after.length < before.length && before.startsWith(after)
}
