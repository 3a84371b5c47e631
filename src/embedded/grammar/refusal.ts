// Errors for rejected schemas, with the path of the fault. Nothing is ignored silently.

import { ChatError } from '../../chat/error.ts'

/** A path in a schema, such as `#/properties/age`. */
export type SchemaPath = string

/** The schema requires something that a grammar cannot enforce. */
export function cannotEnforce(feature: string, schemaPath: SchemaPath): ChatError {
	return new ChatError(
		'unsupported',
		`Invalid schema: ${feature} at ${shortened(schemaPath)} cannot be enforced by this engine.`,
		{
			code: 'unsupported_schema',
		},
	)
}

/** It is not a valid schema. */
export function wrongSchema(message: string, schemaPath: SchemaPath): ChatError {
	return new ChatError('invalid-request', `Invalid schema: ${message} at ${shortened(schemaPath)}.`, {
		code: 'invalid_schema',
	})
}

const unsatisfiableCode = 'unsatisfiable_schema'

/** The schema is valid, but no value satisfies it. */
export function unsatisfiable(message: string, schemaPath: SchemaPath): ChatError {
	return new ChatError('invalid-request', `Invalid schema: ${message} at ${shortened(schemaPath)}.`, {
		code: unsatisfiableCode,
	})
}

/** Whether the schema can be dropped if it is one of several alternatives. */
export function isUnsatisfiable(error: unknown): boolean {
	return error instanceof ChatError && error.code === unsatisfiableCode
}

function shortened(schemaPath: SchemaPath): SchemaPath {
	return schemaPath.length <= 300 ? schemaPath : `${schemaPath.slice(0, 200)}…${schemaPath.slice(-90)}`
}
