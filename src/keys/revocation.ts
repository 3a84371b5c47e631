// Which keys an id, name or prefix refers to.

import { hashSecret, type Key } from './key.ts'

/**
 * The keys with id, name or prefix `which`: those that are not revoked or, if there are none, the newest revoked one.
 * An id or a complete secret matches its own key only, even if another key has it as its name.
 */
export function revocable(keys: readonly Key[], which: string): readonly Key[] {
	const hash = hashSecret(which)
	const exact = keys.find((key) => key.id === which || key.hash === hash)
	if (exact !== undefined) return [exact]
	const matching = keys.filter(({ name, prefix }) => name === which || prefix === which)
	const valid = matching.filter(({ revokedAtMs }) => revokedAtMs === null)
	return valid.length > 0 ? valid : matching.slice(-1)
}
