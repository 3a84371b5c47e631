// Reads the unknown fields of messages and content blocks. They go back to this wire unchanged.

import { isObject } from '../../chat/json.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { readUnknownFields } from '../json/unknown-fields.ts'
import { messagesWire } from './formats.ts'

/** As `readUnknownFields`. */
export function readRest(value: unknown, known: ReadonlySet<string>): Rest | undefined {
	return readUnknownFields(messagesWire, value, known)
}

/** The types of the blocks that have a canonical form. */
type KnownBlock = 'text' | 'thinking' | 'redacted_thinking' | 'tool_use' | 'tool_result' | 'image' | 'document'

const knownFields: Readonly<Record<KnownBlock, ReadonlySet<string>>> = {
	text: new Set(['type', 'text']),
	thinking: new Set(['type', 'thinking', 'signature']),
	redacted_thinking: new Set(['type', 'data']),
	tool_use: new Set(['type', 'id', 'name', 'input']),
	tool_result: new Set(['type', 'tool_use_id', 'content', 'is_error']),
	image: new Set(['type', 'source']),
	document: new Set(['type', 'source', 'title']),
}

/** The rest of a content block. A field with the value that it has by default is not part of it. */
export function readBlockRest(type: KnownBlock, block: object): Rest | undefined {
	const rest = readRest(block, knownFields[type])
	if (rest === undefined) return undefined
	const fields = Object.entries(rest.fields).filter(([name, value]) => !isRepresented(name, value))
	return restOf(messagesWire, Object.fromEntries(fields))
}

function isRepresented(name: string, value: unknown): boolean {
	switch (name) {
		case 'cache_control':
			return isObject(value) && hasOnly(value, cacheControlFields)
		case 'caller':
			return isObject(value) && value.type === 'direct' && hasOnly(value, callerFields)
		default:
			return Array.isArray(value) && value.length === 0
	}
}

/** `CacheMark` represents them. */
const cacheControlFields: ReadonlySet<string> = new Set(['type', 'ttl', 'scope'])
const callerFields: ReadonlySet<string> = new Set(['type'])

function hasOnly(value: object, known: ReadonlySet<string>): boolean {
	return Object.keys(value).every((name) => known.has(name))
}
