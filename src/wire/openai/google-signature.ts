// The signature of a call in Google's endpoint for this wire: `extra_content.google.thought_signature` of a tool call.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { Signature } from '../../chat/message.ts'
import { geminiWire } from '../gemini/formats.ts'
import type { KnownFields } from './nested-rest.ts'

/** The fields of a call that the signature represents. */
export const knownSignatureFields = {
	extra_content: { google: { thought_signature: true } },
} as const satisfies KnownFields

/** The value in a call of a request or an answer; undefined if there is none. */
export function readGoogleSignature({
	extra_content: extra,
}: {
	readonly extra_content?: unknown
}): string | undefined {
	const google = isObject(extra) ? extra.google : undefined
	const value = isObject(google) ? google.thought_signature : undefined
	return typeof value === 'string' && value !== '' ? value : undefined
}

/** The fields of a call with this signature. */
export function writeGoogleSignature(signature: Signature | undefined): JsonObject {
	if (signature?.wire !== geminiWire) return {}
	return { extra_content: { google: { thought_signature: signature.value } } }
}
