// GET /me and its older paths: the caller. OpenGateLLM's user is an owner here, its organization a tenant.

import type { Route } from '../dialect.ts'
import type { Caller } from '../local-operation.ts'

export const me: readonly Route[] = ['/me', '/me/info', '/users/me'].map((path) => ({
	method: 'GET',
	path,
	read: () => ({ type: 'caller.show', write: writeCaller }),
}))

function writeCaller({ id, name, role, tenant, owner, createdAtMs, expiresAtMs }: Caller) {
	const created = Math.floor(createdAtMs / 1000)
	return {
		object: 'userInfo',
		id: owner,
		email: null,
		name: owner === id ? name : owner,
		organization: tenant,
		organization_id: tenant,
		// Neither is stored on this server.
		budget: null,
		limits: [],
		priority: 0,
		permissions: role === 'admin' ? ['admin'] : [],
		expires: expiresAtMs === null ? null : Math.floor(expiresAtMs / 1000),
		created,
		updated: created,
	}
}
