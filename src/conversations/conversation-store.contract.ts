// Contract tests for every conversation store: those of its parts, and what concerns several of them.

import { describe, expect, test } from 'bun:test'
import { ownerId, type Scope, tenantId } from '../keys/scope.ts'
import { conversationIndexContract } from './conversation-index.contract.ts'
import { conversationSearchContract } from './conversation-search.contract.ts'
import {
	alice,
	conversation,
	ended,
	everything,
	fixtureOf,
	type OpenStore,
	turn,
	user,
} from './conversation-store.testing.ts'
import { historyContract } from './history.contract.ts'
import { maintenanceContract } from './maintenance.contract.ts'
import { answerId, inputId } from './message-id.ts'
import { sharesContract } from './shares.contract.ts'
import { turnDeletionContract } from './turn-deletion.contract.ts'
import { newTurnId, type TurnId } from './turn-id.ts'
import { turnsContract } from './turns.contract.ts'

export function conversationStoreContract(name: string, open: OpenStore): void {
	describe(`conversation store: ${name}`, () => {
		conversationIndexContract(open)
		conversationSearchContract(open)
		turnsContract(open)
		turnDeletionContract(open)
		historyContract(open)
		maintenanceContract(open)
		sharesContract(open)
		describe('scopes', () => scopesContract(open))
		describe('removal', () => removalContract(open))
	})
}

function scopesContract(open: OpenStore): void {
	const fixture = fixtureOf(open)
	for (const stranger of [
		{ ...alice, owner: ownerId('mallory') },
		{ ...alice, tenant: tenantId('other') },
	])
		test(`nothing is visible to ${stranger.owner} of ${stranger.tenant}`, async () => {
			const made = conversation({ title: 'secret' })
			const id = await fixture.exchange({ conversation: made.id, create: made, stored: true })
			const page = { limit: 9, order: 'asc' } as const
			const { index, history, turns } = fixture.store.in(stranger)
			expect([
				await index.find(made.id),
				await index.update(made.id, { title: 'mine', updatedAtMs: 1 }),
				await history.read(made.id, everything),
				await history.read(made.id, { ...everything, tip: answerId(id, 0) }),
				await history.page(made.id, page),
				await history.message(made.id, inputId(id, 0)),
				await history.export(made.id),
				await turns.find(id),
				await turns.update(id, { a: 'b' }),
				await index.list({ ...page, after: made.id }),
				await turns.list({ ...page, surface: 'chat', after: id }),
			]).toEqual(Array.from({ length: 11 }, () => undefined))
			expect([
				await index.remove(made.id),
				await turns.remove(id),
				await history.replace(made.id, inputId(id, 0), user('mine')),
				await turns.begin(turn({ conversation: made.id, parent: answerId(id, 0) })),
				await index.removeAll(),
			]).toEqual([false, false, false, 'not-found', 0])
			await turns.drop(id)
			await turns.end(id, ended('mine'))
			expect((await index.list({ ...page, text: 'secret' }))?.items).toEqual([])
			expect(await fixture.textsOf(made.id)).toEqual(['hi', 'hello'])
		})
}

function removalContract(open: OpenStore): void {
	const fixture = fixtureOf(open)

	test('listeners are called before turns are removed, with their ids', async () => {
		const removals: { scope: Scope; turns: readonly TurnId[] | 'all'; exist: boolean }[] = []
		fixture.store.subscribe(async (scope, turns) => {
			const [first] = turns === 'all' ? [] : turns
			const exist = first !== undefined && (await fixture.own.turns.find(first)) !== undefined
			removals.push({ scope, turns: turns === 'all' ? turns : turns.toSorted(), exist })
		})
		const [one, listed, unlisted, other] = [
			conversation(),
			conversation({ user: 'u' }),
			conversation({ user: 'u', listed: false }),
			conversation({ user: 'v' }),
		]
		const ids: TurnId[] = []
		for (const made of [one, listed, unlisted, other])
			ids.push(await fixture.exchange({ conversation: made.id, create: made, stored: true }))
		const second = await fixture.exchange({ conversation: one.id, parent: answerId(ids[0] ?? newTurnId(), 0) })
		await fixture.own.turns.remove(second)
		await fixture.own.turns.remove(second)
		await fixture.own.index.remove(one.id)
		await fixture.own.index.removeAll('u')
		await fixture.own.index.removeAll()
		expect(removals.filter(({ turns }) => turns.length > 0)).toEqual([
			{ scope: alice, turns: [second], exist: true },
			{ scope: alice, turns: ids.slice(0, 1), exist: true },
			{ scope: alice, turns: ids.slice(1, 3).toSorted(), exist: true },
			{ scope: alice, turns: 'all', exist: false },
		])
	})

	test('listeners are not called for turns of other scopes', async () => {
		const removals: unknown[] = []
		fixture.store.subscribe(async (_, turns) => {
			removals.push(...turns)
		})
		const made = conversation()
		const id = await fixture.exchange({ conversation: made.id, create: made, stored: true })
		const stranger = fixture.store.in({ ...alice, owner: ownerId('mallory') })
		await stranger.turns.remove(id)
		await stranger.index.remove(made.id)
		await stranger.index.removeAll('')
		expect(removals).toEqual([])
	})

	test('nothing is removed if a listener fails', async () => {
		fixture.store.subscribe(async () => {
			throw new Error('the streams cannot be deleted')
		})
		const made = conversation()
		const id = await fixture.exchange({ conversation: made.id, create: made, stored: true })
		const { index, turns } = fixture.own
		for (const remove of [() => turns.remove(id), () => index.remove(made.id), () => index.removeAll()])
			expect(await remove().catch(({ message }) => message)).toBe('the streams cannot be deleted')
		expect(await fixture.textsOf(made.id)).toHaveLength(2)
	})
}
