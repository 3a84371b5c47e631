// Parsing: the dialect reads the body into a call.

import { ChatError } from '../chat/error.ts'
import type { DialectChoice, DialectRoute } from '../dialects/choice.ts'
import type { Call, Route } from '../dialects/dialect.ts'
import type { Received } from '../http/received.ts'
import type { Authenticated } from './authenticate.ts'
import { operationName } from './operation-name.ts'
import type { Parts } from './parts.ts'

export interface ParsedRequest extends Authenticated {
	readonly target: DialectRoute
	readonly call: Call
}

/** A served path with the dialect and route that serve it. */
export interface RoutedRequest {
	readonly target: DialectRoute
	readonly parameters: readonly string[]
	/** Only served to callers whose key selects the dialect. */
	readonly unmeant: boolean
}

/**
 * The same path, in the dialect that the caller's key selects.
 *
 * @throws ChatError `not-found` if the path needs a key that selects its dialect.
 */
export function withKeyDialect(
	addressed: RoutedRequest,
	{ received, key }: Authenticated,
	choice: DialectChoice,
): RoutedRequest {
	const preferred = key?.settings.dialect
	const match = preferred === undefined ? undefined : choice.find({ ...received, preferred })
	if (match?.type === 'found') return { ...match, unmeant: false }
	if (addressed.unmeant) throw noSuchPath(received)
	return addressed
}

export function noSuchPath({ method, path }: Received): ChatError {
	return new ChatError('not-found', `Invalid URL (${method} ${shortened(path)})`)
}

/** Short enough for an error message. */
export function shortened(path: string): string {
	return path.length <= 200 ? path : `${path.slice(0, 200)}…`
}

/** @throws ChatError if the body is invalid. */
export async function parseRequest(
	authenticated: Authenticated,
	{ target, parameters }: RoutedRequest,
	{ capturesContent, userIdHistory }: Pick<Parts, 'capturesContent' | 'userIdHistory'>,
): Promise<ParsedRequest> {
	const { received, record } = authenticated
	const { route, dialect, pattern } = target
	record.route = pattern
	record.dialect = dialect.name
	const body = await readBody(received, route)
	const reading = route.read({
		body,
		parameters,
		query: received.query,
		headers: received.headers,
		userIdHistory: wantsUserIdHistory(authenticated, userIdHistory),
	})
	const call = reading instanceof Promise ? await reading : reading
	record.operation = operationName(call)
	if ('stream' in call) record.stream = call.stream
	if ('labels' in call && call.labels !== undefined) record.labels = call.labels
	if (capturesContent) record.prompt = body
	return { received, record, key: authenticated.key, target, call }
}

/** The key takes precedence over the configuration, which can only enable the history. */
function wantsUserIdHistory({ key }: Authenticated, configured: boolean): boolean | undefined {
	const history = key?.settings.history
	if (history !== undefined) return history === 'user-id'
	return configured ? true : undefined
}

function readBody(received: Received, { method, body }: Route): Promise<unknown> | undefined {
	if (method === 'GET' || method === 'DELETE' || body === 'none') return undefined
	return body === 'form' ? received.form() : received.json()
}
