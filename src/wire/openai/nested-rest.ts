// The fields of this wire's objects that the canonical model does not understand. Several of those objects contain
// another one, such as `image_url` of a part; an unknown field within it is named by its path, `image_url.format`.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { type Rest, restFor, restOf } from '../../chat/rest.ts'
import { openaiWire } from './formats.ts'

/** The fields that a reader understands; for an object within, those of that object. */
export interface KnownFields {
	readonly [name: string]: true | KnownFields
}

/** The rest of `given`. An explicit null counts as absent. */
export function readRest(given: object, known: KnownFields): Rest | undefined {
	return restOf(openaiWire, unknownFields(given, known))
}

/** Whether the fields belong to this wire. */
export function isOwn(rest: Rest | undefined): rest is Rest {
	return rest?.wire === openaiWire
}

/** The unknown fields by their paths. */
export function unknownFields(given: object, known: KnownFields): JsonObject {
	return Object.fromEntries(unknownEntries(given, known, ''))
}

function unknownEntries(given: object, known: KnownFields, path: string): [string, Json][] {
	if (!isObject(given)) return []
	return Object.entries(exactMembers(given)).flatMap(([name, value]): [string, Json][] => {
		const inner = Object.hasOwn(known, name) ? known[name] : undefined
		if (value == null || inner === true) return []
		if (inner === undefined) return [[path + name, value as Json]]
		return isObject(value) ? unknownEntries(value, inner, `${path}${name}.`) : []
	})
}

/** `written` with the rest that belongs to this wire. */
export function withRest(written: JsonObject, rest: Rest | undefined): JsonObject {
	return withUnknownFields(written, restFor(openaiWire, rest))
}

/** `written` with unknown fields in the objects that they came from, if there are any. They never replace a written field. */
export function withUnknownFields(written: JsonObject, fields: JsonObject): JsonObject {
	const unknown = Object.entries(fields)
	if (unknown.length === 0) return written
	const complete = { ...written }
	const copies = new Set<JsonObject>([complete])
	for (const [path, value] of unknown) insert(complete, namesOf(path), value, copies)
	return complete
}

/** Changes `object`, which is one of the `copies`, and adds a copy of each object within that changes. */
function insert(
	object: JsonObject,
	[name = '', ...inner]: readonly string[],
	value: Json | undefined,
	copies: Set<JsonObject>,
): void {
	const present = Object.hasOwn(object, name) ? object[name] : undefined
	if (inner.length === 0) {
		if (present === undefined) define(object, name, value)
		return
	}
	if (present !== undefined && !isObject(present)) return
	const within = present !== undefined && copies.has(present) ? present : { ...present }
	copies.add(within)
	define(object, name, within)
	insert(within, inner, value, copies)
}

/** Also a member named `__proto__`. */
function define(object: JsonObject, name: string, value: Json | undefined): void {
	Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
}

/** The objects within others, by their names. A dot after any other name belongs to the name. */
const nested: ReadonlySet<string> = new Set([
	'image_url',
	'input_audio',
	'file',
	'function',
	'custom',
	'format',
	'grammar',
	'cache_control',
	'extra_content',
	'google',
	'stream_options',
	'reasoning',
	'response_format',
	'json_schema',
	'tool_choice',
	'allowed_tools',
])

/** Whether an unknown field is one of an object within. */
export function isPath(name: string): boolean {
	return namesOf(name).length > 1
}

function namesOf(path: string): readonly string[] {
	const dot = path.indexOf('.')
	if (dot === -1 || !nested.has(path.slice(0, dot))) return [path]
	return [path.slice(0, dot), ...namesOf(path.slice(dot + 1))]
}
