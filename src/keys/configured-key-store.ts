// Adds the operator's admin key from the configuration to a key store. The configured key is never stored.

import { hashSecret, type Key, keyOf, sameHash } from './key.ts'
import { keyId } from './key-id.ts'
import type { KeyStore } from './key-store.ts'

const name = 'operator'
/** Hexadecimal digits: 80 bits. */
const idDigits = 20

/**
 * The key whose secret is configured. Its id is derived from the secret only, so every process and host records usage
 * under the same key, also after a restart; the id reveals neither the secret nor its hash. The prefix is empty: no
 * part of a secret that a person chose is shown.
 */
export function configuredKey(secret: string, nowMs: number): Key {
	const key = keyOf(secret, { name, role: 'admin', owner: name }, nowMs)
	const id = keyId(`key_${hashSecret(`dragoman configured key\n${key.hash}`).slice(0, idDigits)}`)
	return { ...key, id, prefix: '' }
}

/** The name of the configured key in lists. */
export const configuredKeyLabel = `${name} (configured)`

/** Whether `which` identifies the configured key, by its id, its name or its secret. */
export function isConfiguredKey(which: string, { id, hash }: Key): boolean {
	return which === id || which === name || hashSecret(which) === hash
}

export function withConfiguredKey(store: KeyStore, configured: Key): KeyStore {
	return {
		insert: (key) => store.insert(key),
		findByHash: (hash) => (sameHash(hash, configured.hash) ? configured : store.findByHash(hash)),
		list: () => store.list(),
		revoke: (which, nowMs) => store.revoke(which, nowMs),
		listOwn: (scope) => store.listOwn(scope),
		revokeOwn: (scope, id, nowMs) => store.revokeOwn(scope, id, nowMs),
		close: () => store.close(),
	}
}
