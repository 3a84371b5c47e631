// Contract tests for every conversation store.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { AssistantMessage, Message } from '../chat/message.ts'
import type { Scope } from '../keys/scope.ts'
import { answerId, type Conversation, inputId } from './conversation.ts'
import { newConversationId, newTurnId } from './conversation-id.ts'
import type { ConversationStore, EndedAnswer, NewTurn, TurnEnd } from './conversation-store.ts'

export const alice: Scope = { tenant: 'default', owner: 'alice' }

export function user(text: string): Message {
	return { role: 'user', content: [{ type: 'text', text }] }
}

export function assistant(text: string): AssistantMessage {
	return { role: 'assistant', content: [{ type: 'text', text }], toolCalls: [] }
}

export function conversation(change: Partial<Conversation> = {}): Conversation {
	return { id: newConversationId(), metadata: {}, listed: true, createdAtMs: 1000, updatedAtMs: 1000, ...change }
}

export function turn(change: Partial<NewTurn> & Pick<NewTurn, 'conversation'>): NewTurn {
	return {
		id: newTurnId(),
		surface: 'chat',
		stored: false,
		process: 'p1',
		onConflict: 'branch',
		inputs: [user('hi')],
		model: 'small',
		metadata: {},
		echo: {},
		createdAtMs: 2000,
		...change,
	}
}

export function ended(text: string, change: Partial<TurnEnd> = {}): TurnEnd {
	return { state: 'completed', endedAtMs: 3000, answers: [answer(text)], ...change }
}

function answer(text: string): EndedAnswer {
	return { message: assistant(text), partial: false, finishReason: 'stop' }
}

const everything = { maxBytes: 1_000_000 }

