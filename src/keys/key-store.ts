// Where keys are kept.

import type { Key } from './key.ts'
import type { Scope } from './scope.ts'

/** Every implementation runs key-store.contract.ts. What one process writes, every other on the same store sees at its next call. */
export interface KeyStore {
	/** @throws Error where the id or the hash exists already. */
	insert(key: Key): Promise<void>
	/** One that was revoked or has expired is found too: its caller must look at `revokedAtMs` and `expiresAtMs`. At once where it is known. */
	findByHash(hash: string): Key | undefined | Promise<Key | undefined>
	/** In order of creation, revoked ones included. */
	list(): Promise<readonly Key[]>
	/**
	 * Ends a key for good, by its id, its name or its shown prefix. Revoking again keeps the first time.
	 *
	 * @returns the keys that matched; nothing is changed where more than one that is not revoked yet does.
	 */
	revoke(which: string, nowMs: number): Promise<readonly Key[]>
	/** The keys of one scope, in order of creation, revoked ones included. */
	listOwn(scope: Scope): Promise<readonly Key[]>
	/** Ends a key of the scope, by its id alone. @returns false where there is none that was not revoked yet. */
	revokeOwn(scope: Scope, id: string, nowMs: number): Promise<boolean>
	close(): Promise<void>
}
