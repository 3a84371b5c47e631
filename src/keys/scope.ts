// Whose things something is. Every lookup of what is kept names a scope, so what belongs to somebody else is simply not there.

import type { Key } from './key.ts'

export interface Scope {
	/** Organisations that must never see each other's things. */
	readonly tenant: string
	/** Within the tenant: whoever shares one history. A key's own unless it was made for an owner. */
	readonly owner: string
}

export function scopeOf({ tenant, owner }: Key): Scope {
	return { tenant, owner }
}
