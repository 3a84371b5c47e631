// The operations on stored conversations, on an in-memory database.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SqlConversationStore } from '../stores/sql/sql-conversation-store.ts'
import { openMemory } from '../stores/sqlite/memory.testing.ts'
import { inputId } from './conversation.ts'
import { newConversationId, newTurnId } from './conversation-id.ts'
import { assistant, ended, turn as newTurn, user } from './conversation-store.contract.ts'
import { type OwnConversations, ownConversations } from './own-conversations.ts'
import { type Absent, ConversationService, NotFound } from './service.ts'

const nowMs = 1_800_000_000_000
let store: SqlConversationStore
let own: OwnConversations
let service: ConversationService

beforeAll(async () => {
	store = new SqlConversationStore(await openMemory())
	own = ownConversations(store, { tenant: 'clinic', owner: 'alice' })
	service = new ConversationService(own, { nowMs, process: 'p' })
})
afterAll(() => store.close())

/** What was reported as absent; undefined if the operation succeeded. */
async function absentIn(operation: Promise<unknown>): Promise<Absent | undefined> {
	try {
		await operation
		return undefined
	} catch (thrown) {
		if (thrown instanceof NotFound) return thrown.absent
		throw thrown
	}
}

const texts = (messages: readonly { readonly message: ReturnType<typeof user> }[]) =>
	messages.map(({ message: { content } }) => content.map((part) => ('text' in part ? part.text : '')).join(''))
const page = { limit: 10, order: 'asc' } as const
const create = (...said: readonly string[]) => service.create({ metadata: {} }, said.map(user))

describe('a conversation', () => {
	test('is created with its messages, or without any', async () => {
		const made = await service.create({ user: 'leo', title: 't', metadata: { a: 'b' } }, [user('one'), user('two')])
		expect(await service.find(made.id)).toMatchObject({ user: 'leo', title: 't', metadata: { a: 'b' }, listed: true })
		expect(texts((await service.messages(made.id, page)).items)).toEqual(['one', 'two'])
		expect((await service.messages((await create()).id, page)).items).toEqual([])
	})
	test('is updated, exported and removed', async () => {
		const { id } = await create('one')
		expect(await service.update(id, { title: 'new' })).toMatchObject({ title: 'new', updatedAtMs: nowMs })
		const exported = await service.export(id)
		expect([exported.conversation.title, texts(exported.messages), exported.turns.length]).toEqual(['new', ['one'], 1])
		await service.remove(id)
		for (const operation of [
			() => service.find(id),
			() => service.update(id, { title: null }),
			() => service.export(id),
			() => service.remove(id),
			() => service.messages(id, page),
			() => service.append(id, [user('x')]),
			() => service.message(id, 'x'),
			() => service.history(id, 'leo'),
		])
			expect(await absentIn(operation())).toBe('conversation')
	})
	test('of another owner does not exist', async () => {
		const { id } = await create('secret')
		const other = new ConversationService(ownConversations(store, { tenant: 'clinic', owner: 'bob' }), {
			nowMs,
			process: 'p',
		})
		expect(await absentIn(other.find(id))).toBe('conversation')
		expect(await absentIn(other.append(id, [user('x')]))).toBe('conversation')
		const reference = { turn: 't', message: (await service.messages(id, page)).items[0]?.id ?? '' }
		expect((await other.lookUp({ messages: [reference] })).messages.size).toBe(0)
	})
	test('is listed in pages; an unknown cursor is reported', async () => {
		const made = await service.create({ user: 'pages', metadata: {} }, [])
		expect((await service.list({ ...page, user: 'pages' })).items.map(({ id }) => id)).toEqual([made.id])
		expect(await absentIn(service.list({ ...page, after: newConversationId() }))).toBe('cursor')
		expect(await service.removeAll('pages')).toBe(1)
	})
})

describe('appended messages', () => {
	test('follow the last message and have the ids that the store gives them', async () => {
		const { id } = await create('one')
		const added = await service.append(id, [user('two'), assistant('three')])
		const { items } = await service.messages(id, page)
		expect(texts(items)).toEqual(['one', 'two', 'three'])
		expect(items.slice(1).map((message) => message.id)).toEqual(added.map((message) => message.id))
	})
	test('follow a message that another request added in the meantime', async () => {
		const { id } = await create('first')
		let interrupted = false
		const begin: OwnConversations['begin'] = async (turn) => {
			if (!interrupted) {
				interrupted = true
				await service.append(id, [user('between')])
			}
			return own.begin(turn)
		}
		const racing = new ConversationService({ ...own, begin }, { nowMs, process: 'p' })
		await racing.append(id, [user('last')])
		expect(texts((await service.messages(id, page)).items)).toEqual(['first', 'between', 'last'])
	})
	test('are not lost, however many are added concurrently', async () => {
		const { id } = await create('first')
		const added = Array.from({ length: 8 }, (_, index) => `m${index}`)
		await Promise.all(added.map((text) => service.append(id, [user(text)])))
		expect(texts((await service.export(id)).messages).toSorted()).toEqual(['first', ...added].toSorted())
	})
	test('become a branch if a turn that is running already follows the last message', async () => {
		const { id } = await create('first')
		const { head } = await service.find(id)
		const running = newTurn({ conversation: id, parent: head, inputs: [user('question')] })
		expect(await own.begin(running)).toBe('begun')
		const [added] = await service.append(id, [user('aside')])
		const messages = await service.export(id)
		const parentOf = (message: string) => messages.messages.find((one) => one.id === message)?.parent
		expect(parentOf(added?.id ?? '')).toBe(parentOf(inputId(running.id, 0)))
	})
})

