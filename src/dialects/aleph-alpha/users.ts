// GET /users/me

import type { Caller, Route } from '../dialect.ts'

export const showUser: Route = {
	method: 'GET',
	path: '/users/me',
	read: () => ({ type: 'who', write: writeUser }),
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
