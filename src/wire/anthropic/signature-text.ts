// Encodes signatures in Anthropic's messages: in the signature of a thinking block or the data of a redacted one, which
// clients send back unchanged. A signature of this wire is written as is. One of another wire gets that wire's name as
// a prefix, and one that must name its origin gets the origin as a prefix, so that both can be decoded.

import type { Signature } from '../../chat/message.ts'
import { decodeComponent, readTag, writeTag } from '../json/signature-tag.ts'
import { messagesWire } from './formats.ts'

/**
 * A signature of thinking as `signature` or `data`.
 *
 * @param tags whether to write the signature's origin.
 */
export function writeSignature({ wire, value, origin }: Signature, tags: boolean): string {
	return writeTag(wire === messagesWire ? value : `${wire}:${value}`, origin, tags)
}

/** @returns undefined for an empty string. */
export function readSignature(text: string): Signature | undefined {
	if (text === '') return undefined
	const { origin, text: signature } = readTag(text)
	// This wire's own signatures are base64, which has no colon.
	const [, wire, value] = /^([a-z][a-z0-9-]*):(.*)$/s.exec(signature) ?? []
	return wire === undefined || value === undefined
		? { wire: messagesWire, value: signature, origin }
		: { wire, value, origin }
}

export interface CallSignature {
	/** The call's id. */
	readonly id: string
	readonly signature: Signature
}

/**
 * A signature of a tool call as the data of a redacted thinking block before the call, since this wire has no field for
 * it.
 */
export function writeCallSignature({ id, signature: { wire, value, origin } }: CallSignature, tags: boolean): string {
	return writeTag(`call:${wire}:${encodeURIComponent(id)}:${value}`, origin, tags)
}

/** @returns undefined for any other data. */
export function readCallSignature(data: string): CallSignature | undefined {
	const { origin, text: signature } = readTag(data)
	const [, wire, id, value] = /^call:([a-z][a-z0-9-]*):([^:]*):(.*)$/s.exec(signature) ?? []
	if (wire === undefined || id === undefined || value === undefined) return undefined
	const callId = decodeComponent(id)
	return callId === undefined ? undefined : { id: callId, signature: { wire, value, origin } }
}
