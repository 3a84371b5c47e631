// Encodes reasoning in the `encrypted_content` of a reasoning item, which clients send back unchanged: its exact text,
// and the signature by which the model recognizes it. A signature of this wire without an origin is written as is, so
// that it can be sent to a server of this wire.

import { z } from 'zod'
import type { ReasoningPart, Signature, ToolCall } from '../../../chat/message.ts'
import { responsesWire } from '../formats.ts'
import { readOpaque, writeOpaque } from './opaque-text.ts'

const mark = 'dgm2.'

/** What `encrypted_content` contains. */
export type EncryptedReasoning =
	| { readonly type: 'reasoning'; readonly text: string; readonly signature?: Signature; readonly encrypted?: true }
	/** Only the signature, for a server of this wire; the item's text is readable. */
	| { readonly type: 'signature'; readonly signature: Signature }
	/** The signature of a tool call, which has no field for it in this API. */
	| { readonly type: 'call'; readonly call: string; readonly signature: Signature }

const signature = z.object({ wire: z.string().min(1), value: z.string().min(1), origin: z.string().optional() })
const envelope = z.union([
	z.object({ text: z.string(), signature, encrypted: z.literal(true).optional() }),
	z.object({ call: z.string().min(1), signature }),
])

/** @param tags name the origin of the signature. */
export function writeEncryptedReasoning(
	{ text, signature: given, encrypted }: Pick<ReasoningPart, 'text' | 'signature' | 'encrypted'>,
	tags: boolean,
): string {
	const own = given === undefined ? undefined : taggedSignature(given, tags)
	if (own === undefined) return writeOpaque(text)
	if (own.wire === responsesWire && own.origin === undefined) return own.value
	return mark + encode({ text, signature: own, encrypted })
}

export function writeCallSignature(call: Pick<ToolCall, 'id'>, given: Signature, tags: boolean): string {
	return mark + encode({ call: call.id, signature: taggedSignature(given, tags) })
}

/** @returns undefined for content that was written here and has been changed. */
export function readEncryptedReasoning(content: string): EncryptedReasoning | undefined {
	const text = readOpaque(content)
	if (text !== undefined) return { type: 'reasoning', text }
	if (content.startsWith(mark)) return readEnvelope(content.slice(mark.length))
	if (content === '' || content.startsWith('dgm')) return undefined
	return { type: 'signature', signature: { wire: responsesWire, value: content } }
}

function taggedSignature({ wire, value, origin }: Signature, tags: boolean): Signature {
	return tags ? { wire, value, origin } : { wire, value }
}

function encode(value: z.input<typeof envelope>): string {
	return Buffer.from(JSON.stringify(value), 'utf8').toString('base64')
}

function readEnvelope(base64: string): EncryptedReasoning | undefined {
	const { data } = envelope.safeParse(parsed(Buffer.from(base64, 'base64').toString('utf8')))
	if (data === undefined || encode(data) !== base64) return undefined
	return 'call' in data ? { type: 'call', ...data } : { type: 'reasoning', ...data }
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}
