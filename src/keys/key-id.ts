// Ids of API keys. They are not secret: messages and lists show them.

import { randomBytes } from 'node:crypto'

/** Sorts by creation. */
export type KeyId = string & { readonly __brand: 'key' }

/** An id from a client or a database. Not validated: stores find no key for any other text. */
export function keyId(text: string): KeyId {
	return text as KeyId
}

export function newKeyId(nowMs: number): KeyId {
	return keyId(`key_${nowMs.toString(36).padStart(9, '0')}${randomBytes(5).toString('hex')}`)
}
