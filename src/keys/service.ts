// Operations on the caller's own keys, in any dialect. They are bound to the caller's scope and cannot reach other keys. A key created here has
// no more permissions than the key that created it.

import { ChatError } from '../chat/error.ts'
import { createKey, isExpired, type Key } from './key.ts'
import type { KeyId } from './key-id.ts'
import type { KeyStore } from './key-store.ts'
import { type Scope, scopeOf } from './scope.ts'

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
	readonly state: KeyState
}

export const keyStates = ['active', 'expired', 'revoked'] as const
export type KeyState = (typeof keyStates)[number]

export interface CreatedOwnKey {
	readonly key: OwnKey
	/** Not available later. */
	readonly secret: string
}

export interface KeyListQuery {
	/** All but revoked keys if absent. */
	readonly state?: KeyState
	readonly sortBy: 'id' | 'name' | 'created'
	readonly order: 'asc' | 'desc'
	/** Number of keys to skip. */
	readonly offset: number
	readonly limit: number
}

/** Active keys per owner. */
const mostActive = 100

export class KeyService {
	private readonly store: KeyStore
	private readonly caller: Key
	private readonly scope: Scope
	private readonly nowMs: number

	/** @param caller the key of the request. @param nowMs milliseconds since 1970. */
	constructor(store: KeyStore, caller: Key, nowMs: number) {
		this.store = store
		this.caller = caller
		this.scope = scopeOf(caller)
		this.nowMs = nowMs
	}

	/** All keys in order of creation, including expired and revoked ones. */
	async all(): Promise<readonly OwnKey[]> {
		return (await this.store.listOwn(this.scope)).map((key) => describe(key, this.nowMs))
	}

	/** A page of keys, and the number of all keys that match. */
	async list({ state, sortBy, order, offset, limit }: KeyListQuery): Promise<{
		readonly keys: readonly OwnKey[]
		readonly total: number
	}> {
		const matching = (await this.all()).filter((key) =>
			state === undefined ? key.state !== 'revoked' : key.state === state,
		)
		const sorted = matching.toSorted((one, other) => compare(one, other, sortBy) * (order === 'asc' ? 1 : -1))
		return { keys: sorted.slice(offset, offset + limit), total: matching.length }
	}

	/** A key that is not revoked. */
	async find(id: string): Promise<OwnKey | undefined> {
		return (await this.all()).find((key) => key.id === id && key.state !== 'revoked')
	}

	/**
	 * Creates a key of role `user` with the settings of the calling key. It expires no later than the calling key.
	 *
	 * @returns `expired` if `expiresAtMs` is not in the future.
	 * @throws ChatError `forbidden` if the owner has too many active keys.
	 */
	async create(options: {
		readonly name: string
		readonly expiresAtMs?: number | undefined
	}): Promise<CreatedOwnKey | 'expired'> {
		const { name, expiresAtMs } = options
		if (expiresAtMs !== undefined && expiresAtMs <= this.nowMs) return 'expired'
		const active = (await this.all()).filter(({ state }) => state === 'active')
		if (active.length >= mostActive)
			throw new ChatError(
				'forbidden',
				`The owner already has ${mostActive} active keys: revoke one that is no longer used.`,
			)
		const { tenant, owner, settings } = this.caller
		const until = earliest(expiresAtMs, this.caller.expiresAtMs ?? undefined)
		const { key, secret } = createKey({ name, role: 'user', tenant, owner, settings, expiresAtMs: until }, this.nowMs)
		await this.store.insert(key)
		return { key: describe(key, this.nowMs), secret }
	}

	/** @returns the revoked key; undefined if there is no such key or it was revoked before. */
	async revoke(id: string): Promise<OwnKey | undefined> {
		const key = (await this.all()).find((one) => one.id === id)
		if (key === undefined || !(await this.store.revokeOwn(this.scope, key.id, this.nowMs))) return undefined
		return { ...key, state: 'revoked' }
	}
}

function compare(one: OwnKey, other: OwnKey, by: KeyListQuery['sortBy']): number {
	const byId = one.id < other.id ? -1 : 1
	switch (by) {
		case 'id':
			return byId
		case 'name':
			return one.name.localeCompare(other.name, 'en') || byId
		case 'created':
			return one.createdAtMs - other.createdAtMs || byId
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
