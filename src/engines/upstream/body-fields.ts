// The operator's changes to the bodies of an upstream's requests: fields to remove and fields to set. They apply to every operation and know
// no wire.

import type { JsonObject } from '../../chat/json.ts'
import type { Drop } from '../../chat/request-fates.ts'

export interface BodyFields {
	/** Fields to remove. Removed ones are reported. */
	readonly deny?: readonly string[] | undefined
	/** Fields to set, also those that are removed. */
	readonly body?: JsonObject | undefined
}

export function completeBody(written: JsonObject, { deny, body }: BodyFields, drop: Drop | undefined): JsonObject {
	if (deny === undefined) return body === undefined ? written : { ...written, ...body }
	const denied = new Set(deny)
	const allowed = Object.entries(written).filter(([name, value]) => {
		if (!denied.has(name)) return true
		if (value !== undefined) drop?.(name)
		return false
	})
	return { ...Object.fromEntries(allowed), ...body }
}
