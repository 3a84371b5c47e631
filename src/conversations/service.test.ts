// The operations on stored conversations, on an in-memory database.

import { describe, expect, test } from 'bun:test'
import type { Message } from '../chat/message.ts'
import { ownerId } from '../keys/scope.ts'
import { SqlConversationStore } from '../stores/sql/sql-conversation-store.ts'
import { openMemory } from '../stores/sqlite/memory.testing.ts'
import { rejection } from '../system/rejection.testing.ts'
import { newConversationId } from './conversation-id.ts'
import { alice, assistant, collect, ended, turn as newTurn, user } from './conversation-store.testing.ts'
import type { ExportedMessage } from './history.ts'
import { inputId, messageId } from './message-id.ts'
import { absentIn, page, texts } from './service.testing.ts'
import { ConversationService } from './service.ts'
import { newTurnId } from './turn-id.ts'
import type { Turns } from './turns.ts'

const nowMs = 1_800_000_000_000
const store = new SqlConversationStore(await openMemory())
const own = store.in(alice)
const service = new ConversationService(own, { nowMs, process: 'p' })
const create = (...contents: readonly string[]) => service.create({ metadata: {} }, contents.map(user))

function textOf({ json }: ExportedMessage): string {
	return texts([{ message: JSON.parse(json) as Message }])[0] ?? ''
}

describe('a conversation', () => {
	test('is created with its messages, or without any', async () => {
		const made = await service.create({ user: 'leo', title: 't', metadata: { a: 'b' } }, [user('one'), user('two')])
		expect(await service.find(made.id)).toMatchObject({ user: 'leo', title: 't', metadata: { a: 'b' }, listed: true })
		expect(texts((await service.messages(made.id, page)).items)).toEqual(['one', 'two'])
		expect((await service.messages((await create()).id, page)).items).toEqual([])
	})
	test('has times and branches of elsewhere', async () => {
		const { id } = await service.create({ metadata: {}, createdAtMs: 5000 }, [user('one')])
		expect(await service.find(id)).toMatchObject({ createdAtMs: 5000, updatedAtMs: 5000 })
		const [one] = (await service.messages(id, page)).items
		const after = one?.id ?? messageId('')
		const [left] = await service.append(id, [user('left')], { parent: after, createdAtMs: 7000, model: 'elsewhere' })
		await service.append(id, [user('right')], { parent: after, createdAtMs: 6000 })
		await service.append(id, [user('zero')], { parent: null, createdAtMs: nowMs + 1000 })
		const { conversation, ...exported } = await service.export(id)
		const { messages, turns } = await collect(exported)
		expect(messages.map(({ parent, createdAtMs }) => [parent, createdAtMs])).toEqual(
			expect.arrayContaining([
				[undefined, 5000],
				[after, 7000],
				[after, 6000],
				[undefined, nowMs],
			]),
		)
		expect(turns.find(({ inputs }) => inputs[0] === left?.id)).toMatchObject({ model: 'elsewhere', endedAtMs: 7000 })
		// The last turn that was added is shown, and the latest one dates the conversation.
		expect(conversation).toMatchObject({ updatedAtMs: nowMs })
		expect(texts((await service.messages(id, page)).items)).toEqual(['zero'])
		const append = service.append(id, [user('x')], { parent: messageId('none') })
		expect(await rejection(append)).toMatchObject({ absent: 'message' })
	})
	test('is updated, exported and removed', async () => {
		const { id } = await create('one')
		expect(await service.update(id, { title: 'new' })).toMatchObject({ title: 'new' })
		const { conversation, ...exported } = await service.export(id)
		const { messages, turns } = await collect(exported)
		expect([conversation.title, messages.map(textOf), turns.length]).toEqual(['new', ['one'], 1])
		await service.remove(id)
		for (const operation of [
			() => service.find(id),
			() => service.update(id, { title: null }),
			() => service.export(id),
			() => service.remove(id),
			() => service.messages(id, page),
			() => service.append(id, [user('x')]),
			() => service.message(id, messageId('x')),
			() => service.history(id, 'leo'),
		])
			expect(await absentIn(operation())).toBe('conversation')
	})
	test('of another owner does not exist', async () => {
		const { id } = await create('secret')
		const other = new ConversationService(store.in({ ...alice, owner: ownerId('bob') }), {
			nowMs,
			process: 'p',
		})
		expect(await absentIn(other.find(id))).toBe('conversation')
		expect(await absentIn(other.append(id, [user('x')]))).toBe('conversation')
		const reference = { turn: newTurnId(), message: (await service.messages(id, page)).items[0]?.id ?? messageId('') }
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
		const begin: Turns['begin'] = async (turn) => {
			if (!interrupted) {
				interrupted = true
				await service.append(id, [user('between')])
			}
			return own.turns.begin(turn)
		}
		const racing = new ConversationService(
			{ ...own, turns: Object.create(own.turns, { begin: { value: begin } }) },
			{ nowMs, process: 'p' },
		)
		await racing.append(id, [user('last')])
		expect(texts((await service.messages(id, page)).items)).toEqual(['first', 'between', 'last'])
	})
	test('are not lost, however many are added concurrently', async () => {
		const { id } = await create('first')
		const added = Array.from({ length: 8 }, (_, index) => `m${index}`)
		await Promise.all(added.map((text) => service.append(id, [user(text)])))
		expect((await collect(await service.export(id))).messages.map(textOf).toSorted()).toEqual(
			['first', ...added].toSorted(),
		)
	})
	test('become a branch if a turn that is running already follows the last message', async () => {
		const { id } = await create('first')
		const { head } = await service.find(id)
		const running = newTurn({ conversation: id, parent: head, inputs: [user('question')] })
		expect(await own.turns.begin(running)).toBe('begun')
		const [added] = await service.append(id, [user('aside')])
		const messages = await collect(await service.export(id))
		const parentOf = (message: string) => messages.messages.find((one) => one.id === message)?.parent
		expect(parentOf(added?.id ?? '')).toBe(parentOf(inputId(running.id, 0)))
	})
})

