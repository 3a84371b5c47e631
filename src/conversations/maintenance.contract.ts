// Contract tests for the maintenance of every store.

import { describe, expect, test } from 'bun:test'

import { alice, conversation, fixtureOf, type OpenStore, turn } from './conversation-store.testing.ts'

export function maintenanceContract(open: OpenStore): void {
	describe('maintenance', () => {
		const fixture = fixtureOf(open)

		test('of a dead process become interrupted and retain their inputs', async () => {
			const [made, other] = [conversation(), conversation()]
			const lost = turn({ conversation: made.id, create: made })
			const alive = turn({ conversation: other.id, create: other, process: 'p2' })
			await fixture.own.turns.begin(lost)
			await fixture.own.turns.begin(alive)
			expect(await fixture.store.maintenance.running('p1')).toEqual([{ id: lost.id, scope: alice }])
			expect(await fixture.store.maintenance.interrupt('p1', 5000)).toBe(1)
			expect(await fixture.store.maintenance.running('p1')).toEqual([])
			expect(await fixture.own.turns.find(lost.id)).toMatchObject({ state: 'interrupted', endedAtMs: 5000 })
			expect((await fixture.own.turns.find(alive.id))?.state).toBe('running')
			expect(await fixture.textsOf(made.id)).toEqual(['hi'])
			expect(await fixture.store.maintenance.interrupt('p1', 6000)).toBe(0)
		})

		test('conversations without recent changes expire', async () => {
			const [old, fresh] = [conversation({ updatedAtMs: 1000 }), conversation({ updatedAtMs: 5000 })]
			for (const made of [old, fresh]) await fixture.own.index.create(made)
			expect(await fixture.store.maintenance.expire(5000)).toBe(1)
			expect((await fixture.own.index.list({ limit: 9, order: 'asc' }))?.items.map(({ id }) => id)).toEqual([fresh.id])
		})
	})
}
