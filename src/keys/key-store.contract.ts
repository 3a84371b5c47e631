// The contract of every key store.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createKey } from './key.ts'
import { keyId } from './key-id.ts'
import type { KeyStore } from './key-store.ts'
import { ownerId, tenantId } from './scope.ts'

export function keyStoreContract(name: string, open: () => Promise<KeyStore>): void {
	describe(`key store: ${name}`, () => {
		let store: KeyStore
		beforeEach(async () => {
			store = await open()
		})
		afterEach(() => store.close())

		test('finds a key by its hash only', async () => {
			const { key } = createKey({ name: 'laptop', role: 'user' }, 1000)
			await store.insert(key)
			expect(await store.findByHash(key.hash)).toEqual(key)
			expect(await store.findByHash('0'.repeat(64))).toBeUndefined()
		})

		test('stores the tenant, the owner and the settings of a key', async () => {
			const description = {
				name: 'shared',
				role: 'user',
				tenant: 'clinic',
				owner: 'ward 3',
				settings: { history: 'user-id', resumable: true },
			} as const
			const { key } = createKey(description, 1000)
			await store.insert(key)
			expect(await store.findByHash(key.hash)).toMatchObject(description)
		})

		test('lists keys in order of creation', async () => {
			const made = [
				createKey({ name: 'b', role: 'user' }, 1000),
				createKey({ name: 'a', role: 'admin' }, 2000),
				createKey({ name: 'c', role: 'user' }, 3000),
			].map(({ key }) => key)
			for (const key of made) await store.insert(key)
			expect(await store.list()).toEqual(made)
		})

		test('rejects a second key with the same hash', async () => {
			const { key } = createKey({ name: 'one', role: 'user' }, 1000)
			await store.insert(key)
			await expect(store.insert({ ...key, id: keyId('key_other') })).rejects.toThrow()
		})

		for (const handle of ['id', 'name', 'prefix'] as const) {
			test(`revokes by ${handle}, permanently`, async () => {
				const { key } = createKey({ name: 'phone', role: 'user' }, 1000)
				await store.insert(key)
				expect(await store.revoke(key[handle], 5000)).toEqual([{ ...key, revokedAtMs: 5000 }])
				expect((await store.findByHash(key.hash))?.revokedAtMs).toBe(5000)
				expect(await store.revoke(key[handle], 9000)).toEqual([{ ...key, revokedAtMs: 5000 }])
			})
		}

		test('revokes nothing if several keys have the name', async () => {
			for (const at of [1000, 2000]) await store.insert(createKey({ name: 'twins', role: 'user' }, at).key)
			expect(await store.revoke('twins', 5000)).toHaveLength(2)
			expect((await store.list()).map(({ revokedAtMs }) => revokedAtMs)).toEqual([null, null])
		})

		test('the name of a revoked key can be reused', async () => {
			const [old, current] = [
				createKey({ name: 'ci', role: 'user' }, 1000).key,
				createKey({ name: 'ci', role: 'user' }, 2000).key,
			]
			await store.insert(old)
			await store.revoke('ci', 1500)
			await store.insert(current)
			expect(await store.revoke('ci', 5000)).toEqual([{ ...current, revokedAtMs: 5000 }])
		})

		test('an id matches its own key even if another key has it as its name', async () => {
			const { key } = createKey({ name: 'mine', role: 'user' }, 1000)
			const { key: imitator } = createKey({ name: key.id, role: 'user' }, 2000)
			for (const one of [key, imitator]) await store.insert(one)
			expect(await store.revoke(key.id, 5000)).toEqual([{ ...key, revokedAtMs: 5000 }])
			expect((await store.findByHash(imitator.hash))?.revokedAtMs).toBeNull()
		})

		test('stores the expiry time', async () => {
			const { key } = createKey({ name: 'guest', role: 'user', expiresAtMs: 1_900_000_000_000 }, 1000)
			await store.insert(key)
			expect((await store.findByHash(key.hash))?.expiresAtMs).toBe(1_900_000_000_000)
		})

		test('lists and revokes the keys of one scope only', async () => {
			const make = (name: string, owner: string, tenant: string, at: number) =>
				createKey({ name, role: 'user', owner, tenant }, at).key
			const mine = [make('a', 'alice', 'default', 1000), make('b', 'alice', 'default', 2000)]
			const others = [make('c', 'bob', 'default', 3000), make('d', 'alice', 'elsewhere', 4000)]
			for (const key of [...mine, ...others]) await store.insert(key)
			const scope = { tenant: tenantId('default'), owner: ownerId('alice') }
			expect(await store.listOwn(scope)).toEqual(mine)
			for (const { id } of others) expect(await store.revokeOwn(scope, id, 5000)).toBe(false)
			// A name is not an id.
			expect(await store.revokeOwn(scope, keyId('a'), 5000)).toBe(false)
			const [first] = mine.map(({ id }) => id)
			if (first === undefined) throw new Error('there are keys')
			expect(await store.revokeOwn(scope, first, 5000)).toBe(true)
			expect(await store.revokeOwn(scope, first, 6000)).toBe(false)
			expect((await store.list()).map(({ revokedAtMs }) => revokedAtMs)).toEqual([5000, null, null, null])
		})

		test('revokes nothing if nothing matches', async () => {
			expect(await store.revoke('nobody', 5000)).toEqual([])
		})

		test('stores names that contain SQL', async () => {
			const { key } = createKey({ name: `x'); DROP TABLE keys; --`, role: 'user' }, 1000)
			await store.insert(key)
			expect(await store.list()).toEqual([key])
		})
	})
}
