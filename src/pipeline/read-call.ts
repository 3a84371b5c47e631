// Reads a request by its route. It does not know routes.

import { ChatError } from '../chat/error.ts'
import type { Call, Route, RouteInput } from '../dialects/dialect.ts'
import { retained } from '../system/resumable.ts'

/**
 * The call of a request. Schemas compare the `length` of whatever they get with their bounds, also that of an object of the
 * client, and such a comparison fails if the length cannot become a number, as `{"toString": 1}`. The body is then read
 * without these lengths, so that its error is that of any other object. Every other TypeError is a defect of this server.
 *
 * @throws ChatError if the request is invalid.
 */
export function readCall(route: Pick<Route, 'read'>, input: RouteInput): Call | Promise<Call> {
	const explain = (thrown: unknown): Promise<never> | never => {
		const path = thrown instanceof TypeError ? pathOfLength(input.body, '') : undefined
		if (path === undefined) throw thrown
		const accepted = (): never => {
			throw new ChatError('invalid-request', `Invalid type for '${path}': expected a number.`, {
				param: path,
				code: 'invalid_type',
				cause: thrown,
			})
		}
		const refused = (again: unknown): never => {
			throw again instanceof ChatError ? again : thrown
		}
		let call: Call | Promise<Call>
		try {
			call = route.read({ ...input, body: retained(input.body, 'without lengths', () => withoutLengths(input.body)) })
		} catch (again) {
			return refused(again)
		}
		return call instanceof Promise ? call.then(accepted, refused) : accepted()
	}
	try {
		const call = route.read(input)
		return call instanceof Promise ? call.catch(explain) : call
	} catch (thrown) {
		return explain(thrown)
	}
}

/** The path of the first length that cannot become a number; undefined if there is none. */
function pathOfLength(value: unknown, path: string): string | undefined {
	if (typeof value !== 'object' || value === null) return undefined
	for (const [name, inner] of Object.entries(value)) {
		const innerPath = Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
		if (isLength(name, inner)) return innerPath
		const found = pathOfLength(inner, innerPath)
		if (found !== undefined) return found
	}
	return undefined
}

function withoutLengths(value: unknown): unknown {
	if (typeof value !== 'object' || value === null) return value
	if (Array.isArray(value)) return value.map(withoutLengths)
	const members = Object.entries(value).filter(([name, inner]) => !isLength(name, inner))
	return Object.fromEntries(members.map(([name, inner]) => [name, withoutLengths(inner)]))
}

function isLength(name: string, value: unknown): boolean {
	if (name !== 'length' || typeof value !== 'object') return false
	try {
		Number(value)
		return false
	} catch {
		return true
	}
}