describe('messages', () => {
	test('are paged after a message, which the page names, and up to a tip', async () => {
		const { id } = await create('one', 'two', 'three')
		const { items } = await service.messages(id, page)
		const [first, second] = items
		const rest = await service.messages(id, { ...page, after: first?.id })
		expect([rest.cursor?.id, texts(rest.items)]).toEqual([first?.id, ['two', 'three']])
		expect(texts((await service.messages(id, { ...page, tip: second?.id })).items)).toEqual(['one', 'two'])
		expect(await absentIn(service.messages(id, { ...page, tip: messageId('none') }))).toBe('tip')
		expect(await absentIn(service.messages(id, { ...page, after: messageId('none') }))).toBe('cursor')
	})
	test('are replaced or removed by an edit', async () => {
		const { id } = await create('one', 'two')
		const { items } = await service.messages(id, page)
		const [first, second] = items.map((message) => message.id)
		await service.edit(
			id,
			first ?? messageId(''),
			({ message }) => ({ ...message, content: user('changed').content }) as typeof message,
		)
		await service.edit(id, second ?? messageId(''), () => undefined)
		expect(texts((await service.messages(id, page)).items)).toEqual(['changed'])
		expect(await absentIn(service.edit(id, second ?? messageId(''), () => undefined))).toBe('message')
	})
	test('of a user’s conversations are read completely', async () => {
		const contents = Array.from({ length: 205 }, (_, index) => String(index))
		const { id } = await service.create({ user: 'long', metadata: {} }, contents.map(user))
		const [history] = await service.histories('long')
		expect(texts(history?.messages ?? [])).toEqual(contents)
		expect((await service.history(id, 'long')).messages).toHaveLength(205)
		expect(await absentIn(service.history(id, 'other'))).toBe('conversation')
	})
})

describe('a lookup', () => {
	test('is looked up with its messages and the history up to its answer', async () => {
		const { id: conversation, head } = await service.find((await create('earlier')).id)
		const turn = newTurn({ conversation, parent: head, stored: true, inputs: [user('a'), user('b')] })
		await own.turns.begin(turn)
		await own.turns.end(turn.id, ended('answer'))
		const { id } = turn
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
