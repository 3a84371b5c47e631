// An API key and its creation. The secret is shown once, to the creator; only its hash is stored.

import { randomBytes } from 'node:crypto'
import { hasControlCharacters } from '../system/terminal-text.ts'
import type { HistoryMode } from './history-mode.ts'
import { type KeyId, newKeyId } from './key-id.ts'
import { type OwnerId, ownerId, type TenantId, tenantId } from './scope.ts'

/** `admin` may also call the administrative operations. */
export type Role = 'admin' | 'user'

export const roles = ['admin', 'user'] as const satisfies readonly Role[]

export interface Key {
	readonly id: KeyId
	readonly name: string
	readonly role: Role
	/** The scope that its calls read and write: see scope.ts. */
	readonly tenant: TenantId
	readonly owner: OwnerId
	readonly settings: KeySettings
	/** First characters of the secret: enough to distinguish keys, too few to help guess one. */
	readonly prefix: string
	/** SHA-256 of the whole key, hex. */
	readonly hash: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	readonly revokedAtMs: number | null
	/** Milliseconds since 1970; null if the key does not expire. */
	readonly expiresAtMs: number | null
	/** The key that created this one, which ends with it; null if an operator created it. */
	readonly parent: KeyId | null
	/** The configured admin key, if it is this key, its parent, or the parent's parent, and so on. */
	readonly configuredAncestor: KeyId | null
}

/** Defaults for calls with this key. An absent setting falls back to the deployment's setting. */
export interface KeySettings {
	readonly history?: HistoryMode
	/** Name of the dialect to use on paths that several dialects share. */
	readonly dialect?: string
	/** Chat streams continue after the client disconnects. */
	readonly resumable?: boolean
}

/** The properties of a new key. */
export interface KeyDescription {
	readonly name: string
	readonly role: Role
	/** `default` if absent. */
	readonly tenant?: string
	/** The key's own id if absent, so that the key shares its data with no other. */
	readonly owner?: string
	readonly settings?: KeySettings
	/** Milliseconds since 1970; the key does not expire if absent. */
	readonly expiresAtMs?: number
	/** The key that creates it. The new key expires no later. */
	readonly creator?: Key
}

/** A new key with its secret, which is not available later. */
export interface CreatedKey {
	readonly key: Key
	readonly secret: string
}

const secretPrefix = 'dgm-'
/** 192 bits. */
const secretBytes = 24
const prefixLength = secretPrefix.length + 6

export function createKey(description: KeyDescription, nowMs: number): CreatedKey {
	const secret = secretPrefix + randomBytes(secretBytes).toString('base64url')
	return { key: keyOf(secret, description, nowMs), secret }
}

/** A key with the given secret. `createKey` generates a random one. */
export function keyOf(secret: string, description: KeyDescription, nowMs: number): Key {
	const { name, role, tenant = 'default', settings = {}, creator } = description
	const id = newKeyId(nowMs)
	return {
		id,
		name,
		role,
		tenant: tenantId(tenant),
		owner: ownerId(description.owner ?? id),
		settings,
		prefix: secret.slice(0, prefixLength),
		hash: hashSecret(secret),
		createdAtMs: nowMs,
		revokedAtMs: null,
		expiresAtMs: earliest(description.expiresAtMs ?? null, creator?.expiresAtMs ?? null),
		parent: creator?.id ?? null,
		configuredAncestor: creator?.configuredAncestor ?? null,
	}
}

function earliest(one: number | null, other: number | null): number | null {
	return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

const secretForm = new RegExp(`^${secretPrefix}[A-Za-z0-9_-]{${(secretBytes * 4) / 3}}$`)

/** Whether `text` has the form of the secrets that `createKey` generates. */
export function isGeneratedSecret(text: string): boolean {
	return secretForm.test(text)
}

const longestLabel = 200

/** The reason why `text` is not a valid name for a key, tenant or owner; undefined if it is valid. */
export function labelFault(text: string): string | undefined {
	if (text === '') return 'It must not be empty.'
	if (hasControlCharacters(text)) return 'It must not contain control characters or line breaks.'
	if (/^[\s\p{Cf}]*$/u.test(text)) return 'It must contain a visible character.'
	const length = [...text].length
	return length > longestLabel ? `It has ${length} characters; at most ${longestLabel} are allowed.` : undefined
}

/** Shortens a complete secret to its first characters, so that messages can quote `text`. */
export function abbreviateKey(text: string): string {
	return text.startsWith(secretPrefix) && text.length > prefixLength ? `${text.slice(0, prefixLength)}…` : text
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
