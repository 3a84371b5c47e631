// Operations on the caller's own keys, in any dialect. They are bound to the caller's scope and cannot reach other
// keys. A key created here has no more permissions than the key that created it.

import { ChatError } from '../chat/error.ts'
import { createKey, isExpired, type Key } from './key.ts'
import type { KeyId } from './key-id.ts'
import { defaultKeyRules, type KeyRules } from './key-rules.ts'
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
	/** The key that created it; null if an operator created it. */
	readonly parent: KeyId | null
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

/** A revoked key. */
export interface RevokedOwnKey {
	readonly key: OwnKey
	/** Number of keys that ended with it. */
	readonly descendants: number
}

/** Revoked and expired keys per owner that are listed: older ones are removed. */
const mostEnded = 200

export class KeyService {
	private readonly store: KeyStore
	private readonly caller: Key
	private readonly scope: Scope
	private readonly nowMs: number
	private readonly rules: KeyRules

	/** @param caller the key of the request. @param nowMs milliseconds since 1970. */
	constructor(store: KeyStore, caller: Key, nowMs: number, rules: KeyRules = defaultKeyRules) {
		this.store = store
		this.caller = caller
		this.rules = rules
		this.scope = scopeOf(caller)
		this.nowMs = nowMs
	}

	/** Whether the operator's rules permit the caller to create keys. */
	get mayCreate(): boolean {
		const { create } = this.rules
		return create === 'everyone' || (create === 'admins' && this.caller.role === 'admin')
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
	 * Creates a key of role `user` with the settings of the calling key. It ends with the calling key.
	 *
	 * @returns `expired` if `expiresAtMs` is not in the future.
	 * @throws ChatError `forbidden` if the caller may not create keys or the owner has too many active keys,
	 * `invalid-key` if the calling key has been revoked meanwhile.
	 */
	async create(options: {
		readonly name: string
		readonly expiresAtMs?: number | undefined
	}): Promise<CreatedOwnKey | 'expired'> {
		const { name, expiresAtMs } = options
		if (expiresAtMs !== undefined && expiresAtMs <= this.nowMs) return 'expired'
		const { create, activePerOwner: active } = this.rules
		if (!this.mayCreate) throw notPermitted(create)
		const { tenant, owner, settings } = this.caller
		const { key, secret } = createKey(
			{ name, role: 'user', tenant, owner, settings, expiresAtMs, creator: this.caller },
			this.nowMs,
		)
		switch (await this.store.insertChild(key, { active, ended: mostEnded })) {
			case 'stored':
				return { key: describe(key, this.nowMs), secret }
			case 'ended':
				throw new ChatError('invalid-key', 'This API key has been revoked.')
			case 'full':
				throw new ChatError(
					'forbidden',
					`The owner already has ${active} active keys: revoke one that is no longer used.`,
				)
		}
	}

	/**
	 * Revokes a key with all its descendants.
	 *
	 * @returns undefined if there is no such key or it was revoked before.
	 * @throws ChatError `forbidden` if the key has more permissions than the calling key.
	 */
	async revoke(id: string): Promise<RevokedOwnKey | undefined> {
		const key = (await this.store.listOwn(this.scope)).find((one) => one.id === id)
		if (key === undefined || key.revokedAtMs !== null) return undefined
		if (key.role === 'admin' && this.caller.role !== 'admin')
			throw new ChatError('forbidden', `A key of role '${this.caller.role}' cannot revoke a key of role 'admin'.`)
		const revocation = await this.store.revoke(key.id, this.nowMs)
		if (revocation === undefined) return undefined
		return { key: describe(revocation.key, this.nowMs), descendants: revocation.descendants.length }
	}
}

function notPermitted(create: KeyRules['create']): ChatError {
	return new ChatError(
		'forbidden',
		create === 'admins'
			? "Only keys of role 'admin' can create keys on this server."
			: 'Keys cannot create keys on this server: ask its operator for one.',
	)
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
	const { id, name, prefix, createdAtMs, expiresAtMs, revokedAtMs, parent } = key
	const state = revokedAtMs !== null ? 'revoked' : isExpired(key, nowMs) ? 'expired' : 'active'
	return { id, name, prefix, createdAtMs, expiresAtMs, state, parent }
}
