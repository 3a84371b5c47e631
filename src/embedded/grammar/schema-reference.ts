// Resolves a reference within a JSON Schema document. References to other documents and to anchors are rejected.

import type { Json } from '../../chat/json.ts'
import { isObject } from '../../chat/json.ts'
import { cannotEnforce, type SchemaPath, wrongSchema } from './refusal.ts'

/** @throws ChatError if the reference leads out of the document or to nothing. */
export function resolveReference(root: Json, reference: string, schemaPath: SchemaPath): Json | undefined {
	if (!/^#(\/|$)/.test(reference))
		throw cannotEnforce(`the reference '${reference.slice(0, 100)}' to another document or to an anchor`, schemaPath)
	let value: Json | undefined = root
	for (const step of reference.slice(1).split('/').slice(1)) {
		const key = safeDecode(step).replaceAll('~1', '/').replaceAll('~0', '~')
		if (Array.isArray(value)) value = /^\d{1,9}$/.test(key) ? value[Number(key)] : undefined
		else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
	}
	if (value === undefined)
		throw wrongSchema(`the reference '${reference.slice(0, 100)}' cannot be resolved`, schemaPath)
	return value
}

function safeDecode(text: string): string {
	try {
		return decodeURIComponent(text)
	} catch {
		return text
	}
}
