// Which key a person means.

import type { Key } from './key.ts'

/** Keys called `which` by id, name or prefix: those still valid, or else the revoked ones, the newest alone. */
export function revocable(keys: readonly Key[], which: string): readonly Key[] {
	const called = keys.filter(({ id, name, prefix }) => id === which || name === which || prefix === which)
	const valid = called.filter(({ revokedAtMs }) => revokedAtMs === null)
	return valid.length > 0 ? valid : called.slice(-1)
}
