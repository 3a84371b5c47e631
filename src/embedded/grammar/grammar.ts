// Complete grammars for JSON answers.

import type { JsonObject } from '../../chat/json.ts'
import { GrammarBuilder } from './grammar-builder.ts'
import { addSchema } from './schema-compiler.ts'

/** Any JSON object. */
export function jsonGrammar(): string {
	return jsonSchemaGrammar({ type: 'object' })
}

/**
 * @throws ChatError `unsupported` for a schema that cannot be enforced, `invalid-request` for one that no value
 * satisfies.
 */
export function jsonSchemaGrammar(schema: JsonObject): string {
	const builder = new GrammarBuilder()
	return builder.build(addSchema(builder, schema, 'json'))
}
