// Ownership of stored data. Every lookup requires a scope, so data of other scopes is reported as not found.

/** An organization. Tenants never see each other's data. */
export type TenantId = string & { readonly __brand: 'tenant' }

/** Within a tenant: keys with the same owner share one history. */
export type OwnerId = string & { readonly __brand: 'owner' }

export interface Scope {
	readonly tenant: TenantId
	readonly owner: OwnerId
}

/** An id that is stored or that an operator chose. Does not check it: see `labelFault`. */
export function tenantId(text: string): TenantId {
	return text as TenantId
}

/** An id that is stored or that an operator chose. Does not check it: see `labelFault`. */
export function ownerId(text: string): OwnerId {
	return text as OwnerId
}

/** The scope alone of an object that has one, such as a key. */
export function scopeOf({ tenant, owner }: Scope): Scope {
	return { tenant, owner }
}

/** Its share of what callers use together: fair by tenant, then by owner. */
export function sharePathOf({ tenant, owner }: Scope): readonly [tenant: TenantId, owner: OwnerId] {
	return [tenant, owner]
}
