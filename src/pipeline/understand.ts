// What is asked: the dialect reads the body into a call.

import { ChatError } from '../chat/error.ts'
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
	/** Only there for callers whose key says that its dialect is spoken. */
	readonly unmeant: boolean
}

/**
 * The same path, where the caller's key says which dialect is spoken.
 *
 * @throws ChatError `not-found` where the key does not say what it would have to.
 */
export function spokenTo(addressed: Addressed, { received, key }: Authenticated, choice: DialectChoice): Addressed {
	const preferred = key?.settings.dialect
	const match = preferred === undefined ? undefined : choice.find({ ...received, preferred })
	if (match?.type === 'found') return { ...match, unmeant: false }
	if (addressed.unmeant) throw noSuchPath(received)
	return addressed
}

export function noSuchPath({ method, path }: Received): ChatError {
	return new ChatError('not-found', `Invalid URL (${method} ${shortened(path)})`)
}

/** Short enough to send back. */
export function shortened(path: string): string {
	return path.length <= 200 ? path : `${path.slice(0, 200)}…`
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
	if ('labels' in call && call.labels !== undefined) record.labels = call.labels
	if (tellsContent) record.prompt = body
	return { received, record, key: authenticated.key, target, call }
}

function readBody(received: Received, { method, body }: Route): Promise<unknown> | undefined {
	if (method === 'GET' || method === 'DELETE' || body === 'none') return undefined
	return body === 'form' ? received.form() : received.json()
}
