// The bound of the queue of reads. Turns of callers are tested by read-turns.contract.ts.

import { afterEach, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatError } from '../../chat/error.ts'
import type { SharePath } from '../../system/fair-queue.ts'
import { ReaderPool } from './reader-pool.ts'
import { openSqlite } from './sqlite.ts'
import { SqliteThread } from './sqlite-thread.ts'

const busy: SharePath = ['a', 'busy']
const others: readonly SharePath[] = [
	['a', 'other'],
	['b', 'other'],
]

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
	for (const close of closing.splice(0)) await close()
})

async function openPool(maxWaiting: number): Promise<ReaderPool> {
	const file = join(await mkdtemp(join(tmpdir(), 'dragoman-readers-')), 'test.sqlite')
	const database = await openSqlite(file)
	const open = () => SqliteThread.open(file)
	const pool = new ReaderPool(
		{ open, maxThreads: 4, maxSlow: 2, growAfterMs: 20, timeoutMs: 60_000, maxWaiting },
		undefined,
	)
	closing.push(
		() => pool.close(),
		() => database.close(),
	)
	return pool
}

test('a full queue refuses the newest read of the caller with the most', async () => {
	const pool = await openPool(4)
	const outcome = (caller: SharePath) =>
		pool.of(caller).sql`SELECT 1`.then(
			() => 'read',
			(thrown: unknown) => (thrown instanceof ChatError ? `${thrown.kind} ${thrown.code}` : thrown),
		)
	const refused = 'overloaded store_overloaded'
	// No thread is open yet, so all wait.
	const many = Array.from({ length: 5 }, () => outcome(busy))
	const [other, another] = others.map(outcome)
	expect(await Promise.all(many)).toEqual(['read', 'read', refused, refused, refused])
	expect(await Promise.all([other, another])).toEqual(['read', 'read'])
})
