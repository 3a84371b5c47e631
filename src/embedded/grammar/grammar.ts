// Whole grammars for answers that are JSON.

import type { JsonObject } from '../../chat/json.ts'
import { GrammarBuilder } from './grammar-builder.ts'
import { addSchema } from './schema-compiler.ts'

/** Any JSON object. */
export function jsonGrammar(): string {
	return jsonSchemaGrammar({ type: 'object' })
}

/** @throws ChatError `unsupported` for what cannot be enforced, `invalid-request` for what nothing satisfies. */
export function jsonSchemaGrammar(schema: JsonObject): string {
	const builder = new GrammarBuilder()
	return builder.build(addSchema(builder, schema, 'json'))
}
