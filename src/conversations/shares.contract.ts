// Contract tests for the shares of every store.

import { describe, expect, test } from 'bun:test'
import { ownerId, tenantId } from '../keys/scope.ts'
import { newConversationId } from './conversation-id.ts'
import { alice, conversation, fixtureOf, type OpenStore, user } from './conversation-store.testing.ts'
import { answerId, inputId, messageId } from './message-id.ts'
import { newShareId } from './share-id.ts'
import { maxShares, type Share } from './shares.ts'

export function sharesContract(open: OpenStore): void {
	describe('shares', () => {
		const fixture = fixtureOf(open)
		const nowMs = 10_000
		const make = async (change: Partial<Share> = {}) => {
			const made = conversation({ title: 'Rome' })
			const first = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('one')] }, 'first')
			const parent = answerId(first, 0)
			await fixture.exchange({ conversation: made.id, parent, inputs: [user('left')] }, 'other branch')
			const right = await fixture.exchange({ conversation: made.id, parent, inputs: [user('right')] }, 'second')
			const tip = inputId(right, 0)
			const share: Share = { id: newShareId(), conversation: made.id, tip, files: false, createdAtMs: 5, ...change }
			return { share, created: await fixture.own.shares.create(share) }
		}
		const texts = async (share: Share, scope = alice, at = nowMs) =>
			(await fixture.store.in(scope).shares.open(share.id, at))?.messages.map(({ message: { content }, model }) => [
				model,
				...content.map((part) => ('text' in part ? part.text : '')),
			])

		test('contain their branch up to the tip, for everybody of the tenant', async () => {
			const { share } = await make()
			const expected = [
				['small', 'one'],
				['small', 'first'],
				['small', 'right'],
			]
			expect(await texts(share)).toEqual(expected)
			expect(await texts(share, { ...alice, owner: ownerId('bob') })).toEqual(expected)
			expect(await texts(share, { ...alice, tenant: tenantId('other') })).toBeUndefined()
			expect((await fixture.own.shares.open(share.id, nowMs))?.title).toBe('Rome')
			expect(await fixture.own.shares.open(newShareId(), nowMs)).toBeUndefined()
		})

		test('end, are listed and revoked by their owner only, and disappear with the conversation', async () => {
			const { share } = await make({ endsAtMs: nowMs, files: true })
			expect([await texts(share), (await texts(share, alice, nowMs - 1))?.length]).toEqual([undefined, 3])
			const second: Share = { ...share, id: newShareId(), createdAtMs: 6, endsAtMs: undefined }
			await fixture.own.shares.create(second)
			expect(await fixture.own.shares.list(share.conversation)).toEqual([second, share])
			for (const stranger of [
				{ ...alice, owner: ownerId('bob') },
				{ ...alice, tenant: tenantId('other') },
			]) {
				const { shares } = fixture.store.in(stranger)
				expect([
					await shares.list(share.conversation),
					await shares.remove(share.conversation, second.id),
					await shares.create({ ...second, id: newShareId() }),
				]).toEqual([undefined, false, 'not-found'])
			}
			expect(await fixture.own.shares.remove(newConversationId(), second.id)).toBe(false)
			expect(await fixture.own.shares.remove(share.conversation, share.id)).toBe(true)
			expect(await fixture.own.shares.remove(share.conversation, share.id)).toBe(false)
			expect(await texts(second)).toHaveLength(3)
			await fixture.own.index.remove(share.conversation)
			expect([await texts(second), await fixture.own.shares.list(share.conversation)]).toEqual([undefined, undefined])
			await fixture.own.index.create(conversation({ id: share.conversation }))
			expect(await fixture.own.shares.list(share.conversation)).toEqual([])
		})

		test('need a message of the conversation', async () => {
			expect((await make({ tip: messageId('none') })).created).toBe('not-found')
			const { share } = await make()
			const other = (await make()).share
			expect(await fixture.own.shares.create({ ...share, id: newShareId(), tip: other.tip })).toBe('not-found')
			await fixture.own.history.replace(share.conversation, share.tip, undefined)
			expect(await texts(share)).toBeUndefined()
		})

		test('have a maximum for each conversation, without those that have ended', async () => {
			const { share } = await make()
			const create = (change: Partial<Share> = {}) =>
				fixture.own.shares.create({ ...share, id: newShareId(), createdAtMs: nowMs, ...change })
			expect(await create({ endsAtMs: nowMs })).toBe('created')
			for (let count = 1; count < maxShares; count++) expect(await create({ endsAtMs: nowMs + 1 })).toBe('created')
			expect(await create()).toBe('full')
			expect(await fixture.own.shares.list(share.conversation)).toHaveLength(maxShares)
			expect((await make()).created).toBe('created')
			expect(await create({ createdAtMs: nowMs + 1 })).toBe('created')
			expect(await fixture.own.shares.list(share.conversation)).toHaveLength(2)
		})
	})
}
