// What is asked: the dialect reads the body into a call.

import type { DialectChoice, Spoken } from '../dialects/choice.ts'
import type { Call, Route } from '../dialects/dialect.ts'
import type { Received } from '../http/received.ts'
import type { Authenticated } from './authenticate.ts'

export interface Understood extends Authenticated {
	/** What answers. */
	readonly target: Spoken
	readonly call: Call
}

/** A path that is answered, and by whom. */
export interface Addressed {
	readonly target: Spoken
	readonly parameters: readonly string[]
}

/** The same path, where the caller's key says which dialect is spoken. */
export function spokenTo(addressed: Addressed, { received, key }: Authenticated, choice: DialectChoice): Addressed {
	const preferred = key?.settings.dialect
	if (preferred === undefined) return addressed
	const match = choice.find({ ...received, preferred })
	return match.type === 'found' ? match : addressed
}

/** @throws ChatError whatever is wrong with the body. */
export async function understand(
	authenticated: Authenticated,
	{ target, parameters }: Addressed,
	tellsContent: boolean,
): Promise<Understood> {
	const { received, record } = authenticated
	const { route, dialect, pattern } = target
	record.route = pattern
	record.dialect = dialect.name
	const body = await readBody(received, route)
	const reading = route.read({ body, parameters, query: received.query, headers: received.headers })
	const call = reading instanceof Promise ? await reading : reading
	record.operation = call.type
	if ('stream' in call) record.stream = call.stream
	if (tellsContent) record.prompt = body
	return { ...authenticated, target, call }
}

async function readBody(received: Received, { method, body }: Route): Promise<unknown> {
	if (method === 'GET' || method === 'DELETE' || body === 'none') return undefined
	return body === 'form' ? received.form() : received.json()
}
