// Where keys are kept.

import type { Key } from './key.ts'

/** Every implementation runs key-store.contract.ts. What one process writes, every other on the same store sees at its next call. */
export interface KeyStore {
	/** @throws Error where the id or the hash exists already. */
	insert(key: Key): Promise<void>
	/** A revoked key is found too: its caller must look at `revokedAtMs`. */
	findByHash(hash: string): Promise<Key | undefined>
	/** In order of creation, revoked ones included. */
	list(): Promise<readonly Key[]>
	/**
	 * Ends a key for good, by its id, its name or its shown prefix. Revoking again keeps the first time.
	 *
	 * @returns the keys that matched; nothing is changed where more than one that is not revoked yet does.
	 */
	revoke(which: string, nowMs: number): Promise<readonly Key[]>
	close(): Promise<void>
}
