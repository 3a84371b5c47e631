// The operator's changes to the bodies of an upstream's requests: fields to remove and fields to set. They apply to
// every operation and know no wire.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import type { Drop } from '../../chat/request-fates.ts'

export interface BodyFields {
	/** Paths of fields to remove, such as `user` or `messages[].name`. Removed ones are reported. */
	readonly deny?: readonly string[] | undefined
	/** Fields to set, also those that are removed. */
	readonly body?: JsonObject | undefined
}

/** Names with dots between them; `[]` after a name means each item of a list. A path ends with a name. */
export const deniedPath = /^(?:[^.[\]]+(?:\[\])*\.)*[^.[\]]+$/

export function completeBody(written: JsonObject, { deny, body }: BodyFields, drop: Drop | undefined): JsonObject {
	let allowed = written
	for (const path of deny ?? []) {
		const without = remove(allowed, path.split(/\.|(?=\[\])/))
		if (without === allowed) continue
		drop?.(path)
		allowed = without
	}
	return body === undefined ? allowed : { ...allowed, ...body }
}

/** `value` without the field at the end of the steps; the same value if there is none. */
function remove<Value extends Json | undefined>(value: Value, steps: readonly string[]): Value
function remove(value: Json | undefined, [step = '', ...further]: readonly string[]): Json | undefined {
	if (step === '[]') {
		if (!Array.isArray(value)) return value
		const items: readonly Json[] = value
		const without = items.map((item) => remove(item, further))
		return without.every((item, index) => item === items[index]) ? value : without
	}
	if (!isObject(value) || !Object.hasOwn(value, step) || value[step] === undefined) return value
	if (further.length > 0) {
		const inner = remove(value[step], further)
		return inner === value[step] ? value : { ...exactMembers(value), [step]: inner }
	}
	const { [step]: _, ...others } = exactMembers(value)
	return others
}
