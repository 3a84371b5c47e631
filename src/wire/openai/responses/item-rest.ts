// The fields of items and content parts that the readers do not understand, as `Rest`. A message item has no part of its
// own in an answer, so its unknown fields belong to its first part, under names with the prefix `item.`.

import { isObject, type Json, type JsonObject } from '../../../chat/json.ts'
import { exactMembers } from '../../../chat/json-text.ts'
import { mergeRest, type Rest, restFor, restOf } from '../../../chat/rest.ts'
import { openaiWire, responsesWire } from '../formats.ts'

/** Fields that every item may have and that say nothing to a model. */
const commonFields: ReadonlySet<string> = new Set(['id', 'object', 'role', 'status', 'type'])

const ofItem = 'item.'
const cacheMark = 'prompt_cache_breakpoint'

/**
 * The fields that an object's schema does not have. Null and empty lists say nothing and are left out.
 *
 * @param given the object as it was parsed from JSON; a schema returns a copy, which has no exact numbers.
 * @param known the fields of the schema.
 */
export function unknownFields(given: unknown, known: object): Rest | undefined {
	if (!isObject(given)) return undefined
	const unknown = Object.entries(exactMembers(given)).filter(
		([name, value]) =>
			!commonFields.has(name) &&
			!Object.hasOwn(known, name) &&
			value != null &&
			!(Array.isArray(value) && value.length === 0),
	)
	// The body is parsed JSON.
	return restOf(responsesWire, Object.fromEntries(unknown as [string, Json][]))
}

/**
 * The unknown fields of a content part. A mark of the prompt cache has the same name and form in chat messages, so
 * that it also belongs to their wire, unless it is one of several fields.
 */
export function unknownPartFields(part: unknown, known: object): Rest | undefined {
	const rest = unknownFields(part, known)
	if (rest === undefined) return undefined
	const [name, other] = Object.keys(rest.fields)
	return name === cacheMark && other === undefined ? { wire: openaiWire, fields: rest.fields } : rest
}

/** The rest of the first part of a message item, whose own rest is `item`. */
export function withItemRest(part: Rest | undefined, item: Rest | undefined): Rest | undefined {
	if (item === undefined) return part
	const entries = Object.entries(item.fields).map(([name, value]) => [ofItem + name, value] as const)
	return mergeRest(part, { wire: item.wire, fields: Object.fromEntries(entries) })
}

/** Whether the rest is that of a message item's first part. */
export function beginsItem(rest: Rest | undefined): boolean {
	return Object.keys(restFor(responsesWire, rest)).some((name) => name.startsWith(ofItem))
}

/** The fields to write with the part. */
export function partFields(rest: Rest | undefined): JsonObject {
	const mark = restFor(openaiWire, rest)[cacheMark]
	if (mark !== undefined) return { [cacheMark]: mark }
	return selectFields(rest, (name) => (name.startsWith(ofItem) ? undefined : name))
}

/** The fields to write with the message item whose first part has this rest. */
export function itemFields(rest: Rest | undefined): JsonObject {
	return selectFields(rest, (name) => (name.startsWith(ofItem) ? name.slice(ofItem.length) : undefined))
}

function selectFields(rest: Rest | undefined, nameOf: (name: string) => string | undefined): JsonObject {
	const fields: Record<string, Json | undefined> = {}
	for (const [name, value] of Object.entries(exactMembers(restFor(responsesWire, rest)))) {
		const written = nameOf(name)
		// Numbers are raw JSON.
		if (written !== undefined) fields[written] = value as Json
	}
	return fields
}
