// GET /users/me

import type { Route } from '../dialect.ts'
import type { Caller } from '../local-operation.ts'

export const showUser: Route = {
	method: 'GET',
	path: '/users/me',
	read: () => ({ type: 'caller.show', write: writeUser }),
}

function writeUser({ owner, name, tenant, role }: Caller) {
	return {
		id: owner,
		email: `${name}@${tenant}.invalid`,
		role: role === 'admin' ? 'Admin' : 'User',
		credits_remaining: 0,
		invoice_allowed: true,
		out_of_credits_threshold: 0,
		terms_of_service_version: '',
	}
}
