// Contract tests for the deletion of messages of turns that have not ended, for every store.

import { describe, expect, test } from 'bun:test'
import { countedUsage } from '../chat/usage.ts'
import { collect, conversation, ended, fixtureOf, type OpenStore, turn, user } from './conversation-store.testing.ts'
import { answerId, inputId } from './message-id.ts'
import type { TurnId } from './turn-id.ts'
import { answerDeleted } from './turns.ts'

export function turnDeletionContract(open: OpenStore): void {
	describe('turns whose messages are deleted while they run', () => {
		const fixture = fixtureOf(open)
		const usage = countedUsage(3, 7)

		/** A running turn after `q`, `root`, with the inputs `a` and `b`. */
		async function begin() {
			const made = conversation()
			const root = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('q')] }, 'root')
			const inputs = [user('a'), user('b')]
			const running = turn({ conversation: made.id, parent: answerId(root, 0), inputs, stored: true })
			expect(await fixture.own.turns.begin(running)).toBe('begun')
			return { conversation: made.id, root, id: running.id }
		}

		for (const [what, first, left] of [
			['its last input', (id: TurnId) => inputId(id, 1), ['q', 'root', 'a']],
			['the answer that it would have', (id: TurnId) => answerId(id, 0), ['q', 'root', 'a', 'b']],
		] as const) {
			test(`end without an answer, from ${what} on`, async () => {
				const { conversation, id } = await begin()
				expect(await fixture.own.turns.removeFrom(conversation, first(id), 5000)).toBe(true)
				const removed = { state: 'cancelled', endedAtMs: 5000, answers: [], error: answerDeleted }
				expect(await fixture.own.turns.find(id)).toMatchObject(removed)
				expect(await fixture.textsOf(conversation)).toEqual([...left])
				await fixture.own.turns.end(id, ended('late', { usage }))
				expect(await fixture.own.turns.find(id)).toMatchObject({ ...removed, usage })
				expect(await fixture.textsOf(conversation)).toEqual([...left])
				expect((await collect(await fixture.own.history.export(conversation))).messages).toHaveLength(left.length)
				const next = await fixture.exchange({ conversation, inputs: [user('c')], parent: inputId(id, 0) }, 'd')
				expect(await fixture.textsOf(conversation, answerId(next, 0))).toEqual(['q', 'root', 'a', 'c', 'd'])
			})

			test(`end without an answer if others had ended them, from ${what} on`, async () => {
				const { conversation, id } = await begin()
				await fixture.own.turns.end(id, { state: 'cancelled', endedAtMs: 4000, answers: [] })
				expect(await fixture.own.turns.removeFrom(conversation, first(id), 5000)).toBe(true)
				await fixture.own.turns.end(id, ended('late'))
				expect(await fixture.own.turns.find(id)).toMatchObject({ state: 'cancelled', endedAtMs: 4000, answers: [] })
				expect(await fixture.textsOf(conversation)).toEqual([...left])
			})
		}

		test('have their answer after the input that is left', async () => {
			const { conversation, id } = await begin()
			expect(await fixture.own.history.replace(conversation, inputId(id, 1), undefined)).toBe(true)
			await fixture.own.turns.end(id, ended('answer'))
			expect(await fixture.textsOf(conversation)).toEqual(['q', 'root', 'a', 'answer'])
		})

		test('have their answer after the message that they continue from if no input is left', async () => {
			const { conversation, id, root } = await begin()
			for (const index of [1, 0])
				expect(await fixture.own.history.replace(conversation, inputId(id, index), undefined)).toBe(true)
			expect(await fixture.own.history.replace(conversation, answerId(root, 0), undefined)).toBe(true)
			await fixture.own.turns.end(id, ended('answer'))
			expect(await fixture.textsOf(conversation)).toEqual(['q', 'answer'])
		})

		test('have a late answer after the input that is left', async () => {
			const { conversation, id } = await begin()
			await fixture.own.turns.end(id, { state: 'cancelled', endedAtMs: 4000, answers: [] })
			expect(await fixture.own.history.replace(conversation, inputId(id, 1), undefined)).toBe(true)
			await fixture.own.turns.end(id, ended('answer'))
			expect(await fixture.textsOf(conversation)).toEqual(['q', 'root', 'a', 'answer'])
		})

		test('leave a conversation that can be read if they end without an answer', async () => {
			for (const end of ['cancelled', 'interrupted'] as const) {
				const { conversation, id } = await begin()
				expect(await fixture.own.history.replace(conversation, inputId(id, 1), undefined)).toBe(true)
				if (end === 'interrupted') await fixture.store.maintenance.interrupt('p1', 6000)
				else await fixture.own.turns.end(id, { state: end, endedAtMs: 6000, answers: [] })
				expect([end, await fixture.textsOf(conversation)]).toEqual([end, ['q', 'root', 'a']])
			}
		})
	})
}
