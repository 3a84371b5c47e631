// Storage of API keys.

import type { Key } from './key.ts'
import type { KeyId } from './key-id.ts'
import type { Scope } from './scope.ts'

/**
 * Every implementation runs key-store.contract.ts. A change by one process is visible to the next call of every other
 * process.
 */
export interface KeyStore {
	/** @throws Error if the id or the hash already exists. */
	insert(key: Key): Promise<void>
	/**
	 * Also finds revoked and expired keys: the caller must check `revokedAtMs` and `expiresAtMs`. Returns synchronously
	 * if the key is cached.
	 */
	findByHash(hash: string): Key | undefined | Promise<Key | undefined>
	/** In order of creation, including revoked keys. */
	list(): Promise<readonly Key[]>
	/**
	 * Revokes a key permanently, by its id, name or prefix. Revoking it again does not change its revocation time.
	 *
	 * @returns the keys that match; if several valid keys match, none is changed.
	 */
	revoke(which: string, nowMs: number): Promise<readonly Key[]>
	/** The keys of one scope, in order of creation, including revoked keys. */
	listOwn(scope: Scope): Promise<readonly Key[]>
	/**
	 * Revokes a key of the scope, by its id only.
	 * @returns false if the scope has no such key or the key is already revoked.
	 */
	revokeOwn(scope: Scope, id: KeyId, nowMs: number): Promise<boolean>
	close(): Promise<void>
}
