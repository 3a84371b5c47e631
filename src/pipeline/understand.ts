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
	parameters: readonly string[],
	tellsContent: boolean,
): Promise<Understood> {
	const { received, record } = authenticated
	const body = route.method === 'POST' && route.withoutBody !== true ? await received.json() : undefined
	const call = route.read({ body, parameters, query: received.query })
	record.operation = call.type
	if ('stream' in call) record.stream = call.stream
	if (tellsContent) record.prompt = body
	return { ...authenticated, call }
}
