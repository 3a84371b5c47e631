import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { createKey, hashSecret } from '../keys/key.ts'
import { type CreatedOwnKey, KeyService } from '../keys/service.ts'
import { MemoryKeyStore } from '../stores/memory-key-store.testing.ts'

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
	expect(Object.keys(key).toSorted()).toEqual(['createdAtMs', 'expiresAtMs', 'id', 'name', 'prefix', 'state'])
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
	expect((await own.revoke(gone.id))?.state).toBe('revoked')
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
