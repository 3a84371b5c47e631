// Reads the unknown fields of this wire's objects. It does not know which fields the wire accepts in a request.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type { Rest } from '../../chat/rest.ts'
import { readUnknownFields } from '../json/unknown-fields.ts'
import { geminiWire } from './formats.ts'

/** As `readUnknownFields`. */
export function readRest(value: unknown, known: ReadonlySet<string>): Rest | undefined {
	return readUnknownFields(geminiWire, value, known)
}

/**
 * The rest of a candidate after one more chunk. Chunks repeat most fields, and the last value is the complete one, but
 * each reports the citations of its own text.
 */
export function mergeCandidateRest(earlier: Rest | undefined, later: Rest | undefined): Rest | undefined {
	if (earlier === undefined || later === undefined) return later ?? earlier
	const fields: JsonObject = { ...earlier.fields, ...later.fields }
	const citations = [earlier.fields.citationMetadata, later.fields.citationMetadata]
	const [cited, alsoCited] = citations.map((given) => (isObject(given) ? (given as JsonObject) : undefined))
	if (cited === undefined || alsoCited === undefined) return { wire: geminiWire, fields }
	const lists = Object.entries(alsoCited).map(([name, value]) => [name, mergeLists(cited[name], value)])
	return { wire: geminiWire, fields: { ...fields, citationMetadata: { ...cited, ...Object.fromEntries(lists) } } }
}

/** `later` unless both are lists. */
function mergeLists(earlier: Json | undefined, later: Json | undefined): Json | undefined {
	if (!isList(earlier) || !isList(later)) return later
	return [...earlier, ...later.filter((item) => !earlier.some((known) => Bun.deepEquals(known, item)))]
}

function isList(value: Json | undefined): value is readonly Json[] {
	return Array.isArray(value)
}
