// What a request's extra fields demand of an answer: JSON, one of several texts, a regular expression or a grammar,
// under the names of vLLM and llama.cpp. It checks the fields; answer-grammar.ts writes the grammar.

import { ChatError } from '../../chat/error.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'

export type Constraint =
	| { readonly type: 'schema'; readonly schema: JsonObject }
	| { readonly type: 'choice'; readonly texts: readonly string[] }
	| { readonly type: 'regex'; readonly pattern: string; readonly field: string }
	/** GBNF, whose first rule is `root`. */
	| { readonly type: 'grammar'; readonly gbnf: string; readonly field: string }

const readers: Readonly<Record<string, (value: unknown, field: string) => Constraint>> = {
	guided_json: readSchema,
	guided_choice: readChoice,
	guided_regex: readRegex,
	guided_grammar: readGrammar,
	grammar: readGrammar,
}
/** The members of vLLM's `structured_outputs`, the later form of the fields above. */
const members: Readonly<Record<string, (value: unknown, field: string) => Constraint>> = {
	json: readSchema,
	choice: readChoice,
	regex: readRegex,
	grammar: readGrammar,
}

/** The extra fields that constrain an answer. */
export const constraintFields: readonly string[] = [...Object.keys(readers), 'structured_outputs']

/** @throws ChatError `invalid-request` for a field of a wrong form, and for several constraints of one answer. */
export function readConstraint(request: ChatRequest): Constraint | undefined {
	const { passthrough, passthroughWire, responseFormat, toolChoice } = request
	if (passthroughWire !== undefined) return undefined
	const outputs = passthrough.structured_outputs
	if (outputs !== undefined && !isObject(outputs)) throw wrong('structured_outputs', 'must be an object')
	const given = [
		...readAll(passthrough, readers, ''),
		...readAll(isObject(outputs) ? outputs : {}, members, 'structured_outputs.'),
	]
	const [first, second] = given
	if (first === undefined) {
		if (outputs !== undefined) throw wrong('structured_outputs', `must have one of ${Object.keys(members).join(', ')}`)
		return undefined
	}
	if (second !== undefined) throw wrong(second.field, `cannot be combined with '${first.field}'`)
	if (responseFormat.type !== 'text') throw wrong(first.field, "cannot be combined with 'response_format'")
	if (toolChoice.type !== 'none') throw wrong(first.field, "cannot be combined with 'tools'")
	return first.constraint
}

function readAll(fields: Readonly<Record<string, unknown>>, by: typeof readers, prefix: string) {
	return Object.entries(by).flatMap(([name, read]) => {
		const field = prefix + name
		const value = fields[name] ?? undefined
		return value === undefined ? [] : [{ field, constraint: read(value, field) }]
	})
}

function readSchema(value: unknown, field: string): Constraint {
	const schema = typeof value === 'string' ? parse(value, field) : value
	if (!isObject(schema)) throw wrong(field, 'must be a JSON Schema')
	return { type: 'schema', schema: schema as JsonObject }
}

function readChoice(value: unknown, field: string): Constraint {
	const texts = Array.isArray(value) ? value.filter((text) => typeof text === 'string' && text !== '') : []
	if (!Array.isArray(value) || texts.length === 0 || texts.length < value.length)
		throw wrong(field, 'must be a list of texts, none of them empty')
	return { type: 'choice', texts }
}

function readRegex(value: unknown, field: string): Constraint {
	if (typeof value !== 'string') throw wrong(field, 'must be a regular expression, as a string')
	return { type: 'regex', pattern: value, field }
}

function readGrammar(value: unknown, field: string): Constraint {
	if (typeof value !== 'string') throw wrong(field, "must be a grammar in llama.cpp's notation, as a string")
	return { type: 'grammar', gbnf: value, field }
}

function parse(text: string, field: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		throw wrong(field, 'is not JSON')
	}
}

function wrong(field: string, fault: string): ChatError {
	return new ChatError('invalid-request', `Invalid value for '${field}': it ${fault}.`, { param: field })
}
