// GET /user-info, with which clients look up their account.

import type { Route } from '../dialect.ts'
import type { Caller } from '../local-operation.ts'

export const userInfo: Route = {
	method: 'GET',
	path: '/user-info',
	read: () => ({ type: 'caller.show', write: writeUser }),
}

function writeUser({ id, name, role, tenant, owner, createdAtMs }: Caller) {
	return {
		id: owner,
		email: `${name}@${tenant}.invalid`,
		first_name: name,
		last_name: '',
		organization_id: tenant,
		access_profiles: [
			{
				id,
				user_id: owner,
				role: role === 'admin' ? 'admin' : 'member',
				account: { id: tenant, name: tenant, created_at: new Date(createdAtMs).toISOString() },
			},
		],
	}
}
