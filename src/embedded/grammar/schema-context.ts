// The interface of the schema compiler to the modules for single types.

import type { Json } from '../../chat/json.ts'
import type { SchemaPath } from './refusal.ts'

/** The parts of the compiler that the rules of one schema may use. */
export interface SchemaContext {
	readonly name: string
	readonly schemaPath: SchemaPath
	/** The rule of one character of a JSON string. */
	readonly character: string
	/** Compiles the schema of a nested value to an expression. */
	readonly value: (schema: Json | undefined, key: string, schemaPath: SchemaPath) => string
	/** The result of `make`; undefined, without side effects, if no value can satisfy it. */
	readonly satisfiable: (make: () => string) => string | undefined
}
