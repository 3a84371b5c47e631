// Errors for rejected schemas, with the path of the fault. Nothing is ignored silently.

import { ChatError } from '../../chat/error.ts'

/** A path in a schema, such as `#/properties/age`. */
export type SchemaPath = string

/** The schema requires something that a grammar cannot enforce. */
export function cannotEnforce(what: string, place: SchemaPath): ChatError {
	return new ChatError(
		'unsupported',
		`Invalid schema: ${what} at ${shortened(place)} cannot be enforced by this engine.`,
		{
			code: 'unsupported_schema',
		},
	)
}

/** It is not a valid schema. */
export function wrongSchema(complaint: string, place: SchemaPath): ChatError {
	return new ChatError('invalid-request', `Invalid schema: ${complaint} at ${shortened(place)}.`, {
		code: 'invalid_schema',
	})
}

const unsatisfiableCode = 'unsatisfiable_schema'

/** The schema is valid, but no value satisfies it. */
export function unsatisfiable(complaint: string, place: SchemaPath): ChatError {
	return new ChatError('invalid-request', `Invalid schema: ${complaint} at ${shortened(place)}.`, {
		code: unsatisfiableCode,
	})
}

/** Whether the schema can be dropped if it is one of several alternatives. */
export function isUnsatisfiable(error: unknown): boolean {
	return error instanceof ChatError && error.code === unsatisfiableCode
}

function shortened(place: SchemaPath): SchemaPath {
	return place.length <= 300 ? place : `${place.slice(0, 200)}…${place.slice(-90)}`
}
