// What is asked: the dialect reads the body into a call.

import type { Call, Route } from '../dialects/dialect.ts'
import type { Authenticated } from './authenticate.ts'

export interface Understood extends Authenticated {
	readonly call: Call
}

/** @throws ChatError whatever is wrong with the body. */
export async function understand(
	authenticated: Authenticated,
	route: Route,
	parameter: string | undefined,
): Promise<Understood> {
	const { received } = authenticated
	const body = route.method === 'POST' ? await received.json() : undefined
	return { ...authenticated, call: route.read({ body, parameter, query: received.query }) }
}
