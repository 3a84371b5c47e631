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
	/** Whose things its calls read and write: see scope.ts. */
	readonly tenant: string
	readonly owner: string
	readonly settings: KeySettings
	/** How the key begins: enough for a person to tell keys apart, no help to guess one. */
	readonly prefix: string
	/** SHA-256 of the whole key, hex. */
	readonly hash: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	readonly revokedAtMs: number | null
	/** From when on it is not valid any more; null where it does not end by itself. */
	readonly expiresAtMs: number | null
}

/** What calls with this key do unless they say otherwise; the deployment's settings where absent. */
export interface KeySettings {
	/** `albert`: a chat request's `user` and `id` keep a conversation. */
	readonly history?: 'albert' | 'none'
	/** Name of the dialect that is meant on paths that several claim. */
	readonly dialect?: string
	/** Streams of chat outlive the connection of their client. */
	readonly resumable?: boolean
}

/** What there is to choose of a new key. */
export interface KeyDescription {
	readonly name: string
	readonly role: Role
	/** `default` where absent. */
	readonly tenant?: string
	/** The key's own id where absent: nobody shares its things. */
	readonly owner?: string
	readonly settings?: KeySettings
	/** Never where absent. */
	readonly expiresAtMs?: number
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

export function createKey(description: KeyDescription, nowMs: number): CreatedKey {
	const secret = secretPrefix + randomBytes(secretBytes).toString('base64url')
	return { key: keyOf(secret, description, nowMs), secret }
}

/** The key whose secret somebody chose; `randomBytes` made all others. */
export function keyOf(secret: string, description: KeyDescription, nowMs: number): Key {
	const { name, role, tenant = 'default', settings = {} } = description
	const id = `key_${nowMs.toString(36).padStart(9, '0')}${randomBytes(5).toString('hex')}`
	return {
		id,
		name,
		role,
		tenant,
		owner: description.owner ?? id,
		settings,
		prefix: secret.slice(0, shownCharacters),
		hash: hashSecret(secret),
		createdAtMs: nowMs,
		revokedAtMs: null,
		expiresAtMs: description.expiresAtMs ?? null,
	}
}

const longestLabel = 200

/** Why `text` cannot be the name of a key, a tenant or an owner; undefined if it can. */
export function labelFault(text: string): string | undefined {
	if (text === '') return 'It must not be empty.'
	if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return 'It must not contain control characters or line breaks.'
	if (/^[\s\p{Cf}]*$/u.test(text)) return 'It must contain a visible character.'
	const length = [...text].length
	return length > longestLabel ? `It has ${length} characters; at most ${longestLabel} are allowed.` : undefined
}

/** A text as messages may repeat it: of a whole key only the first characters. */
export function abridged(text: string): string {
	return text.startsWith(secretPrefix) && text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
}

export function isExpired({ expiresAtMs }: Key, nowMs: number): boolean {
	return expiresAtMs !== null && expiresAtMs <= nowMs
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
