// The fields of a wire's object that its reader does not understand. It does not know the objects of any wire.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { type Rest, restOf } from '../../chat/rest.ts'

/**
 * The fields of `value` that are not in `known` and not null, as the rest of an object of `wire`.
 *
 * @param value parsed JSON.
 * @returns undefined if there are none, or `value` is not an object.
 */
export function readUnknownFields(wire: string, value: unknown, known: ReadonlySet<string>): Rest | undefined {
	if (!isObject(value)) return undefined
	const fields: Record<string, Json> = {}
	for (const [name, given] of Object.entries(exactMembers(value as JsonObject)))
		if (given !== null && given !== undefined && !known.has(name)) fields[name] = given
	return restOf(wire, fields)
}
