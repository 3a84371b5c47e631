// Cache marks on this wire: `cache_control`, which several servers accept in Anthropic's form. Clients set it on content
// parts, on whole messages, on calls, on tools and on their functions.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { CacheMark, CacheMarkFields } from '../../chat/message.ts'
import type { Drop } from '../../chat/request-fates.ts'
import type { FormFor } from './chat-request-form.ts'
import { openaiWire } from './formats.ts'
import type { KnownFields } from './nested-rest.ts'

/** The fields of `cache_control` that a mark represents. */
const knownMarkFields = { type: true, ttl: true, scope: true } as const satisfies KnownFields

/**
 * The mark of an object that a client sent.
 *
 * @param level the object that it is on, if not the marked part itself.
 * @returns undefined if there is none, or one of an unknown form, which then belongs to the rest.
 */
export function readCacheMark(given: object, level?: CacheMarkFields['level']): CacheMark | undefined {
	const control: unknown = 'cache_control' in given ? given.cache_control : undefined
	if (!isObject(control) || control.type !== 'ephemeral') return undefined
	const ttl = control.ttl ?? undefined
	const scope = control.scope ?? undefined
	if (ttl !== undefined && ttl !== '5m' && ttl !== '1h') return undefined
	if (scope !== undefined && typeof scope !== 'string') return undefined
	return { ttl, scope, wire: openaiWire, level }
}

/** The known fields of an object with this mark. */
export function withMark(known: KnownFields, mark: CacheMark | undefined): KnownFields {
	return mark === undefined ? known : { ...known, cache_control: knownMarkFields }
}

/**
 * The value of `cache_control` at `level`. A client's own mark is repeated as it was sent; those of other wires depend on
 * the server.
 *
 * @param drop called for a mark that the server does not accept.
 */
export function writeCacheMark(
	mark: CacheMark | undefined,
	level: CacheMarkFields['level'],
	{ cacheMarks }: FormFor<'messages-and-tools'>,
	drop: Drop,
): JsonObject {
	if (mark === undefined || fieldsOf(mark).level !== level) return noFields
	if (!isOwnMark(mark) && cacheMarks === 'own') {
		drop('cache_control')
		return noFields
	}
	const { ttl, scope } = fieldsOf(mark)
	return { cache_control: { type: 'ephemeral', ttl, scope } }
}

const noFields: JsonObject = {}

/** Whether a client of this wire set it. */
export function isOwnMark(mark: CacheMark): boolean {
	return fieldsOf(mark).wire === openaiWire
}

function fieldsOf(mark: CacheMark): CacheMarkFields {
	return typeof mark === 'string' ? { ttl: mark } : mark
}
