// Contract tests for the messages of every store.

import { describe, expect, test } from 'bun:test'
import type { AssistantMessage, Message } from '../chat/message.ts'
import {
	assistant,
	conversation,
	ended,
	everything,
	fixtureOf,
	type OpenStore,
	turn,
	user,
} from './conversation-store.testing.ts'
import { answerId, inputId, type MessageId, messageId } from './message-id.ts'

const usage = { promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' } as const

export function historyContract(open: OpenStore): void {
	describe('history', () => {
		const fixture = fixtureOf(open)

		test('is read from its end within maxBytes, with the opening system messages', async () => {
			const made = conversation()
			const system: Message = { role: 'system', content: [{ type: 'text', text: 'be kind' }] }
			let last = await fixture.exchange({ conversation: made.id, create: made, inputs: [system, user('0')] }, 'a0')
			for (let at = 1; at <= 20; at++)
				last = await fixture.exchange(
					{ conversation: made.id, parent: answerId(last, 0), inputs: [user(String(at))] },
					`a${at}`,
				)
			const size = JSON.stringify(assistant('a20')).length + JSON.stringify(user('20')).length
			const end = await fixture.own.history.read(made.id, { maxBytes: size * 3 + 1 })
			expect(end?.messages.map(({ id }) => id).at(-1)).toBe(answerId(last, 0))
			expect(end?.messages.length).toBeGreaterThanOrEqual(5)
			expect(end?.messages.length).toBeLessThanOrEqual(7)
			expect(end?.omitted).toBe(43 - (end?.messages.length ?? 0))
			expect(end?.opening.map(({ message }) => message)).toEqual([system])
			expect((await fixture.own.history.read(made.id, { maxBytes: 1 }))?.messages).toHaveLength(1)
		})

		test('has messages with every kind of part, in order, and their texts can be found', async () => {
			const made = conversation()
			const signature = { wire: 'anthropic', value: 's', origin: 'api.example m' }
			const rest = { wire: 'openai', fields: { annotations: [{ start: 1 }] } }
			const item = { type: 'provider-item', wire: 'anthropic', item: { type: 'x', list: [1, null, 'Ω'] } } as const
			const image = { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low' } as const
			const given: readonly Message[] = [
				{
					role: 'system',
					content: [{ type: 'text', text: 'Be brief.', cacheMark: { ttl: '1h', wire: 'openai' }, rest }],
				},
				{ role: 'user', content: [{ type: 'text', text: 'LOOK' }, image, item], name: 'ann', rest },
			]
			const answered: AssistantMessage = {
				role: 'assistant',
				content: [
					{ type: 'reasoning', text: 'Pondering.', signature },
					{ type: 'text', text: 'A Cat', rest },
					item,
					{ type: 'reasoning', text: '', signature, encrypted: true },
					{ type: 'tool-call', kind: 'custom', id: 'c', name: 'f', arguments: 'x', signature, cacheMark: '5m', rest },
					{ type: 'text', text: 'nap' },
					{ type: 'refusal', text: 'Refused.' },
					{ type: 'audio', data: 'AA==', format: 'wav' },
				],
				rest,
			}
			const begun = turn({ conversation: made.id, create: made, inputs: given })
			await fixture.own.turns.begin(begun)
			await fixture.own.turns.end(begun.id, {
				...ended(''),
				answers: [{ message: answered, partial: false }],
				usage: { ...usage, rest },
			})
			const read = await fixture.own.history.read(made.id, everything)
			expect(read?.messages.map(({ message }) => message)).toEqual([...given, answered])
			expect((await fixture.own.turns.find(begun.id))?.usage).toEqual({ ...usage, rest })
			const finds = async (text: string) =>
				((await fixture.own.index.list({ limit: 10, order: 'asc', text }))?.items.length ?? 0) > 0
			expect([await finds('look'), await finds('a catnap')]).toEqual([true, true])
			expect([await finds('pondering'), await finds('refused'), await finds('annotations')]).toEqual([
				false,
				false,
				false,
			])
		})

		test('follows its branch, also with a small maxBytes', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('a')] }, 'b')
			await fixture.exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('x')] }, 'y')
			const fork = await fixture.exchange(
				{ conversation: made.id, parent: answerId(first, 0), inputs: [user('c')] },
				'd',
			)
			const size = JSON.stringify(assistant('d')).length + JSON.stringify(user('c')).length
			const end = await fixture.own.history.read(made.id, { tip: answerId(fork, 0), maxBytes: size + 1 })
			expect(end?.messages.map(({ message }) => JSON.stringify(message).includes('"x"'))).not.toContain(true)
			expect(end?.messages.at(-1)?.id).toBe(answerId(fork, 0))
			expect(end?.omitted).toBeGreaterThan(0)
		})

		test('is read in pages, in either order', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('a')] }, 'b')
			await fixture.exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('x')] }, 'y')
			const fork = await fixture.exchange(
				{ conversation: made.id, parent: answerId(first, 0), inputs: [user('c')] },
				'd',
			)
			const ids = [inputId(first, 0), answerId(first, 0), inputId(fork, 0), answerId(fork, 0)] as const
			const page = async (query: object) =>
				(await fixture.own.history.page(made.id, { limit: 10, order: 'asc', ...query }))?.items.map(({ id }) => id)
			expect(await page({})).toEqual([...ids])
			expect(await page({ order: 'desc', limit: 3 })).toEqual([ids[3], ids[2], ids[1]])
			expect(await page({ after: ids[1] })).toEqual([ids[2], ids[3]])
			expect(await page({ after: ids[2], order: 'desc' })).toEqual([ids[1], ids[0]])
			expect((await fixture.own.history.page(made.id, { limit: 3, order: 'asc' }))?.more).toBe(true)
			expect(await page({ after: messageId('nowhere') })).toBeUndefined()
		})

		test('are replaced, and found by their new text only', async () => {
			const made = conversation()
			const id = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('before')] })
			expect(await fixture.own.history.replace(made.id, inputId(id, 0), user('after'))).toBe(true)
			expect((await fixture.own.history.message(made.id, inputId(id, 0)))?.message).toEqual(user('after'))
			expect((await fixture.own.index.list({ limit: 9, order: 'asc', text: 'before' }))?.items).toEqual([])
		})

		test('are removed from the start, the middle and the end', async () => {
			const made = conversation()
			const first = await fixture.exchange({ conversation: made.id, create: made, inputs: [user('a'), user('b')] }, 'c')
			const second = await fixture.exchange(
				{ conversation: made.id, parent: answerId(first, 0), inputs: [user('d')] },
				'e',
			)
			const take = (id: MessageId) => fixture.own.history.replace(made.id, id, undefined)
			expect(await take(inputId(first, 1))).toBe(true)
			expect(await fixture.textsOf(made.id)).toEqual(['a', 'c', 'd', 'e'])
			await take(answerId(second, 0))
			expect(await fixture.textsOf(made.id)).toEqual(['a', 'c', 'd'])
			await take(inputId(first, 0))
			expect(await fixture.own.history.read(made.id, everything)).toMatchObject({ omitted: 0, opening: [] })
			expect(await fixture.textsOf(made.id)).toEqual(['c', 'd'])
			const third = await fixture.exchange(
				{ conversation: made.id, parent: inputId(second, 0), inputs: [user('f')] },
				'g',
			)
			expect(await fixture.textsOf(made.id, answerId(third, 0))).toEqual(['c', 'd', 'f', 'g'])
			expect(await take(messageId('nowhere'))).toBe(false)
		})
	})
}
