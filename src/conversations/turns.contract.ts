// Contract tests for the turns of every store.

import { describe, expect, test } from 'bun:test'
import { ownerId } from '../keys/scope.ts'
import { newConversationId } from './conversation-id.ts'
import {
	alice,
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
import { newShareId } from './share-id.ts'
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
			const answered = { model: 'small-2026', dropped: ['seed'], truncated: 4 }
			await fixture.own.turns.end(begun.id, {
				...ended('x', { state: 'incomplete', usage, metrics, answered }),
				answers: [{ message: assistant('x'), partial: false, finishReason: 'length', logprobs }],
			})
			expect(await fixture.own.turns.find(begun.id)).toEqual({
				...running,
				state: 'incomplete',
				answers: [{ message: answerId(begun.id, 0), finishReason: 'length', logprobs }],
				usage,
				metrics,
				answered,
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

		test('that are removed make room for other branches', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made, stored: true }, 'a')
			const next = { conversation: made.id, parent: answerId(first, 0), stored: true }
			await fixture.exchange(next, 'b')
			for (const text of ['c', 'd', 'e']) {
				const branch = await fixture.exchange(next, text)
				expect(await fixture.textsOf(made.id)).toEqual(['hi', 'a', 'hi', text])
				if (text === 'd') {
					await fixture.own.history.replace(made.id, answerId(branch, 0), undefined)
					await fixture.own.history.replace(made.id, inputId(branch, 0), undefined)
				} else expect(await fixture.own.turns.remove(branch)).toBe(true)
			}
		})

		test('are removed from a message on, with everything that follows on every branch', async () => {
			const { turns } = fixture.own
			const removed: (readonly TurnId[] | 'all')[] = []
			fixture.store.subscribe(async (_, ids) => void removed.push(ids))
			const made = conversation()
			const { id: conversationId } = made
			const after = (parent: TurnId) => ({ conversation: conversationId, parent: answerId(parent, 0) })
			const root = await fixture.exchange({ conversation: conversationId, create: made, inputs: [user('q')] }, 'root')
			const left = await fixture.exchange({ ...after(root), inputs: [user('x')] }, 'left')
			const branch = await fixture.exchange({ ...after(root), inputs: [user('y')], echo: { a: 1 } }, 'branch')
			const below = await fixture.exchange(after(branch), 'below')
			const beside = await fixture.exchange(after(branch), 'beside')
			const deep: TurnId[] = [below]
			for (let depth = 0; depth < 100; depth++)
				deep.push(await fixture.exchange(after(deep.at(-1) ?? below), String(depth)))
			const running = turn({ ...after(beside), inputs: [] })
			await turns.begin(running)
			const failed = turn({ ...after(beside), inputs: [] })
			await turns.begin(failed)
			await turns.end(failed.id, { state: 'failed', endedAtMs: 9000, answers: [] })
			const share = {
				id: newShareId(),
				conversation: conversationId,
				tip: answerId(below, 0),
				files: false,
				createdAtMs: 1,
			}
			await fixture.own.shares.create(share)
			const stored = async () =>
				(await collect(await fixture.own.history.export(conversationId))).turns.map(({ id }) => id)
			expect(await turns.removeFrom(newConversationId(), inputId(branch, 0), 9000)).toBe(false)
			expect(await turns.removeFrom(conversationId, inputId(newTurnId(), 0), 9000)).toBe(false)
			expect(await turns.removeFrom(conversationId, messageId('nowhere'), 9000)).toBe(false)
			expect(
				await fixture.store
					.in({ ...alice, owner: ownerId('bob') })
					.turns.removeFrom(conversationId, inputId(branch, 0), 9000),
			).toBe(false)
			expect(await turns.removeFrom(conversationId, inputId(branch, 0), 9000)).toBe(true)
			expect(await stored()).toEqual([root, left])
			expect(removed.flat().toSorted()).toEqual([branch, beside, running.id, failed.id, ...deep].toSorted())
			expect(await fixture.textsOf(conversationId)).toEqual(['q', 'root', 'x', 'left'])
			expect((await collect(await fixture.own.history.export(conversationId))).messages).toHaveLength(4)
			expect(await fixture.own.shares.list(conversationId)).toEqual([])
			expect(await turns.removeFrom(conversationId, inputId(branch, 0), 9000)).toBe(false)
			// The end of the running turn finds nothing any more, and the next branch begins as the removed one did.
			await turns.end(running.id, ended('late'))
			const again = await fixture.exchange({ ...after(root), inputs: [user('z')] }, 'again')
			expect(await fixture.textsOf(conversationId)).toEqual(['q', 'root', 'z', 'again'])
			// A turn without an answer: the message that its answer would be.
			expect(await turns.removeFrom(conversationId, answerId(again, 0), 9000)).toBe(true)
			expect(await turns.find(again)).toMatchObject({ answers: [], inputs: [inputId(again, 0)] })
			expect(await fixture.textsOf(conversationId)).toEqual(['q', 'root', 'z'])
			expect(await turns.removeFrom(conversationId, inputId(root, 0), 9000)).toBe(true)
			expect(await stored()).toEqual([])
			expect(await fixture.own.history.read(conversationId, everything)).toEqual({
				messages: [],
				omitted: 0,
				opening: [],
			})
		})

		test('of several messages are shortened if they are removed from the middle on', async () => {
			const made = conversation()
			const texts = [user('a'), assistant('b'), user('c'), assistant('d')]
			const added = turn({ conversation: made.id, create: made, surface: 'messages', inputs: texts })
			await fixture.own.turns.begin(added)
			await fixture.own.turns.end(added.id, { state: 'completed', endedAtMs: 3000, answers: [] })
			await fixture.exchange({ conversation: made.id, parent: inputId(added.id, 3) }, 'e')
			const branch = await fixture.exchange({ conversation: made.id, parent: inputId(added.id, 1) }, 'f')
			expect(await fixture.own.turns.removeFrom(made.id, inputId(added.id, 2), 9000)).toBe(true)
			expect((await fixture.own.turns.find(added.id))?.inputs).toEqual([inputId(added.id, 0), inputId(added.id, 1)])
			expect(await fixture.textsOf(made.id)).toEqual(['a', 'b', 'hi', 'f'])
			expect(await fixture.own.turns.removeFrom(made.id, inputId(branch, 0), 9000)).toBe(true)
			expect(await fixture.textsOf(made.id)).toEqual(['a', 'b'])
		})
	})
}