export function conversationStoreContract(
	name: string,
	open: () => Promise<{ readonly store: ConversationStore; close(): Promise<void> }>,
): void {
	describe(`conversation store: ${name}`, () => {
		let store: ConversationStore
		let close: () => Promise<void>
		beforeEach(async () => {
			;({ store, close } = await open())
		})
		afterEach(() => close())

		/** Stores a complete turn. @returns its id. */
		async function exchange(change: Partial<NewTurn> & Pick<NewTurn, 'conversation'>, text = 'hello'): Promise<string> {
			const begun = turn(change)
			expect(await store.begin(alice, begun)).toBe('begun')
			await store.end(alice, begun.id, ended(text))
			return begun.id
		}

		async function textsOf(id: string, leaf?: string): Promise<readonly string[] | undefined> {
			const path = await store.path(alice, id, { ...everything, leaf })
			return path?.messages.map(({ message }) =>
				message.content.map((part) => ('text' in part ? part.text : '')).join(''),
			)
		}

		describe('conversations', () => {
			test('are stored unchanged', async () => {
				const made = conversation({ user: 'u1', title: 'Rome', metadata: { a: 'b' } })
				await store.create(alice, made)
				expect(await store.find(alice, made.id)).toEqual(made)
				expect(await store.find(alice, newConversationId())).toBeUndefined()
			})

			test('change and remove their title, and change their metadata', async () => {
				const made = conversation({ title: 'Rome' })
				await store.create(alice, made)
				const renamed = await store.update(alice, made.id, { title: 'Paris', metadata: { c: 'd' }, updatedAtMs: 2000 })
				expect(renamed).toEqual({ ...made, title: 'Paris', metadata: { c: 'd' }, updatedAtMs: 2000 })
				expect(await store.find(alice, made.id)).toEqual(renamed as Conversation)
				await store.update(alice, made.id, { title: null, updatedAtMs: 3000 })
				expect((await store.find(alice, made.id))?.title).toBeUndefined()
			})

			test('are listed in pages, in either order, without unlisted ones', async () => {
				const made = [1, 2, 3, 4, 5].map((at) => conversation({ createdAtMs: at, user: at % 2 === 0 ? 'even' : 'odd' }))
				for (const one of [...made, conversation({ listed: false })]) await store.create(alice, one)
				const ids = made.map(({ id }) => id)
				const first = await store.list(alice, { limit: 2, order: 'asc' })
				expect([first?.items.map(({ id }) => id), first?.more]).toEqual([ids.slice(0, 2), true])
				const rest = await store.list(alice, { limit: 5, order: 'asc', after: ids[1] as string })
				expect([rest?.items.map(({ id }) => id), rest?.more]).toEqual([ids.slice(2), false])
				const down = await store.list(alice, { limit: 2, order: 'desc', after: ids[2] as string })
				expect(down?.items.map(({ id }) => id)).toEqual([ids[1] as string, ids[0] as string])
				expect((await store.list(alice, { limit: 9, order: 'asc', user: 'even' }))?.items).toHaveLength(2)
				expect(await store.list(alice, { limit: 9, order: 'asc', after: newConversationId() })).toBeUndefined()
			})

			test('are found by text in messages and titles, ignoring case and without patterns', async () => {
				const [spoken, titled] = [conversation(), conversation({ title: 'Über 50% off_' })]
				await store.create(alice, titled)
				await exchange({ conversation: spoken.id, create: spoken, inputs: [user('Where is the Колизей?')] })
				const found = async (text: string) =>
					(await store.list(alice, { limit: 9, order: 'asc', text }))?.items.map(({ id }) => id)
				expect(await found('колизей')).toEqual([spoken.id])
				expect(await found('ÜBER 50%')).toEqual([titled.id])
				expect(await found('off_')).toEqual([titled.id])
				expect([await found('5%f'), await found('off!'), await found('of_f')]).toEqual([[], [], []])
			})
		})

		describe('turns', () => {
			test('follow each other on one branch', async () => {
				const made = conversation()
				const first = await exchange({ conversation: made.id, create: made, inputs: [user('a'), user('b')] }, 'c')
				const second = await exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('d')] }, 'e')
				expect(await textsOf(made.id)).toEqual(['a', 'b', 'c', 'd', 'e'])
				const path = await store.path(alice, made.id, everything)
				expect(path?.messages.map(({ id, depth, parent }) => [id, depth, parent])).toEqual([
					[inputId(first, 0), 0, undefined],
					[inputId(first, 1), 1, inputId(first, 0)],
					[answerId(first, 0), 2, inputId(first, 1)],
					[inputId(second, 0), 3, answerId(first, 0)],
					[answerId(second, 0), 4, inputId(second, 0)],
				])
				expect((await store.find(alice, made.id))?.head).toBe(answerId(second, 0))
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
				await store.begin(alice, begun)
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
				expect(await store.turn(alice, begun.id)).toEqual(running)
				const usage = {
					promptTokens: 1,
					completionTokens: 2,
					cachedTokens: 0,
					reasoningTokens: 0,
					source: 'upstream',
				} as const
				const logprobs = [{ token: 'x', logprob: -1, bytes: null, top: [] }]
				await store.end(alice, begun.id, {
					...ended('x', { state: 'incomplete', usage }),
					answers: [{ message: assistant('x'), partial: false, finishReason: 'length', logprobs }],
				})
				expect(await store.turn(alice, begun.id)).toEqual({
					...running,
					state: 'incomplete',
					answers: [{ message: answerId(begun.id, 0), finishReason: 'length', logprobs }],
					usage,
					endedAtMs: 3000,
				})
			})

			test('end once', async () => {
				const made = conversation()
				const id = await exchange({ conversation: made.id, create: made }, 'first')
				await store.end(alice, id, ended('second', { endedAtMs: 9000 }))
				expect(await textsOf(made.id)).toEqual(['hi', 'first'])
				expect((await store.turn(alice, id))?.endedAtMs).toBe(3000)
			})

			test('with several choices have siblings, and continue from the first', async () => {
				const made = conversation()
				const begun = turn({ conversation: made.id, create: made })
				await store.begin(alice, begun)
				await store.end(alice, begun.id, ended('', { answers: [answer('one'), answer('two')] }))
				expect(await textsOf(made.id)).toEqual(['hi', 'one'])
				expect(await textsOf(made.id, answerId(begun.id, 1))).toEqual(['hi', 'two'])
			})

			test('with the same parent are independent branches', async () => {
				const made = conversation()
				const first = await exchange({ conversation: made.id, create: made, inputs: [user('a')] }, 'b')
				const parent = answerId(first, 0)
				const [left, right] = [
					turn({ conversation: made.id, parent, inputs: [user('l')] }),
					turn({ conversation: made.id, parent, inputs: [user('r')] }),
				]
				expect(await Promise.all([store.begin(alice, left), store.begin(alice, right)])).toEqual(['begun', 'begun'])
				await Promise.all([store.end(alice, right.id, ended('R')), store.end(alice, left.id, ended('L'))])
				expect(await textsOf(made.id, answerId(left.id, 0))).toEqual(['a', 'b', 'l', 'L'])
				expect(await textsOf(made.id, answerId(right.id, 0))).toEqual(['a', 'b', 'r', 'R'])
				const deep = await exchange({ conversation: made.id, parent: answerId(right.id, 0), inputs: [user('s')] }, 'S')
				const edit = await exchange({ conversation: made.id, parent: inputId(right.id, 0), inputs: [user('t')] }, 'T')
				expect(await textsOf(made.id, answerId(deep, 0))).toEqual(['a', 'b', 'r', 'R', 's', 'S'])
				expect(await textsOf(made.id, answerId(edit, 0))).toEqual(['a', 'b', 'r', 't', 'T'])
				const all = await store.everything(alice, made.id)
				expect([all?.messages.length, all?.turns.length]).toEqual([10, 5])
			})

			test('that must not branch return a conflict, also when they run concurrently', async () => {
				const made = conversation()
				const first = await exchange({ conversation: made.id, create: made })
				const parent = answerId(first, 0)
				const rivals = Array.from({ length: 8 }, () => turn({ conversation: made.id, parent, onConflict: 'refuse' }))
				const results = await Promise.all(rivals.map((rival) => store.begin(alice, rival)))
				expect(results.toSorted()).toEqual(
					['begun', ...Array.from({ length: 7 }, () => 'conflict')].toSorted() as typeof results,
				)
			})

			test('require an existing conversation and parent', async () => {
				const made = conversation()
				expect(await store.begin(alice, turn({ conversation: made.id }))).toBe('not-found')
				await store.create(alice, made)
				expect(await store.begin(alice, turn({ conversation: made.id, parent: 'nowhere' }))).toBe('not-found')
				expect(await textsOf(made.id)).toEqual([])
			})

			test('that are dropped leave no trace', async () => {
				const made = conversation()
				const lost = turn({ conversation: made.id, create: made })
				await store.begin(alice, lost)
				await store.drop(alice, lost.id)
				expect(await store.find(alice, made.id)).toBeUndefined()
				const kept = conversation()
				await exchange({ conversation: kept.id, create: kept }, 'b')
				const second = turn({
					conversation: kept.id,
					parent: answerId((await store.everything(alice, kept.id))?.turns[0]?.id ?? '', 0),
				})
				await store.begin(alice, second)
				await store.drop(alice, second.id)
				expect(await textsOf(kept.id)).toEqual(['hi', 'b'])
				expect(await store.turn(alice, second.id)).toBeUndefined()
			})

			test('that were cancelled store the partial answer, marked as partial', async () => {
				const made = conversation()
				const begun = turn({ conversation: made.id, create: made })
				await store.begin(alice, begun)
				await store.end(alice, begun.id, {
					state: 'cancelled',
					endedAtMs: 3000,
					answers: [{ message: assistant('par'), partial: true }],
					error: { code: 'cancelled', message: 'The request was cancelled.' },
				})
				const path = await store.path(alice, made.id, everything)
				expect(path?.messages.map(({ partial }) => partial)).toEqual([false, true])
				expect(await store.turn(alice, begun.id)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
			})

			test('of a dead process become interrupted and retain their inputs', async () => {
				const [made, other] = [conversation(), conversation()]
				const lost = turn({ conversation: made.id, create: made })
				const alive = turn({ conversation: other.id, create: other, process: 'p2' })
				await store.begin(alice, lost)
				await store.begin(alice, alive)
				expect(await store.interrupt('p1', 5000)).toBe(1)
				expect(await store.turn(alice, lost.id)).toMatchObject({ state: 'interrupted', endedAtMs: 5000 })
				expect((await store.turn(alice, alive.id))?.state).toBe('running')
				expect(await textsOf(made.id)).toEqual(['hi'])
				expect(await store.interrupt('p1', 6000)).toBe(0)
			})

			test('that are stored are listed by surface, model and metadata', async () => {
				const ids: string[] = []
				for (const model of ['small', 'large', 'small']) {
					const made = conversation({ listed: false })
					ids.push(
						await exchange({
							conversation: made.id,
							create: made,
							stored: true,
							model,
							metadata: { model, n: String(ids.length) },
						}),
					)
				}
				const loose = conversation()
				await exchange({ conversation: loose.id, create: loose })
				const listed = async (query: object) =>
					(await store.turns(alice, { surface: 'chat', limit: 10, order: 'asc', ...query }))?.items.map(({ id }) => id)
				expect(await listed({})).toEqual(ids)
				expect(await listed({ order: 'desc', limit: 2 })).toEqual(ids.toReversed().slice(0, 2))
				expect(await listed({ after: ids[0] })).toEqual(ids.slice(1))
				expect(await listed({ model: 'large' })).toEqual(ids.slice(1, 2))
				expect(await listed({ metadata: { model: 'small', n: '2' } })).toEqual(ids.slice(2))
				expect(await listed({ surface: 'response' })).toEqual([])
				expect(
					await store.turns(alice, { surface: 'chat', limit: 1, order: 'asc', after: newTurnId() }),
				).toBeUndefined()
				await store.updateTurn(alice, ids[0] as string, { fresh: 'yes' })
				expect((await store.turn(alice, ids[0] as string))?.metadata).toEqual({ fresh: 'yes' })
			})

			test('that are removed lose their messages unless another turn continues from them', async () => {
				const made = conversation({ listed: false })
				const first = await exchange({ conversation: made.id, create: made, stored: true, echo: { a: 1 } })
				const second = await exchange({ conversation: made.id, parent: answerId(first, 0), stored: true })
				expect(await store.removeTurn(alice, first)).toBe(true)
				expect(await store.turn(alice, first)).toBeUndefined()
				expect(await textsOf(made.id, answerId(second, 0))).toHaveLength(4)
				expect(await store.removeTurn(alice, second)).toBe(true)
				expect(await store.removeTurn(alice, second)).toBe(false)
			})
		})

		describe('history', () => {
			test('is read from its end within maxBytes, with the opening system messages', async () => {
				const made = conversation()
				const system: Message = { role: 'system', content: [{ type: 'text', text: 'be kind' }] }
				let last = await exchange({ conversation: made.id, create: made, inputs: [system, user('0')] }, 'a0')
				for (let at = 1; at <= 20; at++)
					last = await exchange(
						{ conversation: made.id, parent: answerId(last, 0), inputs: [user(String(at))] },
						`a${at}`,
					)
				const size = JSON.stringify(assistant('a20')).length + JSON.stringify(user('20')).length
				const path = await store.path(alice, made.id, { maxBytes: size * 3 + 1 })
				expect(path?.messages.map(({ id }) => id).at(-1)).toBe(answerId(last, 0))
				expect(path?.messages.length).toBeGreaterThanOrEqual(5)
				expect(path?.messages.length).toBeLessThanOrEqual(7)
				expect(path?.omitted).toBe(43 - (path?.messages.length ?? 0))
				expect(path?.opening.map(({ message }) => message)).toEqual([system])
				expect((await store.path(alice, made.id, { maxBytes: 1 }))?.messages).toHaveLength(1)
			})

			test('follows its branch, also with a small maxBytes', async () => {
				const made = conversation()
				const first = await exchange({ conversation: made.id, create: made, inputs: [user('a')] }, 'b')
				await exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('x')] }, 'y')
				const fork = await exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('c')] }, 'd')
				const size = JSON.stringify(assistant('d')).length + JSON.stringify(user('c')).length
				const path = await store.path(alice, made.id, { leaf: answerId(fork, 0), maxBytes: size + 1 })
				expect(path?.messages.map(({ message }) => JSON.stringify(message).includes('"x"'))).not.toContain(true)
				expect(path?.messages.at(-1)?.id).toBe(answerId(fork, 0))
				expect(path?.omitted).toBeGreaterThan(0)
			})

			test('is read in pages, in either order', async () => {
				const made = conversation()
				const first = await exchange({ conversation: made.id, create: made, inputs: [user('a')] }, 'b')
				await exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('x')] }, 'y')
				const fork = await exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('c')] }, 'd')
				const ids = [inputId(first, 0), answerId(first, 0), inputId(fork, 0), answerId(fork, 0)] as const
				const page = async (query: object) =>
					(await store.messages(alice, made.id, { limit: 10, order: 'asc', ...query }))?.items.map(({ id }) => id)
				expect(await page({})).toEqual([...ids])
				expect(await page({ order: 'desc', limit: 3 })).toEqual([ids[3], ids[2], ids[1]])
				expect(await page({ after: ids[1] })).toEqual([ids[2], ids[3]])
				expect(await page({ after: ids[2], order: 'desc' })).toEqual([ids[1], ids[0]])
				expect((await store.messages(alice, made.id, { limit: 3, order: 'asc' }))?.more).toBe(true)
				expect(await page({ after: 'nowhere' })).toBeUndefined()
			})
		})

		describe('single messages', () => {
			test('are replaced, and found by their new text only', async () => {
				const made = conversation()
				const id = await exchange({ conversation: made.id, create: made, inputs: [user('before')] })
				expect(await store.replace(alice, made.id, inputId(id, 0), user('after'))).toBe(true)
				expect((await store.message(alice, made.id, inputId(id, 0)))?.message).toEqual(user('after'))
				expect((await store.list(alice, { limit: 9, order: 'asc', text: 'before' }))?.items).toEqual([])
			})

			test('are removed from the start, the middle and the end', async () => {
				const made = conversation()
				const first = await exchange({ conversation: made.id, create: made, inputs: [user('a'), user('b')] }, 'c')
				const second = await exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('d')] }, 'e')
				const take = (id: string) => store.replace(alice, made.id, id, undefined)
				expect(await take(inputId(first, 1))).toBe(true)
				expect(await textsOf(made.id)).toEqual(['a', 'c', 'd', 'e'])
				await take(answerId(second, 0))
				expect(await textsOf(made.id)).toEqual(['a', 'c', 'd'])
				await take(inputId(first, 0))
				expect(await store.path(alice, made.id, everything)).toMatchObject({ omitted: 0, opening: [] })
				expect(await textsOf(made.id)).toEqual(['c', 'd'])
				const third = await exchange({ conversation: made.id, parent: inputId(second, 0), inputs: [user('f')] }, 'g')
				expect(await textsOf(made.id, answerId(third, 0))).toEqual(['c', 'd', 'f', 'g'])
				expect(await take('nowhere')).toBe(false)
			})
		})

		test('removal deletes exactly the selected conversations', async () => {
			const [one, two, other] = [conversation({ user: 'u' }), conversation(), conversation({ user: 'u' })]
			const ids = new Map<string, string>()
			for (const made of [one, two, other])
				ids.set(made.id, await exchange({ conversation: made.id, create: made, stored: true }))
			expect(await store.remove(alice, two.id)).toBe(true)
			expect(await store.remove(alice, two.id)).toBe(false)
			expect(await store.turn(alice, ids.get(two.id) ?? '')).toBeUndefined()
			expect(await store.everything(alice, two.id)).toBeUndefined()
			expect(await textsOf(one.id)).toHaveLength(2)
			expect(await store.removeAll(alice, 'nobody')).toBe(0)
			expect(await store.removeAll(alice, 'u')).toBe(2)
			await exchange({ conversation: two.id, create: two })
			expect(await store.removeAll(alice)).toBe(1)
			expect((await store.list(alice, { limit: 9, order: 'asc' }))?.items).toEqual([])
		})

		test('conversations without recent changes expire', async () => {
			const [old, fresh] = [conversation({ updatedAtMs: 1000 }), conversation({ updatedAtMs: 5000 })]
			for (const made of [old, fresh]) await store.create(alice, made)
			expect(await store.expire(5000)).toBe(1)
			expect((await store.list(alice, { limit: 9, order: 'asc' }))?.items.map(({ id }) => id)).toEqual([fresh.id])
		})

		for (const stranger of [
			{ tenant: 'default', owner: 'mallory' },
			{ tenant: 'other', owner: 'alice' },
		] as const)
			test(`nothing is visible to ${stranger.owner} of ${stranger.tenant}`, async () => {
				const made = conversation({ title: 'secret' })
				const id = await exchange({ conversation: made.id, create: made, stored: true })
				const page = { limit: 9, order: 'asc' } as const
				expect([
					await store.find(stranger, made.id),
					await store.update(stranger, made.id, { title: 'mine', updatedAtMs: 1 }),
					await store.path(stranger, made.id, everything),
					await store.path(stranger, made.id, { ...everything, leaf: answerId(id, 0) }),
					await store.messages(stranger, made.id, page),
					await store.message(stranger, made.id, inputId(id, 0)),
					await store.everything(stranger, made.id),
					await store.turn(stranger, id),
					await store.updateTurn(stranger, id, { a: 'b' }),
					await store.list(stranger, { ...page, after: made.id }),
					await store.turns(stranger, { ...page, surface: 'chat', after: id }),
				]).toEqual(Array.from({ length: 11 }, () => undefined))
				expect([
					await store.remove(stranger, made.id),
					await store.removeTurn(stranger, id),
					await store.replace(stranger, made.id, inputId(id, 0), user('mine')),
					await store.begin(stranger, turn({ conversation: made.id, parent: answerId(id, 0) })),
					await store.removeAll(stranger),
				]).toEqual([false, false, false, 'not-found', 0])
				await store.drop(stranger, id)
				await store.end(stranger, id, ended('mine'))
				expect((await store.list(stranger, { ...page, text: 'secret' }))?.items).toEqual([])
				expect(await textsOf(made.id)).toEqual(['hi', 'hello'])
			})
	})
}
