// Parsing: the dialect reads the body into a call.

import { ChatError } from '../chat/error.ts'
import type { DialectChoice, DialectRoute } from '../dialects/choice.ts'
import type { Call, Route, RouteInput } from '../dialects/dialect.ts'
import type { JsonBody } from '../http/body.ts'
import type { Received } from '../http/received.ts'
import type { SharePath } from '../system/fair-queue.ts'
import { CallerTurns } from '../system/occupancy.ts'
import { resumable } from '../system/resumable.ts'
import type { Authenticated } from './authenticate.ts'
import { checkCall } from './call-bounds.ts'
import { callerOf } from './caller-path.ts'
import { readCall } from './read-call.ts'
import type { Serving } from './serving.ts'

/** An authenticated request with the dialect and route that serve it. */
export interface DialectRequest extends Authenticated {
	readonly target: DialectRoute
	readonly parameters: readonly string[]
}

export interface ParsedRequest extends Authenticated {
	readonly target: DialectRoute
	readonly call: Call
	/** In which the request occupies the event loop. */
	readonly turns: CallerTurns
}

/** A served path with the dialect and route that serve it. */
export interface RoutedRequest {
	readonly target: DialectRoute
	readonly parameters: readonly string[]
	/** Only served to callers whose key selects the dialect. */
	readonly explicitOnly: boolean
}

/**
 * The same path, in the dialect that the caller's key selects.
 *
 * @throws ChatError `not-found` if the path needs a key that selects its dialect.
 */
export function withKeyDialect(
	{ target, parameters, explicitOnly }: RoutedRequest,
	authenticated: Authenticated,
	choice: DialectChoice,
): DialectRequest {
	const { received, key, observer } = authenticated
	const preferred = key?.settings.dialect
	const match = preferred === undefined ? undefined : choice.find({ ...received, preferred })
	if (match?.type === 'found') {
		const { pattern, dialect } = match.target
		observer.observe({ type: 'routed', route: pattern, dialect: dialect.name })
		return { ...authenticated, target: match.target, parameters: match.parameters }
	}
	if (explicitOnly) throw noSuchPath(received)
	return { ...authenticated, target, parameters }
}

export function noSuchPath({ method, path }: Received): ChatError {
	return new ChatError('not-found', `Invalid URL (${method} ${shortened(path)})`)
}

/** Short enough for an error message. */
export function shortened(path: string): string {
	return path.length <= 200 ? path : `${path.slice(0, 200)}…`
}

/** @throws ChatError if the body is invalid, or requests more than the bounds permit. */
export async function parseRequest(
	{ received, observer, key, target, parameters }: DialectRequest,
	{ storage, bounds, threads, occupancy }: Pick<Serving, 'storage' | 'bounds' | 'threads' | 'occupancy'>,
): Promise<ParsedRequest> {
	const { route } = target
	const caller = callerOf(key)
	const { value: body, isLong } = (await readBody(received, route, caller)) ?? noBody
	const turns = new CallerTurns(occupancy, caller, isLong)
	const input: RouteInput = {
		body,
		parameters,
		query: received.query,
		headers: received.headers,
		message: received.message,
		inThread: (work) => threads.run(caller, work),
		userIdHistory: wantsUserIdHistory(key, storage?.userIdHistory === true),
	}
	const call = await (isLong ? turns.run(resumable(() => readCall(route, input))) : readCall(route, input))
	checkCall(call, bounds)
	observer.observe({
		type: 'parsed',
		operation: call.type,
		stream: 'stream' in call ? call.stream : undefined,
		labels: 'labels' in call ? call.labels : undefined,
		body,
	})
	return { received, observer, key, target, call, turns }
}

/** The key takes precedence over the configuration, which can only enable the history. */
function wantsUserIdHistory(key: Authenticated['key'], configured: boolean): boolean | undefined {
	const history = key?.settings.history
	if (history !== undefined) return history === 'user-id'
	return configured ? true : undefined
}

const noBody: JsonBody = { value: undefined, isLong: false }

function readBody(received: Received, { method, body }: Route, caller: SharePath): Promise<JsonBody> | undefined {
	if (method === 'GET' || method === 'DELETE' || body === 'none') return undefined
	if (body === 'optional') return received.optionalJson(caller)
	if (body === 'form') return received.form(caller).then((value) => ({ value, isLong: false }))
	return received.json(caller)
}
