// The key that a fresh deployment begins with.

import { createKey } from './key.ts'
import type { KeyStore } from './key-store.ts'

/** An admin's key where there is none at all, told nowhere else; undefined where there is one. */
export async function makeFirstKey(keys: KeyStore, nowMs: number): Promise<string | undefined> {
	if ((await keys.list()).length > 0) return undefined
	const { key, secret } = createKey({ name: 'first', role: 'admin' }, nowMs)
	await keys.insert(key)
	return secret
}
