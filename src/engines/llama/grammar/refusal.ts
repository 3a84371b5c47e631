// How a schema is refused: said with its place, never ignored.

import { ChatError } from '../../../chat/error.ts'

/** A place in a schema, as `#/properties/age`. */
export type Place = string

/** The schema asks for what a grammar cannot enforce. */
export function cannotEnforce(what: string, place: Place): ChatError {
	return new ChatError('unsupported', `Invalid schema: ${what} at ${place} cannot be enforced by this engine.`, {
		code: 'unsupported_schema',
	})
}

/** Nothing can satisfy the schema, or it is no schema. */
export function wrongSchema(complaint: string, place: Place): ChatError {
	return new ChatError('invalid-request', `Invalid schema: ${complaint} at ${place}.`, { code: 'invalid_schema' })
}
