// What every key store must do.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createKey } from './key.ts'
import type { KeyStore } from './key-store.ts'

export function keyStoreContract(name: string, open: () => Promise<KeyStore>): void {
	describe(`key store: ${name}`, () => {
		let store: KeyStore
		beforeEach(async () => {
			store = await open()
		})
		afterEach(() => store.close())

		test('finds a key by its hash, and nothing by another', async () => {
			const { key } = createKey('laptop', 'user', 1000)
			await store.insert(key)
			expect(await store.findByHash(key.hash)).toEqual(key)
			expect(await store.findByHash('0'.repeat(64))).toBeUndefined()
		})

		test('lists keys in order of creation', async () => {
			const made = [createKey('b', 'user', 1000), createKey('a', 'admin', 2000), createKey('c', 'user', 3000)].map(
				({ key }) => key,
			)
			for (const key of made) await store.insert(key)
			expect(await store.list()).toEqual(made)
		})

		test('refuses a second key with the same hash', async () => {
			const { key } = createKey('one', 'user', 1000)
			await store.insert(key)
			await expect(store.insert({ ...key, id: 'key_other' })).rejects.toThrow()
		})

		for (const handle of ['id', 'name', 'prefix'] as const) {
			test(`revokes by ${handle}, once and for good`, async () => {
				const { key } = createKey('phone', 'user', 1000)
				await store.insert(key)
				expect(await store.revoke(key[handle], 5000)).toEqual([{ ...key, revokedAtMs: 5000 }])
				expect((await store.findByHash(key.hash))?.revokedAtMs).toBe(5000)
				expect(await store.revoke(key[handle], 9000)).toEqual([{ ...key, revokedAtMs: 5000 }])
			})
		}

		test('revokes nothing where a name stands for several keys', async () => {
			for (const at of [1000, 2000]) await store.insert(createKey('twins', 'user', at).key)
			expect(await store.revoke('twins', 5000)).toHaveLength(2)
			expect((await store.list()).map(({ revokedAtMs }) => revokedAtMs)).toEqual([null, null])
		})

		test('a name is free again once its key was revoked', async () => {
			const [old, current] = [createKey('ci', 'user', 1000).key, createKey('ci', 'user', 2000).key]
			await store.insert(old)
			await store.revoke('ci', 1500)
			await store.insert(current)
			expect(await store.revoke('ci', 5000)).toEqual([{ ...current, revokedAtMs: 5000 }])
		})

		test('revokes nothing where nothing matches', async () => {
			expect(await store.revoke('nobody', 5000)).toEqual([])
		})

		test('keeps names that would end a statement', async () => {
			const { key } = createKey(`x'); DROP TABLE keys; --`, 'user', 1000)
			await store.insert(key)
			expect(await store.list()).toEqual([key])
		})
	})
}
