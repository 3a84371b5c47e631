// The contract of every key store.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rejection } from '../system/rejection.testing.ts'
import { configuredKey } from './configured-key.ts'
import { createKey, type Key, type KeyDescription } from './key.ts'
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
			expect(await rejection(store.insert({ ...key, id: keyId('key_other') }))).toBeInstanceOf(Error)
		})

		test('revokes a key permanently, by its id only', async () => {
			const { key } = createKey({ name: 'phone', role: 'user' }, 1000)
			await store.insert(key)
			const revoked = { key: { ...key, revokedAtMs: 5000 }, descendants: [] }
			for (const other of ['phone', key.prefix, key.hash, 'key_unknown'])
				expect(await store.revoke(keyId(other), 4000)).toBeUndefined()
			expect(await store.revoke(key.id, 5000)).toEqual(revoked)
			expect((await store.findByHash(key.hash))?.revokedAtMs).toBe(5000)
			expect(await store.revoke(key.id, 9000)).toEqual(revoked)
		})

		describe('a key that a key created', () => {
			const bounds = { active: 10, ended: 10 }
			const owner = { tenant: 'clinic', owner: 'alice' }
			const child = (creator: Key, name: string, more: Partial<KeyDescription> = {}) =>
				createKey({ name, role: 'user', ...owner, ...more, creator }, creator.createdAtMs + 1).key
			const root = () => createKey({ name: 'root', role: 'user', ...owner }, 1000).key

			test('is stored with its parent, and expires no later', async () => {
				const parent = createKey({ name: 'root', role: 'user', ...owner, expiresAtMs: 9000 }, 1000).key
				await store.insert(parent)
				for (const [expiresAtMs, until] of [
					[undefined, 9000],
					[8000, 8000],
					[9999, 9000],
				] as const) {
					const made = child(parent, 'made', { expiresAtMs })
					expect(await store.insertChild(made, bounds)).toBe('stored')
					expect(await store.findByHash(made.hash)).toEqual(made)
					expect([made.parent, made.expiresAtMs]).toEqual([parent.id, until])
				}
			})

			test('ends with it, as do the keys that it created', async () => {
				const [first, stranger] = [root(), root()]
				for (const key of [first, stranger]) await store.insert(key)
				const line = [child(first, 'child')]
				for (let depth = 0; depth < 5; depth++) line.push(child(line.at(-1) ?? first, `depth ${depth}`))
				const sibling = child(first, 'sibling')
				const foreign = child(stranger, 'foreign')
				for (const key of [...line, sibling, foreign]) expect(await store.insertChild(key, bounds)).toBe('stored')
				await store.revoke(sibling.id, 4000)
				const { key, descendants = [] } = (await store.revoke(first.id, 5000)) ?? {}
				expect(key).toEqual({ ...first, revokedAtMs: 5000 })
				expect(descendants.map(({ id }) => id).toSorted()).toEqual(line.map(({ id }) => id).toSorted())
				expect(new Set(descendants.map(({ revokedAtMs }) => revokedAtMs))).toEqual(new Set([5000]))
				for (const { hash } of line) expect((await store.findByHash(hash))?.revokedAtMs).toBe(5000)
				expect((await store.findByHash(sibling.hash))?.revokedAtMs).toBe(4000)
				for (const { hash } of [stranger, foreign]) expect((await store.findByHash(hash))?.revokedAtMs).toBeNull()
			})

			test('is not stored if its parent has been revoked or does not exist', async () => {
				const parent = root()
				const made = child(parent, 'made')
				expect(await store.insertChild(made, bounds)).toBe('ended')
				await store.insert(parent)
				await store.revoke(parent.id, 5000)
				expect(await store.insertChild(made, bounds)).toBe('ended')
				expect(await store.findByHash(made.hash)).toBeUndefined()
			})

			test('never outlives a parent that is revoked while it is created', async () => {
				for (let round = 0; round < 20; round++) {
					const parent = root()
					await store.insert(parent)
					const made = child(parent, 'made')
					await Promise.all([store.insertChild(made, bounds), store.revoke(parent.id, 5000)])
					// Not stored, or revoked with its parent.
					expect((await store.findByHash(made.hash))?.revokedAtMs).not.toBeNull()
				}
			})

			test('needs no stored parent if the configured key created it', async () => {
				const operator = configuredKey('a secret of the operator', 1000)
				const made = child(operator, 'made')
				expect(await store.insertChild(made, bounds)).toBe('stored')
				const grandchild = child(made, 'grandchild')
				expect(await store.insertChild(grandchild, bounds)).toBe('stored')
				expect((await store.findByHash(grandchild.hash))?.configuredAncestor).toBe(operator.id)
			})

			test('is not stored if its owner has too many active keys', async () => {
				const parent = root()
				await store.insert(parent)
				const brief = child(parent, 'brief', { expiresAtMs: 1001 })
				const [second, third] = [child(parent, 'second'), child(parent, 'third')]
				const two = { active: 2, ended: 10 }
				expect(await store.insertChild(brief, two)).toBe('stored')
				expect(await store.insertChild(second, two)).toBe('stored')
				expect(await store.insertChild(third, two)).toBe('full')
				await store.revoke(second.id, 5000)
				expect(await store.insertChild(third, two)).toBe('stored')
			})

			test('replaces the oldest of the ended keys of its owner beyond the bound', async () => {
				const parent = root()
				const other = createKey({ name: 'other', role: 'user', tenant: 'clinic', owner: 'bob' }, 1000).key
				for (const key of [parent, other]) await store.insert(key)
				await store.revoke(other.id, 2000)
				const make = (at: number) => createKey({ name: `at ${at}`, role: 'user', ...owner, creator: parent }, at).key
				for (let at = 2000; at < 2010; at++) {
					const made = make(at)
					expect(await store.insertChild(made, { active: 3, ended: 2 })).toBe('stored')
					await store.revoke(made.id, at)
				}
				expect(await store.insertChild(make(3000), { active: 3, ended: 2 })).toBe('stored')
				expect((await store.listOwn(parent)).map(({ name }) => name)).toEqual(['root', 'at 2008', 'at 2009', 'at 3000'])
				expect((await store.findByHash(other.hash))?.revokedAtMs).toBe(2000)
			})
		})

		test('stores the expiry time', async () => {
			const { key } = createKey({ name: 'guest', role: 'user', expiresAtMs: 1_900_000_000_000 }, 1000)
			await store.insert(key)
			expect((await store.findByHash(key.hash))?.expiresAtMs).toBe(1_900_000_000_000)
		})

		test('lists the keys of one scope only', async () => {
			const make = (name: string, owner: string, tenant: string, at: number) =>
				createKey({ name, role: 'user', owner, tenant }, at).key
			const mine = [make('a', 'alice', 'default', 1000), make('b', 'alice', 'default', 2000)]
			const others = [make('c', 'bob', 'default', 3000), make('d', 'alice', 'elsewhere', 4000)]
			for (const key of [...mine, ...others]) await store.insert(key)
			const scope = { tenant: tenantId('default'), owner: ownerId('alice') }
			expect(await store.listOwn(scope)).toEqual(mine)
		})

		test('stores names that contain SQL', async () => {
			const { key } = createKey({ name: `x'); DROP TABLE keys; --`, role: 'user' }, 1000)
			await store.insert(key)
			expect(await store.list()).toEqual([key])
		})
	})
}
