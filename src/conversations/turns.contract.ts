// Contract tests for the turns of every store.

import { describe, expect, test } from 'bun:test'
import {
	answer,
	assistant,
	collect,
	conversation,
	ended,
	everything,
	fixtureOf,
	type OpenStore,
	turn,
	user,
} from './conversation-store.testing.ts'
import { answerId, inputId, messageId } from './message-id.ts'
import { newTurnId, type TurnId } from './turn-id.ts'

export function turnsContract(open: OpenStore): void {
	describe('turns', () => {
		const fixture = fixtureOf(open)

		test('follow each other on one branch', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('a'), user('b')] }, 'c')
			const second = await fixture.exchange(
				{ conversation: made.id, parent: answerId(first, 0), inputs: [user('d')] },
				'e',
			)
			expect(await fixture.textsOf(made.id)).toEqual(['a', 'b', 'c', 'd', 'e'])
			const end = await fixture.own.history.read(made.id, everything)
			expect(end?.messages.map(({ id, depth, parent }) => [id, depth, parent])).toEqual([
				[inputId(first, 0), 0, undefined],
				[inputId(first, 1), 1, inputId(first, 0)],
				[answerId(first, 0), 2, inputId(first, 1)],
				[inputId(second, 0), 3, answerId(first, 0)],
				[answerId(second, 0), 4, inputId(second, 0)],
			])
			expect((await fixture.own.index.find(made.id))?.head).toBe(answerId(second, 0))
		})

		test('have more inputs than a statement has parameters', async () => {
			const made = conversation()
			const texts = Array.from({ length: 7000 }, (_, index) => String(index))
			await fixture.exchange({ conversation: made.id, create: made, inputs: texts.map(user) }, 'end')
			expect(await fixture.textsOf(made.id)).toEqual([...texts, 'end'])
		})

		test('are returned in their state while running and after they end', async () => {
			const made = conversation()
			const begun = turn({
				conversation: made.id,
				create: made,
				surface: 'response',
				stored: true,
				metadata: { a: 'b' },
				echo: { tools: ['x'] },
			})
			await fixture.own.turns.begin(begun)
			const running = {
				id: begun.id,
				conversation: made.id,
				surface: 'response',
				stored: true,
				state: 'running',
				model: 'small',
				inputs: [inputId(begun.id, 0)],
				answers: [],
				metadata: { a: 'b' },
				echo: { tools: ['x'] },
				createdAtMs: 2000,
			} as const
			expect(await fixture.own.turns.find(begun.id)).toEqual(running)
			const usage = {
				promptTokens: 1,
				completionTokens: 2,
				cachedTokens: 0,
				reasoningTokens: 0,
				source: 'upstream',
			} as const
			const logprobs = [{ token: 'x', logprob: -1, bytes: null, top: [] }]
			const metrics = { costMicros: 12, currency: 'EUR', firstTokenMs: 30, outputMs: 400 }
			await fixture.own.turns.end(begun.id, {
				...ended('x', { state: 'incomplete', usage, metrics }),
				answers: [{ message: assistant('x'), partial: false, finishReason: 'length', logprobs }],
			})
			expect(await fixture.own.turns.find(begun.id)).toEqual({
				...running,
				state: 'incomplete',
				answers: [{ message: answerId(begun.id, 0), finishReason: 'length', logprobs }],
				usage,
				metrics,
				endedAtMs: 3000,
			})
		})

		test('end once', async () => {
			const made = conversation()
			const id = await fixture.exchange({ conversation: made.id, create: made }, 'first')
			await fixture.own.turns.end(id, ended('second', { endedAtMs: 9000 }))
			expect(await fixture.textsOf(made.id)).toEqual(['hi', 'first'])
			expect((await fixture.own.turns.find(id))?.endedAtMs).toBe(3000)
		})

		for (const state of ['interrupted', 'cancelled'] as const)
			test(`that others ended as ${state} retain this state, and get the answer and the usage once`, async () => {
				const made = conversation()
				const begun = turn({ conversation: made.id, create: made })
				await fixture.own.turns.begin(begun)
				await fixture.own.turns.end(begun.id, { state, endedAtMs: 2500, answers: [] })
				const usage = {
					...{ promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0 },
					source: 'upstream',
				} as const
				const metrics = { costMicros: 1, currency: 'EUR' }
				await fixture.own.turns.end(begun.id, ended('late', { usage, metrics }))
				await fixture.own.turns.end(begun.id, ended('later still', { usage: { ...usage, promptTokens: 9 } }))
				expect(await fixture.own.turns.find(begun.id)).toMatchObject({
					...{ state, endedAtMs: 2500, usage, metrics },
					answers: [{ message: answerId(begun.id, 0), finishReason: 'stop' }],
				})
				expect(await fixture.textsOf(made.id)).toEqual(['hi', 'late'])
			})

		test('that others ended get their answer as a branch if the conversation has continued', async () => {
			const made = conversation()
			const begun = turn({ conversation: made.id, create: made })
			await fixture.own.turns.begin(begun)
			await fixture.own.turns.end(begun.id, { state: 'interrupted', endedAtMs: 2500, answers: [] })
			await fixture.exchange({ conversation: made.id, parent: inputId(begun.id, 0), inputs: [user('again')] }, 'new')
			await fixture.own.turns.end(begun.id, ended('late'))
			expect(await fixture.textsOf(made.id)).toEqual(['hi', 'again', 'new'])
			expect(await fixture.textsOf(made.id, answerId(begun.id, 0))).toEqual(['hi', 'late'])
		})

		test('with several choices have siblings, and continue from the first', async () => {
			const made = conversation()
			const begun = turn({ conversation: made.id, create: made })
			await fixture.own.turns.begin(begun)
			await fixture.own.turns.end(begun.id, ended('', { answers: [answer('one'), answer('two')] }))
			expect(await fixture.textsOf(made.id)).toEqual(['hi', 'one'])
			expect(await fixture.textsOf(made.id, answerId(begun.id, 1))).toEqual(['hi', 'two'])
		})

		test('with the same parent are independent branches', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('a')] }, 'b')
			const parent = answerId(first, 0)
			const [left, right] = [
				turn({ conversation: made.id, parent, inputs: [user('l')] }),
				turn({ conversation: made.id, parent, inputs: [user('r')] }),
			]
			expect(await Promise.all([fixture.own.turns.begin(left), fixture.own.turns.begin(right)])).toEqual([
				'begun',
				'begun',
			])
			await Promise.all([fixture.own.turns.end(right.id, ended('R')), fixture.own.turns.end(left.id, ended('L'))])
			expect(await fixture.textsOf(made.id, answerId(left.id, 0))).toEqual(['a', 'b', 'l', 'L'])
			expect(await fixture.textsOf(made.id, answerId(right.id, 0))).toEqual(['a', 'b', 'r', 'R'])
			const deep = await fixture.exchange(
				{ conversation: made.id, parent: answerId(right.id, 0), inputs: [user('s')] },
				'S',
			)
			const edit = await fixture.exchange(
				{ conversation: made.id, parent: inputId(right.id, 0), inputs: [user('t')] },
				'T',
			)
			expect(await fixture.textsOf(made.id, answerId(deep, 0))).toEqual(['a', 'b', 'r', 'R', 's', 'S'])
			expect(await fixture.textsOf(made.id, answerId(edit, 0))).toEqual(['a', 'b', 'r', 't', 'T'])
			const all = await collect(await fixture.own.history.export(made.id))
			expect([all.messages.length, all.turns.length]).toEqual([10, 5])
		})

		test('that must not branch return a conflict, also when they run concurrently', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made })
			const parent = answerId(first, 0)
			const rivals = Array.from({ length: 8 }, () => turn({ conversation: made.id, parent, onConflict: 'refuse' }))
			const results = await Promise.all(rivals.map((rival) => fixture.own.turns.begin(rival)))
			expect(results.toSorted()).toEqual(
				['begun', ...Array.from({ length: 7 }, () => 'conflict')].toSorted() as typeof results,
			)
		})

		test('that continue once return whether the other turn is running or was answered', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made })
			const parent = answerId(first, 0)
			const next = () => turn({ conversation: made.id, parent, onConflict: 'once' })
			for (const state of ['failed', 'cancelled'] as const) {
				const lost = next()
				expect(await fixture.own.turns.begin(lost)).toBe('begun')
				expect(await fixture.own.turns.begin(next())).toBe('in-flight')
				await fixture.own.turns.end(lost.id, { state, endedAtMs: 3000, answers: [] })
			}
			const rivals = Array.from({ length: 4 }, next)
			const results = await Promise.all(rivals.map((rival) => fixture.own.turns.begin(rival)))
			expect(results.toSorted()).toEqual(['begun', 'in-flight', 'in-flight', 'in-flight'])
			const begun = rivals[results.indexOf('begun')]?.id ?? newTurnId()
			await fixture.own.turns.end(begun, ended('x'))
			expect(await fixture.own.turns.begin(next())).toBe('conflict')
			expect(await fixture.own.turns.begin({ ...next(), onConflict: 'branch' })).toBe('begun')
		})

		test('that continue once count a turn without new messages', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made })
			const empty = () => turn({ conversation: made.id, parent: answerId(first, 0), inputs: [], onConflict: 'once' })
			const running = empty()
			expect(await fixture.own.turns.begin(running)).toBe('begun')
			expect(await fixture.own.turns.begin(empty())).toBe('in-flight')
			await fixture.own.turns.end(running.id, ended('more'))
			expect(await fixture.own.turns.begin(empty())).toBe('conflict')
			expect(await fixture.textsOf(made.id)).toEqual(['hi', 'hello', 'more'])
		})

		test('require an existing conversation and parent', async () => {
			const made = conversation()
			expect(await fixture.own.turns.begin(turn({ conversation: made.id }))).toBe('not-found')
			await fixture.own.index.create(made)
			expect(await fixture.own.turns.begin(turn({ conversation: made.id, parent: messageId('nowhere') }))).toBe(
				'not-found',
			)
			expect(await fixture.textsOf(made.id)).toEqual([])
		})

		test('that are dropped leave no trace', async () => {
			const made = conversation()
			const lost = turn({ conversation: made.id, create: made })
			await fixture.own.turns.begin(lost)
			await fixture.own.turns.drop(lost.id)
			expect(await fixture.own.index.find(made.id)).toBeUndefined()
			const other = conversation()
			const first = await fixture.exchange({ conversation: other.id, create: other }, 'b')
			const second = turn({ conversation: other.id, parent: answerId(first, 0) })
			await fixture.own.turns.begin(second)
			await fixture.own.turns.drop(second.id)
			expect(await fixture.textsOf(other.id)).toEqual(['hi', 'b'])
			expect(await fixture.own.turns.find(second.id)).toBeUndefined()
		})

		test('that were cancelled store the partial answer, marked as partial', async () => {
			const made = conversation()
			const begun = turn({ conversation: made.id, create: made })
			await fixture.own.turns.begin(begun)
			await fixture.own.turns.end(begun.id, {
				state: 'cancelled',
				endedAtMs: 3000,
				answers: [{ message: assistant('par'), partial: true }],
				error: { code: 'cancelled', message: 'The request was cancelled.' },
			})
			const end = await fixture.own.history.read(made.id, everything)
			expect(end?.messages.map(({ partial }) => partial)).toEqual([false, true])
			expect(await fixture.own.turns.find(begun.id)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
		})

		test('that are stored are listed by surface, model and metadata', async () => {
			const ids: TurnId[] = []
			for (const model of ['small', 'large', 'small']) {
				const made = conversation({ listed: false })
				ids.push(
					await fixture.exchange({
						conversation: made.id,
						create: made,
						stored: true,
						model,
						metadata: { model, n: String(ids.length) },
					}),
				)
			}
			const loose = conversation()
			await fixture.exchange({ conversation: loose.id, create: loose })
			const listed = async (query: object) =>
				(await fixture.own.turns.list({ surface: 'chat', limit: 10, order: 'asc', ...query }))?.items.map(
					({ id }) => id,
				)
			expect(await listed({})).toEqual(ids)
			expect(await listed({ order: 'desc', limit: 2 })).toEqual(ids.toReversed().slice(0, 2))
			expect(await listed({ after: ids[0] })).toEqual(ids.slice(1))
			expect(await listed({ model: 'large' })).toEqual(ids.slice(1, 2))
			expect(await listed({ metadata: { model: 'small', n: '2' } })).toEqual(ids.slice(2))
			expect(await listed({ surface: 'response' })).toEqual([])
			expect(
				await fixture.own.turns.list({ surface: 'chat', limit: 1, order: 'asc', after: newTurnId() }),
			).toBeUndefined()
			const [first = newTurnId()] = ids
			await fixture.own.turns.update(first, { fresh: 'yes' })
			expect((await fixture.own.turns.find(first))?.metadata).toEqual({ fresh: 'yes' })
		})

		test('that are removed lose their messages unless another turn continues from them', async () => {
			const made = conversation({ listed: false })
			const first = await fixture.exchange({ conversation: made.id, create: made, stored: true, echo: { a: 1 } })
			const second = await fixture.exchange({ conversation: made.id, parent: answerId(first, 0), stored: true })
			expect(await fixture.own.turns.remove(first)).toBe(true)
			expect(await fixture.own.turns.find(first)).toBeUndefined()
			expect(await fixture.textsOf(made.id, answerId(second, 0))).toHaveLength(4)
			expect(await fixture.own.turns.remove(second)).toBe(true)
			expect(await fixture.own.turns.remove(second)).toBe(false)
		})
	})
}
