// API keys in memory, for tests.

import { isExpired, type Key } from '../keys/key.ts'
import type { KeyId } from '../keys/key-id.ts'
import type { KeyStore, OwnerBounds } from '../keys/key-store.ts'
import type { Revocation } from '../keys/revocation.ts'
import type { Scope } from '../keys/scope.ts'

export class MemoryKeyStore implements KeyStore {
	private readonly keys = new Map<string, Key>()

	async insert(key: Key): Promise<void> {
		for (const other of this.keys.values())
			if (other.id === key.id || other.hash === key.hash) throw new Error(`key ${key.id} already exists`)
		this.keys.set(key.id, key)
	}

	async findByHash(hash: string): Promise<Key | undefined> {
		for (const key of this.keys.values()) if (key.hash === hash) return key
		return undefined
	}

	async list(): Promise<readonly Key[]> {
		return this.sorted()
	}

	private sorted(): readonly Key[] {
		return [...this.keys.values()].sort((a, b) => a.createdAtMs - b.createdAtMs)
	}

	async insertChild(key: Key, { active, ended }: OwnerBounds): Promise<'stored' | 'ended' | 'full'> {
		const parent = this.keys.get(key.parent ?? '')
		if (parent === undefined ? key.configuredAncestor !== key.parent : parent.revokedAtMs !== null) return 'ended'
		const own = this.sorted().filter(({ tenant, owner }) => tenant === key.tenant && owner === key.owner)
		const isActive = (one: Key) => one.revokedAtMs === null && !isExpired(one, key.createdAtMs)
		if (own.filter(isActive).length >= active) return 'full'
		const over = own
			.filter((one) => !isActive(one))
			.toReversed()
			.slice(ended)
		for (const { id } of over) this.keys.delete(id)
		await this.insert(key)
		return 'stored'
	}

	async revoke(id: KeyId, nowMs: number): Promise<Revocation | undefined> {
		const key = this.keys.get(id)
		if (key === undefined) return undefined
		const revoked = { ...key, revokedAtMs: key.revokedAtMs ?? nowMs }
		this.keys.set(id, revoked)
		const descendants: Key[] = []
		const line = new Set<KeyId | null>([id])
		for (const one of this.sorted()) {
			if (!line.has(one.parent)) continue
			line.add(one.id)
			if (one.revokedAtMs !== null) continue
			const ended = { ...one, revokedAtMs: nowMs }
			this.keys.set(one.id, ended)
			descendants.push(ended)
		}
		return { key: revoked, descendants }
	}

	async listOwn({ tenant, owner }: Scope): Promise<readonly Key[]> {
		return (await this.list()).filter((key) => key.tenant === tenant && key.owner === owner)
	}

	async close(): Promise<void> {}
}
