import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openChangeCounter } from '../files/change-counter.ts'
import { createKey } from '../keys/key.ts'
import { withMemory } from '../keys/remembered-key-store.ts'
import { MemoryKeyStore } from './memory/memory-key-store.ts'

test('a key is read once, and what another process changes is seen at the next call', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-test-'))
	const file = join(folder, 'changes')
	const store = new MemoryKeyStore()
	let reads = 0
	const counting = {
		insert: store.insert.bind(store),
		revoke: store.revoke.bind(store),
		list: store.list.bind(store),
		close: store.close.bind(store),
		findByHash: (hash: string) => {
			reads++
			return store.findByHash(hash)
		},
	}
	let now = 0
	const ours = withMemory(counting, { changes: openChangeCounter(file), nowMs: () => now })
	// Another mapping of the same file stands for another process.
	const theirs = withMemory(store, { changes: openChangeCounter(file), nowMs: () => now })
	const { key } = createKey({ name: 'a', role: 'user' }, 1)
	await theirs.insert(key)
	for (let call = 0; call < 5; call++) expect((await ours.findByHash(key.hash))?.name).toBe('a')
	expect(reads).toBe(1)
	await theirs.revoke('a', 5)
	expect((await ours.findByHash(key.hash))?.revokedAtMs).toBe(5)
	expect(reads).toBe(2)
	now = 10_001
	await ours.findByHash(key.hash)
	expect(reads).toBe(3)
	expect(await ours.findByHash('unknown')).toBeUndefined()
	await rm(folder, { recursive: true })
})
