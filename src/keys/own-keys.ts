// The caller's own keys: a view of the key store that is bound to one scope and has no access to other keys. A key created here has no more
// permissions than the key that created it.

import { ChatError } from '../chat/error.ts'
import { createKey, isExpired, type Key } from './key.ts'
import { type KeyId, keyId } from './key-id.ts'
import type { KeyStore } from './key-store.ts'
import { scopeOf } from './scope.ts'

/** A key without its internal properties. */
export interface OwnKey {
	readonly id: KeyId
	readonly name: string
	/** First characters of the secret. */
	readonly prefix: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	/** Null if the key does not expire. */
	readonly expiresAtMs: number | null
	readonly state: 'active' | 'expired' | 'revoked'
}

export interface OwnKeys {
	/** In order of creation, including expired and revoked keys. */
	list(): Promise<readonly OwnKey[]>
	/**
	 * Creates a key of role `user` with the settings of the calling key. It expires no later than the calling key.
	 *
	 * @throws ChatError `forbidden` if the owner has too many active keys.
	 */
	create(options: { readonly name: string; readonly expiresAtMs?: number }): Promise<CreatedOwnKey>
	/** @returns false if there is no such key or it is already revoked. */
	revoke(id: string): Promise<boolean>
}

export interface CreatedOwnKey {
	readonly key: OwnKey
	/** Not available later. */
	readonly secret: string
}

/** Active keys per owner. */
const mostActive = 100

/** @param caller the key of the request. @param nowMs milliseconds since 1970. */
export function ownKeys(store: KeyStore, caller: Key, nowMs: number): OwnKeys {
	const scope = scopeOf(caller)
	const list = async () => (await store.listOwn(scope)).map((key) => describe(key, nowMs))
	return {
		list,
		async create({ name, expiresAtMs }) {
			const active = (await list()).filter(({ state }) => state === 'active')
			if (active.length >= mostActive)
				throw new ChatError(
					'forbidden',
					`There are already ${mostActive} active keys: revoke a key that is no longer used.`,
				)
			const { tenant, owner, settings } = caller
			const until = earliest(expiresAtMs, caller.expiresAtMs ?? undefined)
			const { key, secret } = createKey({ name, role: 'user', tenant, owner, settings, expiresAtMs: until }, nowMs)
			await store.insert(key)
			return { key: describe(key, nowMs), secret }
		},
		revoke: (id) => store.revokeOwn(scope, keyId(id), nowMs),
	}
}

function describe(key: Key, nowMs: number): OwnKey {
	const { id, name, prefix, createdAtMs, expiresAtMs, revokedAtMs } = key
	const state = revokedAtMs !== null ? 'revoked' : isExpired(key, nowMs) ? 'expired' : 'active'
	return { id, name, prefix, createdAtMs, expiresAtMs, state }
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
	if (one === undefined || other === undefined) return one ?? other
	return Math.min(one, other)
}
