// An API key and its making. The key itself is seen once, by its creator; everywhere else only its hash lives.

import { randomBytes } from 'node:crypto'

/** `admin` may also do whatever administers the server. */
export type Role = 'admin' | 'user'

export const roles = ['admin', 'user'] as const satisfies readonly Role[]

export interface Key {
	/** Sorts by creation. */
	readonly id: string
	readonly name: string
	readonly role: Role
	/** How the key begins: enough for a person to tell keys apart, no help to guess one. */
	readonly prefix: string
	/** SHA-256 of the whole key, hex. */
	readonly hash: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	readonly revokedAtMs: number | null
}

/** A new key with its secret, which is told nowhere else. */
export interface CreatedKey {
	readonly key: Key
	readonly secret: string
}

const secretPrefix = 'dgm-'
/** 192 bits. */
const secretBytes = 24
const shownCharacters = secretPrefix.length + 6

export function createKey(name: string, role: Role, nowMs: number): CreatedKey {
	const secret = secretPrefix + randomBytes(secretBytes).toString('base64url')
	return { key: keyOf(secret, name, role, nowMs), secret }
}

/** The key whose secret somebody chose; `randomBytes` made all others. */
export function keyOf(secret: string, name: string, role: Role, nowMs: number): Key {
	return {
		id: `key_${nowMs.toString(36).padStart(9, '0')}${randomBytes(5).toString('hex')}`,
		name,
		role,
		prefix: secret.slice(0, shownCharacters),
		hash: hashSecret(secret),
		createdAtMs: nowMs,
		revokedAtMs: null,
	}
}

export function hashSecret(secret: string): string {
	return Bun.SHA256.hash(secret, 'hex')
}

/** Compares two hashes in constant time. */
export function sameHash(one: string, other: string): boolean {
	if (one.length !== other.length) return false
	let difference = 0
	for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at)
	return difference === 0
}
