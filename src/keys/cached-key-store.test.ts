import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import { MemoryKeyStore } from '../stores/memory-key-store.testing.ts'
import { openChangeCounter } from '../system/change-counter.ts'
import { rejection } from '../system/rejection.testing.ts'
import { withCache } from './cached-key-store.ts'
import { createKey } from './key.ts'

const forever = () => new Promise<never>(() => undefined)

test('a key is read once, and changes by another process are visible to the next call', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-test-'))
	const file = join(folder, 'changes')
	const store = new MemoryKeyStore()
	let reads = 0
	const counting = {
		insert: store.insert.bind(store),
		revoke: store.revoke.bind(store),
		list: store.list.bind(store),
		listOwn: store.listOwn.bind(store),
		insertChild: store.insertChild.bind(store),
		close: store.close.bind(store),
		findByHash: (hash: string) => {
			reads++
			return store.findByHash(hash)
		},
	}
	let now = 0
	const ours = withCache(counting, {
		changes: openChangeCounter(file),
		ttlMs: 10_000,
		nowMs: () => now,
		timeout: forever,
	})
	// Another mapping of the same file simulates another process.
	const theirs = withCache(store, {
		changes: openChangeCounter(file),
		ttlMs: 10_000,
		nowMs: () => now,
		timeout: forever,
	})
	const { key } = createKey({ name: 'a', role: 'user' }, 1)
	await theirs.insert(key)
	for (let call = 0; call < 5; call++) expect((await ours.findByHash(key.hash))?.name).toBe('a')
	expect(reads).toBe(1)
	await theirs.revoke(key.id, 5)
	expect((await ours.findByHash(key.hash))?.revokedAtMs).toBe(5)
	expect(reads).toBe(2)
	now = 10_001
	await ours.findByHash(key.hash)
	expect(reads).toBe(3)
	expect(await ours.findByHash('unknown')).toBeUndefined()
	await rm(folder, { recursive: true })
})

test('while the store is unavailable, a cached key stays valid, and an unknown key is an error instead of invalid', async () => {
	const store = new MemoryKeyStore()
	let away = false
	let reads = 0
	const distant = {
		insert: store.insert.bind(store),
		revoke: store.revoke.bind(store),
		list: store.list.bind(store),
		listOwn: store.listOwn.bind(store),
		insertChild: store.insertChild.bind(store),
		close: store.close.bind(store),
		findByHash: async (hash: string) => {
			reads++
			if (away) throw new ChatError('unavailable', 'away')
			return store.findByHash(hash)
		},
	}
	let now = 0
	let changed = 0
	const changes = { read: () => changed, bump: () => undefined }
	const keys = withCache(distant, { changes, ttlMs: 2000, nowMs: () => now, timeout: forever })
	const { key } = createKey({ name: 'a', role: 'user' }, 1)
	await keys.insert(key)
	await keys.findByHash(key.hash)
	away = true
	now = 5000
	for (let call = 0; call < 5; call++) expect((await keys.findByHash(key.hash))?.name).toBe('a')
	expect(reads).toBe(2)
	expect((await rejection(Promise.resolve(keys.findByHash('unknown')))).message).toContain('away')
	now += 3_600_001
	expect((await rejection(Promise.resolve(keys.findByHash(key.hash)))).message).toContain('away')
	away = false
	expect((await keys.findByHash(key.hash))?.name).toBe('a')

	away = true
	now += 3000
	await keys.findByHash(key.hash)
	away = false
	await store.revoke(key.id, 9)
	changed++
	expect((await keys.findByHash(key.hash))?.revokedAtMs).toBe(9)
})

test('a request with a cached key does not wait for a store that does not respond', async () => {
	const store = new MemoryKeyStore()
	const answer = Promise.withResolvers<void>()
	let silent = false
	const distant = {
		insert: store.insert.bind(store),
		revoke: store.revoke.bind(store),
		list: store.list.bind(store),
		listOwn: store.listOwn.bind(store),
		insertChild: store.insertChild.bind(store),
		close: store.close.bind(store),
		findByHash: async (hash: string) => {
			if (silent) await answer.promise
			return store.findByHash(hash)
		},
	}
	let now = 0
	let changed = 0
	const keys = withCache(distant, {
		changes: { read: () => changed, bump: () => undefined },
		ttlMs: 2000,
		nowMs: () => now,
		timeout: () => Promise.resolve(),
	})
	const { key } = createKey({ name: 'a', role: 'user' }, 1)
	await keys.insert(key)
	await keys.findByHash(key.hash)
	silent = true
	now = 2001
	expect((await keys.findByHash(key.hash))?.name).toBe('a')
	// After a change on this host, a request waits for the store.
	await store.revoke(key.id, 7)
	changed++
	now = 5000
	const waiting = keys.findByHash(key.hash)
	answer.resolve()
	expect((await waiting)?.revokedAtMs).toBe(7)
	expect((await keys.findByHash(key.hash))?.revokedAtMs).toBe(7)
})

test('a change of one key does not make the keys of others be read again', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-test-'))
	const file = join(folder, 'changes')
	const store = new MemoryKeyStore()
	const read: string[] = []
	class Counting extends MemoryKeyStore {
		override findByHash(hash: string) {
			read.push(hash)
			return store.findByHash(hash)
		}
	}
	const open = (inner: MemoryKeyStore) =>
		withCache(inner, { changes: openChangeCounter(file), ttlMs: 10_000, nowMs: () => 0, timeout: forever })
	const [ours, theirs] = [open(new Counting()), open(store)]
	const { key: stranger } = createKey({ name: 'stranger', role: 'user' }, 1)
	const { key: parent } = createKey({ name: 'parent', role: 'user' }, 1)
	for (const key of [stranger, parent]) await store.insert(key)
	await ours.findByHash(stranger.hash)
	read.length = 0
	for (let count = 0; count < 50; count++) {
		const { key } = createKey(
			{ name: String(count), role: 'user', tenant: 'default', owner: parent.owner, creator: parent },
			2,
		)
		await theirs.insertChild(key, { active: 100, ended: 100 })
		await ours.findByHash(key.hash)
		await theirs.revoke(key.id, 3)
		expect((await ours.findByHash(key.hash))?.revokedAtMs).toBe(3)
		await ours.findByHash(stranger.hash)
	}
	// Two of 4096 counters may coincide.
	expect(read.filter((hash) => hash === stranger.hash).length).toBeLessThan(5)
	// The descendants of a key are read again when it is revoked.
	const { key: child } = createKey({ name: 'child', role: 'user', owner: parent.owner, creator: parent }, 2)
	await theirs.insertChild(child, { active: 100, ended: 100 })
	expect((await ours.findByHash(child.hash))?.revokedAtMs).toBeNull()
	await theirs.revoke(parent.id, 4)
	expect((await ours.findByHash(child.hash))?.revokedAtMs).toBe(4)
	await rm(folder, { recursive: true })
})
