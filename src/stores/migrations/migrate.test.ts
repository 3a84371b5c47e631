// The transactions of migrations.

import { expect, test } from 'bun:test'
import { rejection } from '../../system/rejection.testing.ts'
import { openMemory } from '../sqlite/memory.testing.ts'
import { migrate } from './migrate.ts'

test('a transaction that ends in a deadlock is repeated, a few times', async () => {
	const { sql } = await openMemory()
	let attempts = 0
	const migrateWith = (failures: number, message: string) => {
		attempts = 0
		return migrate(sql, {
			lock: async () => {
				if (++attempts <= failures) throw new Error(message)
			},
			createTextIndex: async () => undefined,
			isDeadlock: (thrown) => thrown instanceof Error && thrown.message === 'deadlock detected',
		})
	}
	expect(await migrateWith(2, 'deadlock detected')).toEqual([])
	expect(attempts).toBeGreaterThan(2)
	expect((await rejection(migrateWith(100, 'deadlock detected'))).message).toContain('deadlock detected')
	expect(attempts).toBe(5)
	expect((await rejection(migrateWith(1, 'disk full'))).message).toContain('disk full')
	expect(attempts).toBe(1)
})
