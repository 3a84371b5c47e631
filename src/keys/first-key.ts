// The first key of a new deployment.

import { createKey } from './key.ts'
import type { KeyStore } from './key-store.ts'

/**
 * Creates an admin key if the store is empty.
 *
 * @param deliver passes the secret to the operator. Called before the key is stored: if it fails, the next start
 * creates a key again.
 * @returns the secret; undefined if the store has a key.
 */
export async function makeFirstKey(
	keys: KeyStore,
	nowMs: number,
	deliver: (secret: string) => Promise<void>,
): Promise<string | undefined> {
	if ((await keys.list()).length > 0) return undefined
	const { key, secret } = createKey({ name: 'first', role: 'admin' }, nowMs)
	await deliver(secret)
	await keys.insert(key)
	return secret
}
