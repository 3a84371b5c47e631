// Ids of API keys. They are not secret: messages and lists show them.

import { randomBytes } from 'node:crypto'

/** Sorts by creation. */
export type KeyId = string & { readonly __brand: 'key' }

/** The id in a text of a client or of a database. A text that is the id of no key is not found by any store. */
export function keyId(text: string): KeyId {
	return text as KeyId
}

export function newKeyId(nowMs: number): KeyId {
	return keyId(`key_${nowMs.toString(36).padStart(9, '0')}${randomBytes(5).toString('hex')}`)
}
