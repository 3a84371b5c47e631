// Reads the unknown fields of messages and content blocks. They go back to this wire unchanged.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { field } from '../json/fields.ts'
import { readUnknownFields } from '../json/unknown-fields.ts'
import { messagesWire } from './formats.ts'

/** As `readUnknownFields`. */
export function readRest(value: unknown, known: ReadonlySet<string>): Rest | undefined {
	return readUnknownFields(messagesWire, value, known)
}

/** The types of the blocks that have a canonical form; `searchable`: of those that other wires receive as text. */
type KnownBlock =
	| 'text'
	| 'thinking'
	| 'redacted_thinking'
	| 'tool_use'
	| 'tool_result'
	| 'image'
	| 'document'
	| 'searchable'

const knownFields: Readonly<Record<KnownBlock, ReadonlySet<string>>> = {
	text: new Set(['type', 'text']),
	thinking: new Set(['type', 'thinking', 'signature']),
	redacted_thinking: new Set(['type', 'data']),
	tool_use: new Set(['type', 'id', 'name', 'input']),
	tool_result: new Set(['type', 'tool_use_id', 'content', 'is_error']),
	image: new Set(['type', 'source']),
	document: new Set(['type', 'source', 'title']),
	searchable: new Set(['type', 'source', 'title', 'context', 'content', 'citations']),
}

/**
 * The rest of a content block. A field with the value that it has by default is not part of it. Unknown fields of its
 * source are named by their path, such as `source.name`.
 */
export function readBlockRest(type: KnownBlock, block: object): Rest | undefined {
	const fields = Object.entries(readRest(block, knownFields[type])?.fields ?? {}).filter(
		([name, value]) => !isRepresented(name, value),
	)
	const source = Object.entries(readRest(field(block, 'source'), sourceFields)?.fields ?? {})
	return restOf(
		messagesWire,
		Object.fromEntries([...fields, ...source.map(([name, value]) => [sourcePath + name, value] as const)]),
	)
}

/** A block with a source, and its rest. */
export function withBlockRest(block: JsonObject, rest: Rest | undefined): JsonObject {
	const fields: Record<string, Json | undefined> = {}
	const source: Record<string, Json | undefined> = {}
	for (const [name, value] of Object.entries(rest?.fields ?? {}))
		if (name.startsWith(sourcePath)) source[name.slice(sourcePath.length)] = value
		else fields[name] = value
	return { ...block, ...(isObject(block.source) ? { source: { ...block.source, ...source } } : {}), ...fields }
}

const sourcePath = 'source.'
const sourceFields: ReadonlySet<string> = new Set(['type', 'url', 'media_type', 'data', 'file_id', 'content'])

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
