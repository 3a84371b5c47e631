// How a schema is refused: said with its place, never ignored.

import { ChatError } from '../../chat/error.ts'

/** A place in a schema, as `#/properties/age`. */
export type Place = string

/** The schema asks for what a grammar cannot enforce. */
export function cannotEnforce(what: string, place: Place): ChatError {
	return new ChatError(
		'unsupported',
		`Invalid schema: ${what} at ${shortened(place)} cannot be enforced by this engine.`,
		{
			code: 'unsupported_schema',
		},
	)
}

/** It is no schema. */
export function wrongSchema(complaint: string, place: Place): ChatError {
	return new ChatError('invalid-request', `Invalid schema: ${complaint} at ${shortened(place)}.`, {
		code: 'invalid_schema',
	})
}

const unsatisfiable = 'unsatisfiable_schema'

/** It is a schema, and no value satisfies it. */
export function nothingSatisfies(complaint: string, place: Place): ChatError {
	return new ChatError('invalid-request', `Invalid schema: ${complaint} at ${shortened(place)}.`, {
		code: unsatisfiable,
	})
}

/** Whether the place can be left out where it is one of several ways. */
export function isUnsatisfiable(error: unknown): boolean {
	return error instanceof ChatError && error.code === unsatisfiable
}

function shortened(place: Place): Place {
	return place.length <= 300 ? place : `${place.slice(0, 200)}…${place.slice(-90)}`
}
