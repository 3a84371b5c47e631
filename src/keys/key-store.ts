// Storage of API keys.

import type { Key } from './key.ts'
import type { KeyId } from './key-id.ts'
import type { Revocation } from './revocation.ts'
import type { Scope } from './scope.ts'

/**
 * Every implementation runs key-store.contract.ts. A change by one process is visible to the next call of every other
 * process.
 */
export interface KeyStore {
	/**
	 * Stores a key that an operator created.
	 * @throws Error if the id or the hash already exists.
	 */
	insert(key: Key): Promise<void>
	/**
	 * Stores a key that another key created, and removes the oldest of the owner's ended keys beyond `bounds.ended`.
	 *
	 * @returns `ended` if the key's parent has been revoked meanwhile, `full` if the owner has `bounds.active` keys;
	 * nothing is stored then.
	 * @throws Error if the id or the hash already exists.
	 */
	insertChild(key: Key, bounds: OwnerBounds): Promise<'stored' | 'ended' | 'full'>
	/**
	 * Also finds revoked and expired keys: the caller must check `revokedAtMs` and `expiresAtMs`. Returns synchronously
	 * if the key is cached.
	 */
	findByHash(hash: string): Key | undefined | Promise<Key | undefined>
	/** In order of creation, including revoked keys. */
	list(): Promise<readonly Key[]>
	/**
	 * Revokes a key and all keys that descend from it, permanently and in one transaction. Revoking a key again does not
	 * change its revocation time.
	 *
	 * @returns undefined if there is no such key.
	 */
	revoke(id: KeyId, nowMs: number): Promise<Revocation | undefined>
	/** The keys of one scope, in order of creation, including revoked keys. */
	listOwn(scope: Scope): Promise<readonly Key[]>
	close(): Promise<void>
}

/** How many keys an owner may have. Keys that operators create are counted and not refused. */
export interface OwnerBounds {
	/** Keys that are neither revoked nor expired. */
	readonly active: number
	/** Revoked and expired keys that are still listed. */
	readonly ended: number
}