describe('messages', () => {
	test('are paged after a message, which the page names, and up to a leaf', async () => {
		const { id } = await create('one', 'two', 'three')
		const { items } = await service.messages(id, page)
		const [first, second] = items
		const rest = await service.messages(id, { ...page, after: first?.id })
		expect([rest.cursor?.id, texts(rest.items)]).toEqual([first?.id, ['two', 'three']])
		expect(texts((await service.messages(id, { ...page, leaf: second?.id })).items)).toEqual(['one', 'two'])
		expect(await absentIn(service.messages(id, { ...page, leaf: 'none' }))).toBe('leaf')
		expect(await absentIn(service.messages(id, { ...page, after: 'none' }))).toBe('cursor')
	})
	test('are replaced or removed by an edit', async () => {
		const { id } = await create('one', 'two')
		const { items } = await service.messages(id, page)
		const [first, second] = items.map((message) => message.id)
		await service.edit(
			id,
			first ?? '',
			({ message }) => ({ ...message, content: user('changed').content }) as typeof message,
		)
		await service.edit(id, second ?? '', () => undefined)
		expect(texts((await service.messages(id, page)).items)).toEqual(['changed'])
		expect(await absentIn(service.edit(id, second ?? '', () => undefined))).toBe('message')
	})
	test('of a user’s conversations are read whole', async () => {
		const said = Array.from({ length: 205 }, (_, index) => String(index))
		const { id } = await service.create({ user: 'long', metadata: {} }, said.map(user))
		const [history] = await service.histories('long')
		expect(texts(history?.messages ?? [])).toEqual(said)
		expect((await service.history(id, 'long')).messages).toHaveLength(205)
		expect(await absentIn(service.history(id, 'other'))).toBe('conversation')
	})
})

describe('a turn', () => {
	/** A turn with two inputs and an answer. */
	async function answered(change: Partial<Parameters<typeof newTurn>[0]> = {}) {
		const { id: conversation } = await create('earlier')
		const { head } = await service.find(conversation)
		const turn = newTurn({
			conversation,
			parent: head,
			stored: true,
			surface: 'response',
			inputs: [user('a'), user('b')],
			...change,
		})
		await own.begin(turn)
		await own.end(turn.id, ended('answer'))
		return { id: turn.id, surface: turn.surface, conversation }
	}

	test('is found with its answers, listed, updated and removed', async () => {
		const turn = await answered()
		expect(texts((await service.turn(turn)).answers)).toEqual(['answer'])
		const listed = await service.turns({ ...page, limit: 100, surface: 'response' })
		expect(listed.items.map((one) => one.turn.id)).toContain(turn.id)
		expect((await service.updateTurn(turn, { a: 'b' })).turn.metadata).toEqual({ a: 'b' })
		await service.removeTurn(turn)
		for (const operation of [
			() => service.turn(turn),
			() => service.updateTurn(turn, {}),
			() => service.removeTurn(turn),
			() => service.inputs(turn, page),
			() => service.turnHistory(turn, page),
		])
			expect(await absentIn(operation())).toBe('turn')
		expect(await service.isRunning(turn.id)).toBeUndefined()
		expect(await absentIn(service.turns({ ...page, surface: 'chat', after: newTurnId() }))).toBe('cursor')
	})
	test('of another surface, or that is not stored, or running, is not found', async () => {
		const turn = await answered()
		expect(await absentIn(service.turn({ id: turn.id, surface: 'chat' }))).toBe('turn')
		expect(await absentIn(service.turn(await answered({ stored: false })))).toBe('turn')
		const { id: conversation } = await create()
		const running = newTurn({ conversation, stored: true, surface: 'response' })
		await own.begin(running)
		expect(await service.isRunning(running.id)).toBe(true)
		expect((await service.turn({ id: running.id, surface: 'response' })).turn.state).toBe('running')
		expect(await absentIn(service.turn({ id: running.id, surface: 'response', ended: true }))).toBe('turn')
	})
	test('has inputs, and a history that includes earlier turns', async () => {
		const turn = await answered()
		const inputs = await service.inputs(turn, { ...page, limit: 1 })
		expect([texts(inputs.items), inputs.more]).toEqual([['a'], true])
		const next = await service.inputs(turn, { ...page, after: inputs.items[0]?.id })
		expect([texts(next.items), next.more]).toEqual([['b'], false])
		expect(texts((await service.inputs(turn, { limit: 10, order: 'desc' })).items)).toEqual(['b', 'a'])
		expect(await absentIn(service.inputs(turn, { ...page, after: 'none' }))).toBe('cursor')
		expect(texts((await service.turnHistory(turn, page)).page.items)).toEqual(['earlier', 'a', 'b'])
	})
	test('is looked up with its messages and the history up to its answer', async () => {
		const { id, conversation } = await answered()
		const found = await service.lookUp({
			messages: [
				{ turn: id, message: inputId(id, 0) },
				{ turn: id, message: inputId(id, 7) },
			],
			continues: { type: 'turn', id },
			historyBytes: 1_000_000,
		})
		expect([...found.messages.keys()]).toEqual([inputId(id, 0)])
		expect(found.conversation).toBe(conversation)
		expect(texts(found.history?.messages ?? [])).toEqual(['earlier', 'a', 'b', 'answer'])
		const unknown = await service.lookUp({
			messages: [],
			continues: { type: 'turn', id: newTurnId() },
			historyBytes: 1,
		})
		expect([unknown.conversation, unknown.history]).toEqual([undefined, undefined])
	})
})
