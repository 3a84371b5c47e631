// The operator's own admin key, from the configuration, beside the keys of a store. It is never written anywhere.

import { hashSecret, type Key, keyOf, sameHash } from './key.ts'
import type { KeyStore } from './key-store.ts'

const name = 'operator'
/** Hexadecimal digits: 80 bits. */
const idDigits = 20

/**
 * The key whose secret is configured. Its id follows from the secret alone, so that every process, host and start records usage under the
 * same key; it reveals neither the secret nor its hash. No part of a secret that a person chose is shown as its prefix.
 */
export function configuredKey(secret: string, nowMs: number): Key {
	const key = keyOf(secret, { name, role: 'admin', owner: name }, nowMs)
	return { ...key, id: `key_${hashSecret(`dragoman configured key\n${key.hash}`).slice(0, idDigits)}`, prefix: '' }
}

/** What lists call it. */
export const configuredKeyLabel = `${name} (configured)`

/** Whether a person means the configured key: by its id, or by its name. */
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
