// The key that a fresh deployment begins with.

import { createKey } from './key.ts'
import type { KeyStore } from './key-store.ts'

/**
 * An admin's key if the store has none at all; undefined if it has one.
 *
 * @param deliver gives the secret to the operator before the key exists: if that fails, the next start makes a key again.
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
