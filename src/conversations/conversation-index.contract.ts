// Contract tests for the conversations of every store.

import { describe, expect, test } from 'bun:test'
import { ownerId } from '../keys/scope.ts'
import type { Conversation, Metadata } from './conversation.ts'
import { newConversationId } from './conversation-id.ts'
import type { ConversationQuery } from './conversation-index.ts'
import { alice, collect, conversation, fixtureOf, type OpenStore, user } from './conversation-store.testing.ts'
import { answerId, inputId, messageId } from './message-id.ts'
import { newTurnId, type TurnId } from './turn-id.ts'

export function conversationIndexContract(open: OpenStore): void {
	describe('conversations', () => {
		const fixture = fixtureOf(open)

		test('are stored unchanged', async () => {
			const made = conversation({ user: 'u1', title: 'Rome', metadata: { a: 'b' } })
			await fixture.own.index.create(made)
			expect(await fixture.own.index.find(made.id)).toEqual(made)
			expect(await fixture.own.index.find(newConversationId())).toBeUndefined()
		})

		test('change and remove their title, and change their metadata', async () => {
			const made = conversation({ title: 'Rome' })
			await fixture.own.index.create(made)
			const renamed = await fixture.own.index.update(made.id, {
				title: 'Paris',
				metadata: { c: 'd' },
				updatedAtMs: 2000,
			})
			expect(renamed).toEqual({ ...made, title: 'Paris', metadata: { c: 'd' }, updatedAtMs: 2000 })
			expect(await fixture.own.index.find(made.id)).toEqual(renamed as Conversation)
			await fixture.own.index.update(made.id, { title: null, updatedAtMs: 3000 })
			expect((await fixture.own.index.find(made.id))?.title).toBeUndefined()
		})

		test('are listed in pages, in either order, without unlisted ones', async () => {
			const made = [1, 2, 3, 4, 5].map((at) => conversation({ createdAtMs: at, user: at % 2 === 0 ? 'even' : 'odd' }))
			for (const one of [...made, conversation({ listed: false })]) await fixture.own.index.create(one)
			const ids = made.map(({ id }) => id)
			const first = await fixture.own.index.list({ limit: 2, order: 'asc' })
			expect([first?.items.map(({ id }) => id), first?.more]).toEqual([ids.slice(0, 2), true])
			const rest = await fixture.own.index.list({ limit: 5, order: 'asc', after: ids[1] })
			expect([rest?.items.map(({ id }) => id), rest?.more]).toEqual([ids.slice(2), false])
			const down = await fixture.own.index.list({ limit: 2, order: 'desc', after: ids[2] })
			expect(down?.items.map(({ id }) => id)).toEqual(ids.slice(0, 2).toReversed())
			expect((await fixture.own.index.list({ limit: 9, order: 'asc', user: 'even' }))?.items).toHaveLength(2)
			expect(await fixture.own.index.list({ limit: 9, order: 'asc', after: newConversationId() })).toBeUndefined()
		})

		test('are found by text in messages and titles, ignoring case and without patterns', async () => {
			const [untitled, titled] = [conversation(), conversation({ title: 'Über 50% off_' })]
			await fixture.own.index.create(titled)
			await fixture.exchange({ conversation: untitled.id, create: untitled, inputs: [user('Where is the Колизей?')] })
			const found = async (text: string) =>
				(await fixture.own.index.list({ limit: 9, order: 'asc', text }))?.items.map(({ id }) => id)
			expect(await found('колизей')).toEqual([untitled.id])
			expect(await found('ÜBER 50%')).toEqual([titled.id])
			expect(await found('off_')).toEqual([titled.id])
			const [match] = (await fixture.own.index.list({ limit: 9, order: 'asc', text: 'колизей' }))?.items ?? []
			const { messages } = await collect(await fixture.own.history.export(untitled.id))
			const [message] = messages
			expect(match?.match).toEqual({ message: message?.id ?? messageId(''), excerpt: 'Where is the Колизей?' })
			const [title] = (await fixture.own.index.list({ limit: 9, order: 'asc', text: 'über' }))?.items ?? []
			expect(title?.match).toBeUndefined()
			expect([await found('5%f'), await found('off!'), await found('of_f')]).toEqual([[], [], []])
		})

		test('are listed in the order of their last turn', async () => {
			const [five, three, nine] = [newConversationId(), newConversationId(), newConversationId()]
			for (const [createdAtMs, id, updatedAtMs] of [
				[1, five, 5],
				[2, three, 3],
				[3, nine, 9],
			] as const)
				await fixture.own.index.create(conversation({ id, createdAtMs, updatedAtMs }))
			const listed = async (query: Partial<ConversationQuery>) =>
				(await fixture.own.index.list({ limit: 9, order: 'desc', orderBy: 'updated_at', ...query }))?.items.map(
					({ id }) => id,
				)
			expect(await listed({})).toEqual([nine, five, three])
			expect(await listed({ order: 'asc' })).toEqual([three, five, nine])
			expect(await listed({ after: nine, limit: 1 })).toEqual([five])
			expect(await listed({ orderBy: 'created_at' })).toEqual([nine, three, five])
			await fixture.own.index.update(three, { title: 'not a turn' })
			expect(await listed({})).toEqual([nine, five, three])
			await fixture.exchange({ conversation: three, createdAtMs: 20 })
			// The turn has ended at 3000.
			expect(await listed({})).toEqual([three, nine, five])
		})

		test('are selected by their metadata', async () => {
			const odd = { 'a"b': 'x', 'b,"folder': 'Work', back: '\\', note: '{"folder":"Work"}', nul: '\u0000' }
			const made = [
				conversation({ metadata: { folder: 'Work', pinned: 'true' } }),
				conversation({ metadata: { folder: 'Work / Été "7"' } }),
				conversation({ metadata: odd }),
				conversation({ title: 'Work', metadata: { subfolder: 'Work', folder2: 'Work' } }),
				conversation({ metadata: { pinned: '' } }),
			]
			for (const one of made) await fixture.own.index.create(one)
			const found = async (metadata: Metadata, text?: string) =>
				(await fixture.own.index.list({ limit: 9, order: 'asc', metadata, text }))?.items
					.map(({ id }) => made.findIndex((one) => one.id === id))
					.sort()
			expect(await found({ folder: 'Work' })).toEqual([0])
			expect(await found({ folder: 'Work / Été "7"' })).toEqual([1])
			expect(await found({ folder: '' })).toEqual([0, 1])
			expect(await found({ pinned: '' })).toEqual([0, 4])
			expect(await found({ folder: 'Work', pinned: 'true' })).toEqual([0])
			expect(await found({ folder: 'Work', pinned: 'false' })).toEqual([])
			for (const [name, value] of Object.entries(odd)) expect(await found({ [name]: value })).toEqual([2])
			expect(await found({ subfolder: '' }, 'work')).toEqual([3])
			expect(await found({ folder: '%' })).toEqual([])
			expect(await found({})).toEqual([0, 1, 2, 3, 4])
		})

		test('removal deletes exactly the selected conversations', async () => {
			const [one, two, other] = [conversation({ user: 'u' }), conversation(), conversation({ user: 'u' })]
			const ids: TurnId[] = []
			for (const made of [two, one, other])
				ids.push(await fixture.exchange({ conversation: made.id, create: made, stored: true }))
			expect(await fixture.own.index.remove(two.id)).toBe(true)
			expect(await fixture.own.index.remove(two.id)).toBe(false)
			expect(await fixture.own.turns.find(ids[0] ?? newTurnId())).toBeUndefined()
			expect(await fixture.own.history.export(two.id)).toBeUndefined()
			expect(await fixture.textsOf(one.id)).toHaveLength(2)
			expect(await fixture.own.index.removeAll('another')).toBe(0)
			expect(await fixture.own.index.removeAll('u')).toBe(2)
			await fixture.exchange({ conversation: two.id, create: two })
			expect(await fixture.own.index.removeAll()).toBe(1)
			expect((await fixture.own.index.list({ limit: 9, order: 'asc' }))?.items).toEqual([])
		})

		for (const [kind, inputs] of [
			['many', Array.from({ length: 600 }, (_, index) => user(`${index}`))],
			['large', Array.from({ length: 12 }, (_, index) => user(`${index}`.repeat(400_000)))],
		] as const)
			test(`removal deletes conversations with ${kind} messages completely, and only for their owner`, async () => {
				const [one, other] = [conversation(), conversation()]
				await fixture.exchange({ conversation: other.id, create: other })
				const id = await fixture.exchange({ conversation: one.id, create: one, inputs })
				expect(await fixture.store.in({ ...alice, owner: ownerId('bob') }).index.remove(one.id)).toBe(false)
				const exported = await collect(await fixture.own.history.export(one.id))
				expect(exported.messages.map((message) => message.id)).toEqual([
					...inputs.map((_, index) => inputId(id, index)),
					answerId(id, 0),
				])
				expect(await fixture.own.index.remove(one.id)).toBe(true)
				expect(await fixture.own.history.message(one.id, inputId(id, 0))).toBeUndefined()
				// Removed messages would be part of the new conversation.
				await fixture.exchange({ conversation: one.id, create: one })
				expect(await fixture.textsOf(one.id)).toEqual(['hi', 'hello'])
				expect((await collect(await fixture.own.history.export(one.id))).messages).toHaveLength(2)
				expect(await fixture.textsOf(other.id)).toHaveLength(2)
			})
	})
}
