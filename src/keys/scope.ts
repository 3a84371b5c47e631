// Ownership of stored data. Every lookup requires a scope, so data of other scopes is reported as not found.

import type { Key } from './key.ts'

export interface Scope {
	/** Organization. Tenants never see each other's data. */
	readonly tenant: string
	/** Within the tenant: keys with the same owner share one history. Defaults to the key's id. */
	readonly owner: string
}

export function scopeOf({ tenant, owner }: Key): Scope {
	return { tenant, owner }
}
