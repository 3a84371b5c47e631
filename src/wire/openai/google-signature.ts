// The signature of a call in Google's endpoint for this wire: `extra_content.google.thought_signature` of a tool call.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { Signature } from '../../chat/message.ts'
import { geminiWire } from '../gemini/formats.ts'
import { asText } from '../json/fields.ts'
import { readTag, writeTag } from '../json/signature-tag.ts'
import type { KnownFields } from './nested-rest.ts'

/** The fields of a call that the signature represents. */
export const knownSignatureFields = {
	extra_content: { google: { thought_signature: true } },
} as const satisfies KnownFields

/**
 * The signature in a call of a request or an answer; undefined if there is none. It has an origin only if it was written
 * with one.
 */
export function readGoogleSignature({
	extra_content: extra,
}: {
	readonly extra_content?: unknown
}): Signature | undefined {
	const google = isObject(extra) ? extra.google : undefined
	const given = isObject(google) ? asText(google.thought_signature) : undefined
	if (given === undefined) return undefined
	const { origin, text } = readTag(given)
	return origin === undefined ? { wire: geminiWire, value: text } : { wire: geminiWire, value: text, origin }
}

/**
 * The fields of a call with this signature.
 *
 * @param tags whether to write the signature's origin.
 */
export function writeGoogleSignature(signature: Signature | undefined, tags: boolean): JsonObject {
	if (signature?.wire !== geminiWire) return {}
	return { extra_content: { google: { thought_signature: writeTag(signature.value, signature.origin, tags) } } }
}
