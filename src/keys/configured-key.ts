// The operator's admin key from the configuration. It is never stored.

import { hashSecret, type Key, keyOf } from './key.ts'
import { keyId } from './key-id.ts'

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
	return { ...key, id, prefix: '', configuredAncestor: id }
}

/** The configured key with its secret. */
export interface ConfiguredKey {
	readonly key: Key
	readonly secret: string
}

/** @param secret undefined if none is configured. */
export function readConfiguredKey(secret: string | undefined, nowMs: number): ConfiguredKey | undefined {
	return secret === undefined ? undefined : { key: configuredKey(secret, nowMs), secret }
}

/** The name of the configured key in lists. */
export const configuredKeyLabel = `${name} (configured)`

/** Whether `which` identifies the configured key, by its id, its name or its secret. */
export function isConfiguredKey(which: string, { id, hash }: Key): boolean {
	return which === id || which === name || hashSecret(which) === hash
}

/**
 * A key that descends from a configured key is valid as long as that key is the configured one.
 *
 * @returns the key, as revoked if its configured ancestor is another one than `configured`.
 */
export function withAncestor(key: Key, configured: Key | undefined): Key {
	const { configuredAncestor, revokedAtMs, createdAtMs } = key
	if (configuredAncestor === null || configuredAncestor === configured?.id) return key
	return { ...key, revokedAtMs: revokedAtMs ?? createdAtMs }
}
