// Encodes signatures in Anthropic's messages: in the signature of a thinking block or the data of a redacted one, which clients send back
// unchanged. A signature of this wire is written as is; a signature of another wire gets that wire's name as a prefix, so that it can be decoded.

import type { ReasoningSignature } from '../../chat/message.ts'
import { messagesWire } from './formats.ts'

/** A signature of thinking as `signature` or `data`. */
export function writeSignature({ wire, value }: ReasoningSignature): string {
	return wire === messagesWire ? value : `${wire}:${value}`
}

/** @returns undefined for an empty string. */
export function readSignature(text: string): ReasoningSignature | undefined {
	if (text === '') return undefined
	// This wire's own signatures are base64, which has no colon.
	const [, wire, value] = /^([a-z][a-z0-9-]*):(.*)$/s.exec(text) ?? []
	return wire === undefined || value === undefined ? { wire: messagesWire, value: text } : { wire, value }
}

export interface CallSignature {
	/** The call's id. */
	readonly id: string
	readonly proof: ReasoningSignature
}

/** A signature of a tool call as the data of a redacted thinking block before the call, since this wire has no field for it. */
export function writeCallSignature({ id, proof }: CallSignature): string {
	return `call:${proof.wire}:${encodeURIComponent(id)}:${proof.value}`
}

/** @returns undefined for any other data. */
export function readCallSignature(data: string): CallSignature | undefined {
	const [, wire, id, value] = /^call:([a-z][a-z0-9-]*):([^:]*):(.*)$/s.exec(data) ?? []
	if (wire === undefined || id === undefined || value === undefined) return undefined
	try {
		return { id: decodeURIComponent(id), proof: { wire, value } }
	} catch {
		return undefined
	}
}
