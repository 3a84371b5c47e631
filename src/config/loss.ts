// Whether a changed file may be a part of a file that somebody is still writing. It compares two readings and knows no clock.

import { writePath } from './complaint.ts'
import type { Reading } from './load.ts'

/** What `after` lacks of `before`, in words for the log, or undefined if it lacks nothing. No values, since they may be secret. */
export function findLoss(before: Reading, after: Reading): string | undefined {
	if (before.text.endsWith('\n') && !after.text.endsWith('\n')) return 'the last line has no line end'
	return lossIn(before.values, after.values, [])
}

function lossIn(before: unknown, after: unknown, path: readonly string[]): string | undefined {
	if (before === null || before === undefined) return undefined
	if (after === null || after === undefined) return `${writePath(path)} is missing`
	if (typeof before === 'string')
		return typeof after === 'string' && after.length < before.length && before.startsWith(after)
			? `${writePath(path)} is shorter`
			: undefined
	if (typeof before !== 'object' || typeof after !== 'object') return undefined
	for (const [name, inner] of Object.entries(before)) {
		const loss = lossIn(inner, Object.hasOwn(after, name) ? Reflect.get(after, name) : undefined, [...path, name])
		if (loss !== undefined) return loss
	}
	return undefined
}
