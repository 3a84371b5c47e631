// Encodes proofs in Anthropic's messages: in the signature of a thinking block or the data of a redacted one, which clients send back
// unchanged. A proof of this wire is written as is; a proof of another wire gets that wire's name as a prefix, so that it can be decoded.

import type { ReasoningSignature } from '../../chat/message.ts'
import { messagesWire } from './formats.ts'

/** A proof of thinking as `signature` or `data`. */
export function writeProof({ wire, value }: ReasoningSignature): string {
	return wire === messagesWire ? value : `${wire}:${value}`
}

/** @returns undefined for an empty string. */
export function readProof(text: string): ReasoningSignature | undefined {
	if (text === '') return undefined
	// This wire's own proofs are base64, which has no colon.
	const [, wire, value] = /^([a-z][a-z0-9-]*):(.*)$/s.exec(text) ?? []
	return wire === undefined || value === undefined ? { wire: messagesWire, value: text } : { wire, value }
}

export interface CallProof {
	/** The call's id. */
	readonly id: string
	readonly proof: ReasoningSignature
}

/** A proof of a tool call as the data of a redacted thinking block before the call, since this wire has no field for it. */
export function writeCallProof({ id, proof }: CallProof): string {
	return `call:${proof.wire}:${encodeURIComponent(id)}:${proof.value}`
}

/** @returns undefined for any other data. */
export function readCallProof(data: string): CallProof | undefined {
	const [, wire, id, value] = /^call:([a-z][a-z0-9-]*):([^:]*):(.*)$/s.exec(data) ?? []
	if (wire === undefined || id === undefined || value === undefined) return undefined
	try {
		return { id: decodeURIComponent(id), proof: { wire, value } }
	} catch {
		return undefined
	}
}
