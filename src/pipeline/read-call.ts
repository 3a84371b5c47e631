// Reads a request by its route. It does not know routes.

import { ChatError } from '../chat/error.ts'
import type { Call, Route, RouteInput } from '../dialects/dialect.ts'

/**
 * The call of a request. An object with a member such as `toString` cannot become a text or a number, so code that compares or
 * writes it fails: schemas do so with the `length` of any object. That is an error of the request, not of the server.
 *
 * @throws ChatError if the request is invalid.
 */
export function readCall(route: Pick<Route, 'read'>, input: RouteInput): Call | Promise<Call> {
	const explain = (thrown: unknown): never => {
		const path = thrown instanceof TypeError ? findUnconvertible(input.body, '') : undefined
		if (path === undefined) throw thrown
		throw new ChatError('invalid-request', `Invalid type for '${path}': no object with such a member is expected.`, {
			param: path,
			code: 'invalid_type',
			cause: thrown,
		})
	}
	try {
		const call = route.read(input)
		return call instanceof Promise ? call.catch(explain) : call
	} catch (thrown) {
		return explain(thrown)
	}
}

const conversions = ['toString', 'valueOf']

/** The path of the first member that takes the place of a conversion. */
function findUnconvertible(value: unknown, path: string): string | undefined {
	if (typeof value !== 'object' || value === null) return undefined
	for (const [name, inner] of Object.entries(value)) {
		const innerPath = Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
		if (conversions.includes(name)) return innerPath
		const found = findUnconvertible(inner, innerPath)
		if (found !== undefined) return found
	}
	return undefined
}
