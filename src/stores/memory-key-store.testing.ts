// API keys in memory, for tests.

import type { Key } from '../keys/key.ts'
import type { KeyId } from '../keys/key-id.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { revocable } from '../keys/revocation.ts'
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
		return [...this.keys.values()].sort((a, b) => a.createdAtMs - b.createdAtMs)
	}

	async revoke(which: string, nowMs: number): Promise<readonly Key[]> {
		const matching = revocable(await this.list(), which)
		const [only] = matching
		if (only === undefined || matching.length > 1 || only.revokedAtMs !== null) return matching
		const revoked = { ...only, revokedAtMs: nowMs }
		this.keys.set(only.id, revoked)
		return [revoked]
	}

	async listOwn({ tenant, owner }: Scope): Promise<readonly Key[]> {
		return (await this.list()).filter((key) => key.tenant === tenant && key.owner === owner)
	}

	async revokeOwn(scope: Scope, id: KeyId, nowMs: number): Promise<boolean> {
		const key = (await this.listOwn(scope)).find((own) => own.id === id)
		if (key === undefined || key.revokedAtMs !== null) return false
		this.keys.set(id, { ...key, revokedAtMs: nowMs })
		return true
	}

	async close(): Promise<void> {}
}
