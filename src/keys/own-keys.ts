// The keys of whoever asks, as that caller may know and change them: a store with the scope already said, so that whoever holds this cannot
// reach anybody else's. A key made here may do no more than the one that made it.

import { ChatError } from '../chat/error.ts'
import { createKey, isExpired, type Key } from './key.ts'
import type { KeyStore } from './key-store.ts'
import { scopeOf } from './scope.ts'

/** A key without what only the server needs to know. */
export interface OwnKey {
	readonly id: string
	readonly name: string
	/** How it begins. */
	readonly prefix: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	/** Null where it does not end by itself. */
	readonly expiresAtMs: number | null
	readonly state: 'active' | 'expired' | 'revoked'
}

export interface OwnKeys {
	/** In order of creation, ended ones included. */
	list(): Promise<readonly OwnKey[]>
	/**
	 * A user's key with the settings of the one that asks. It ends with that one at the latest.
	 *
	 * @throws ChatError `forbidden` where there are too many already.
	 */
	create(wanted: { readonly name: string; readonly expiresAtMs?: number }): Promise<CreatedOwnKey>
	/** False where there is no such key that could be ended. */
	revoke(id: string): Promise<boolean>
}

export interface CreatedOwnKey {
	readonly key: OwnKey
	/** Told nowhere else. */
	readonly secret: string
}

/** Valid at once, of one owner. */
const mostActive = 100

/** @param asking the key that asks. @param nowMs milliseconds since 1970. */
export function ownKeys(store: KeyStore, asking: Key, nowMs: number): OwnKeys {
	const scope = scopeOf(asking)
	const list = async () => (await store.listOwn(scope)).map((key) => describe(key, nowMs))
	return {
		list,
		async create({ name, expiresAtMs }) {
			const active = (await list()).filter(({ state }) => state === 'active')
			if (active.length >= mostActive)
				throw new ChatError('forbidden', `There are ${mostActive} keys already: revoke one that is not used any more.`)
			const { tenant, owner, settings } = asking
			const until = earliest(expiresAtMs, asking.expiresAtMs ?? undefined)
			const { key, secret } = createKey(
				{ name, role: 'user', tenant, owner, settings, ...(until === undefined ? {} : { expiresAtMs: until }) },
				nowMs,
			)
			await store.insert(key)
			return { key: describe(key, nowMs), secret }
		},
		revoke: (id) => store.revokeOwn(scope, id, nowMs),
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
