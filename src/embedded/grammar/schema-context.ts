// What the rules of one schema may use of the compiler that they are a part of.

import type { Json } from '../../chat/json.ts'
import type { Place } from './refusal.ts'

/** What a schema's expression may use of the whole. */
export interface SchemaContext {
	readonly name: string
	readonly place: Place
	/** The rule of one character of a JSON string. */
	readonly character: string
	/** The expression of a value's schema. */
	readonly value: (schema: Json | undefined, key: string, place: Place) => string
	/** What `make` makes; undefined, without a trace, where nothing can satisfy it. */
	readonly alive: (make: () => string) => string | undefined
}
