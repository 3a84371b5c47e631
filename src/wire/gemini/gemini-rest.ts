// Reads the unknown fields of this wire's objects. It does not know which fields the wire accepts in a request.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { geminiWire } from './formats.ts'

/** The fields of an object that have a value and are not in `known`; undefined if there are none. */
export function readRest(value: unknown, known: ReadonlySet<string>): Rest | undefined {
	if (!isObject(value)) return undefined
	const fields: Record<string, Json> = {}
	for (const [name, given] of Object.entries(exactMembers(value) as JsonObject))
		if (given !== null && given !== undefined && !known.has(name)) fields[name] = given
	return restOf(geminiWire, fields)
}
