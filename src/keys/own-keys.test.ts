import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { MemoryKeyStore } from '../stores/memory-key-store.testing.ts'
import { createKey, hashSecret } from './key.ts'
import { defaultKeyRules } from './key-rules.ts'
import { type CreatedOwnKey, KeyService } from './service.ts'

const nowMs = 1_700_000_000_000

/** Keys whose creation is expected to succeed. */
class Keys extends KeyService {
	override async create(wanted: {
		readonly name: string
		readonly expiresAtMs?: number | undefined
	}): Promise<CreatedOwnKey> {
		const created = await super.create(wanted)
		if (created === 'expired') throw new Error('expired')
		return created
	}
}

async function open(description: Partial<Parameters<typeof createKey>[0]> = {}) {
	const store = new MemoryKeyStore()
	const { key } = createKey({ name: 'maker', role: 'admin', tenant: 'clinic', owner: 'alice', ...description }, nowMs)
	await store.insert(key)
	return { store, key, own: new Keys(store, key, nowMs) }
}

test('a key that a caller creates has role user, the same owner and the same settings', async () => {
	const { store, own } = await open({ settings: { dialect: 'some', history: 'none' } })
	const { key, secret } = await own.create({ name: 'child' })
	expect(await store.findByHash(hashSecret(secret))).toMatchObject({
		...{ id: key.id, name: 'child', role: 'user', tenant: 'clinic', owner: 'alice' },
		settings: { dialect: 'some', history: 'none' },
		expiresAtMs: null,
	})
	expect(Object.keys(key).toSorted()).toEqual(['createdAtMs', 'expiresAtMs', 'id', 'name', 'parent', 'prefix', 'state'])
})

test('it expires no later than the key that created it', async () => {
	const { own } = await open({ expiresAtMs: nowMs + 1000 })
	const made = await Promise.all(
		[undefined, nowMs + 500, nowMs + 5000].map((at) => own.create({ name: 'child', expiresAtMs: at })),
	)
	expect(made.map(({ key }) => (key.expiresAtMs ?? 0) - nowMs)).toEqual([1000, 500, 1000])
})

test('keys of other scopes are not found', async () => {
	const { store, own } = await open()
	const { key: foreign } = createKey({ name: 'x', role: 'user', tenant: 'elsewhere', owner: 'alice' }, nowMs)
	await store.insert(foreign)
	expect((await own.all()).map(({ name }) => name)).toEqual(['maker'])
	expect(await own.revoke(foreign.id)).toBeUndefined()
	expect((await store.findByHash(foreign.hash))?.revokedAtMs).toBeNull()
})

test('lists report the current state', async () => {
	const { store, key, own } = await open()
	const { key: brief } = await own.create({ name: 'brief', expiresAtMs: nowMs + 1 })
	const { key: gone } = await own.create({ name: 'gone' })
	expect((await own.revoke(gone.id))?.key.state).toBe('revoked')
	expect(await own.revoke(gone.id)).toBeUndefined()
	const later = await new KeyService(store, key, nowMs + 1).all()
	expect(later.map(({ id, state }) => [id, state])).toEqual([
		[key.id, 'active'],
		[brief.id, 'expired'],
		[gone.id, 'revoked'],
	])
})

test('the number of active keys per owner is limited', async () => {
	const { own } = await open()
	const made = []
	for (let count = 1; count < 100; count++) made.push(await own.create({ name: String(count) }))
	const refused = await own.create({ name: 'one too many' }).catch((thrown: unknown) => thrown)
	expect(refused instanceof ChatError ? refused.kind : refused).toBe('forbidden')
	await own.revoke(made[0]?.key.id ?? '')
	expect((await own.create({ name: 'one again' })).key.state).toBe('active')
})

test('a key that would have expired before its creation is not created', async () => {
	const { store, key, own } = await open()
	expect(await new KeyService(store, key, nowMs).create({ name: 'late', expiresAtMs: nowMs })).toBe('expired')
	expect(await own.all()).toHaveLength(1)
})

test('a page has the keys in the requested order, without revoked ones unless they are requested', async () => {
	const { own } = await open()
	for (const name of ['b', 'a', 'c']) await own.create({ name })
	const [, second] = await own.all()
	await own.revoke(second?.id ?? '')
	const query = { sortBy: 'name', order: 'desc', offset: 0, limit: 2 } as const
	const names = async (more: object) => {
		const { keys, total } = await own.list({ ...query, ...more })
		return [total, keys.map(({ name }) => name)]
	}
	expect(await names({})).toEqual([3, ['maker', 'c']])
	expect(await names({ offset: 2 })).toEqual([3, ['a']])
	expect(await names({ state: 'revoked' })).toEqual([1, ['b']])
	expect(await own.find(second?.id ?? '')).toBeUndefined()
})

test('a user key cannot revoke an admin key of its owner; an admin key can revoke both', async () => {
	const { store, key, own } = await open()
	const { key: child } = await own.create({ name: 'child' })
	const stored = (await store.list()).find(({ id }) => id === child.id)
	if (stored === undefined) throw new Error('the child is stored')
	const ofChild = new KeyService(store, stored, nowMs)
	const refused = await ofChild.revoke(key.id).catch((thrown: unknown) => thrown)
	expect(refused instanceof ChatError ? refused.kind : refused).toBe('forbidden')
	expect((await store.findByHash(key.hash))?.revokedAtMs).toBeNull()
	expect((await own.revoke(child.id))?.key).toMatchObject({ id: child.id, state: 'revoked', parent: key.id })
})

test('keys end with the key that created them', async () => {
	const { store, key, own } = await open()
	const { key: child, secret } = await own.create({ name: 'child' })
	const stored = await store.findByHash(hashSecret(secret))
	if (stored === undefined) throw new Error('the child is stored')
	await new KeyService(store, stored, nowMs).create({ name: 'grandchild' })
	expect((await own.revoke(child.id))?.descendants).toBe(1)
	const late = await new KeyService(store, stored, nowMs).create({ name: 'late' }).catch((thrown: unknown) => thrown)
	expect(late instanceof ChatError ? late.kind : late).toBe('invalid-key')
	expect((await own.all()).map(({ state }) => state)).toEqual(['active', 'revoked', 'revoked'])
	expect((await own.revoke(key.id))?.descendants).toBe(0)
})

test.each([
	['everyone', 'user', true],
	['everyone', 'admin', true],
	['admins', 'user', false],
	['admins', 'admin', true],
	['none', 'user', false],
	['none', 'admin', false],
] as const)('with `keys.create: %s`, a key of role %s may create keys: %p', async (create, role, allowed) => {
	const { store, key } = await open({ role })
	const own = new KeyService(store, key, nowMs, { ...defaultKeyRules, create })
	expect(own.mayCreate).toBe(allowed)
	const result = await own.create({ name: 'child' }).catch((thrown: unknown) => thrown)
	expect(result instanceof ChatError ? result.kind : 'created').toBe(allowed ? 'created' : 'forbidden')
	expect(await store.list()).toHaveLength(allowed ? 2 : 1)
})
