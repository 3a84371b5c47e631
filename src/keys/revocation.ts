// Which key a person means.

import { hashSecret, type Key } from './key.ts'

/**
 * Keys called `which` by id, name or prefix: those still valid, or else the revoked ones, the newest alone. An id, or the whole key, means its
 * key alone, whatever others are called.
 */
export function revocable(keys: readonly Key[], which: string): readonly Key[] {
	const hash = hashSecret(which)
	const meant = keys.find((key) => key.id === which || key.hash === hash)
	if (meant !== undefined) return [meant]
	const called = keys.filter(({ name, prefix }) => name === which || prefix === which)
	const valid = called.filter(({ revokedAtMs }) => revokedAtMs === null)
	return valid.length > 0 ? valid : called.slice(-1)
}
