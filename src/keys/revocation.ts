// Which keys an id, name or prefix refers to, and what its revocation ends.

import { hashSecret, type Key } from './key.ts'
import type { TenantId } from './scope.ts'

/** The result of revoking a key. */
export interface Revocation {
	/** With the time of its first revocation. */
	readonly key: Key
	/** The keys that it created, those that they created, and so on, which ended with it just now. */
	readonly descendants: readonly Key[]
}

/**
 * The keys with id, name or prefix `which`: those that are not revoked or, if there are none, the newest revoked one.
 * An id or a complete secret matches its own key only, and a prefix takes precedence over names: a name that imitates
 * the id or the prefix of another key does not hide that key. Clients choose the names of the keys that keys create, so
 * these match by name only within one tenant.
 *
 * @param tenant only its keys match.
 */
export function revocable(keys: readonly Key[], which: string, tenant?: TenantId): readonly Key[] {
	const hash = hashSecret(which)
	const own = tenant === undefined ? keys : keys.filter((key) => key.tenant === tenant)
	const exact = own.find((key) => key.id === which || key.hash === hash)
	if (exact !== undefined) return [exact]
	const byPrefix = own.filter(({ prefix }) => prefix === which)
	const matching = byPrefix.length > 0 ? byPrefix : namesakes(own, which, tenant)
	const valid = matching.filter(({ revokedAtMs }) => revokedAtMs === null)
	return valid.length > 0 ? valid : matching.slice(-1)
}

function namesakes(keys: readonly Key[], name: string, tenant: TenantId | undefined): readonly Key[] {
	const named = keys.filter((key) => key.name === name)
	const byOperator = named.filter(({ parent }) => parent === null)
	return byOperator.length > 0 || tenant === undefined ? byOperator : named
}
