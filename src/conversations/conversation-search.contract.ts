// Contract tests for the search of every store. All databases find the same conversations.

import { describe, expect, test } from 'bun:test'
import type { Message } from '../chat/message.ts'
import { ownerId, tenantId } from '../keys/scope.ts'
import type { Conversation } from './conversation.ts'
import {
	alice,
	conversation,
	ended,
	fixtureOf,
	type OpenStore,
	type StoreFixture,
	turn,
	user,
} from './conversation-store.testing.ts'
import { answerId, inputId } from './message-id.ts'

/** A stored text, texts that find it, and texts that do not. */
const clauses: readonly (readonly [name: string, text: string, found: readonly string[], absent: readonly string[]])[] =
	[
		['ASCII', 'The Quick Fox', ['quick', 'QUICK', 'the quick fox', 'ick'], ['quickfox', 'slow']],
		['accents', 'Un été à Évian', ['ÉTÉ', 'évian', 'E\u0301vian', 'e\u0301te\u0301'], ['evian', 'ete']],
		['combining marks', 'cafe\u0301 nai\u0308ve x\u0302yz', ['CAFÉ', 'naïve', 'X\u0302YZ'], ['cafe', 'naive', 'xyz']],
		['ß', 'Große Straße', ['STRASSE', 'strasse', 'GROẞE', 'große'], ['strase']],
		['Turkish', 'İSTANBUL ılık', ['istanbul', 'İstanbul', 'ISTANBUL', 'ILIK', 'ilik'], ['istanbal']],
		['Cyrillic', 'Где Колизей?', ['колизей', 'КОЛИЗЕЙ', 'где кол'], ['колизеи']],
		['Greek', 'ΟΔΥΣΣΕΥΣ και', ['οδυσσευς', 'οδυσσευσ', 'ΥΣ ΚΑΙ', 'υς και'], ['οδυσευς']],
		['Armenian and ligatures', 'ﬁle և', ['file', 'FILE', 'le եւ'], ['fle']],
		[
			'wildcards',
			'a 50% off_ \\d* [x] rate',
			['50%', 'off_', '\\d*', '% off', '[x]'],
			['50_', '5%f', 'off%', '\\\\d', 'o?f'],
		],
		['escape characters', 'a!b%c^d~e', ['!b%', 'a!b', '^d~'], ['a!!b', 'b!%c']],
		['quotes', `say "it's" 'so'; --`, [`"it's"`, `'so'`, `"it`, `; --`], [`""it`, `''so`]],
		[
			'operators',
			'cats AND dogs NEAR(a b) -c OR* ^x:y + {z}',
			['AND dogs', 'near(a b)', ' -c or*', '^x:y', '+ {z}'],
			['cats dogs', 'cats OR dogs', 'NEAR(cats dogs)', 'cat*', 'text:cats'],
		],
		['U+0000', 'be\0fore after', ['before', 'bef\0ore'], ['be fore']],
		['emoji', 'ok 👍🏽 👨‍👩‍👧 🇫🇷🇩🇪 done', ['ok 👍', '👍🏽 ', '👨‍👩‍👧', '🇫🇷🇩🇪'], ['🇷🇩🇫', 'ok 👎']],
		['letters outside the BMP', '𐐀𐐁𐐂 𝒳𝒴𝒵', ['𐐨𐐩𐐪', '𝒳𝒴𝒵'], ['𐐨𐐩𐐫']],
		['lone surrogates', 'a\ud83dbcd', ['bcd'], ['abcd']],
		['Chinese and Japanese', '今日は世界、你好世界', ['は世界', '你好世', '今日は世界、'], ['界世好', '日世界']],
		['Korean', '한국어 검색', ['국어 검', '\u1112\u1161\u11ab국어'], ['한국검']],
		[
			'white space',
			'one\n\n  two\tthree\u00a0four',
			['one\n\n  two', 'TWO\tthree', 'three\u00a0f', '\n\n '],
			['one two', 'two three', 'three four', '\n\n\n'],
		],
		['control characters', 'a\u0001b\u001fcd', ['a\u0001b', '\u001fcd'], ['abc']],
		['right to left', 'שלום עולם مرحبا', ['לום ע', 'مرحبا'], ['עולם שלום']],
		['punctuation only', 'wait... ??? !!!', ['...', '???', '!!!'], ['....', '!?!']],
	]

const image = 'QUJDREVGR0hJSktM'

export function conversationSearchContract(open: OpenStore): void {
	describe('search', () => {
		const fixture = fixtureOf(open)
		for (const [name, text, found, absent] of clauses)
			test(`finds ${name} in messages and titles`, async () => {
				const [untitled, titled, other] = [conversation(), conversation({ title: text }), conversation({ title: 'x' })]
				await store(fixture, untitled, [user(text)])
				await store(fixture, titled, [user('x')])
				await store(fixture, other, [user('y')])
				const both = [untitled.id, titled.id].toSorted()
				for (const one of found) expect([one, await search(fixture, one)]).toEqual([one, both])
				for (const one of absent) expect([one, await search(fixture, one)]).toEqual([one, []])
			})

		test('finds the same after many other conversations', async () => {
			for (let index = 0; index < 70; index++)
				await fixture.own.index.create(conversation({ title: 'x', createdAtMs: index }))
			const made = clauses.map(([, text]) => ({
				text,
				untitled: conversation(),
				titled: conversation({ title: text }),
			}))
			for (const { text, untitled, titled } of made) {
				await store(fixture, untitled, [user(text)])
				await fixture.own.index.create(titled)
			}
			for (const [index, [, , found, absent]] of clauses.entries()) {
				const ids = [made[index]?.untitled.id, made[index]?.titled.id]
				const foundIds = async (text: string) => {
					const page = await fixture.own.index.list({ limit: 100, order: 'asc', text })
					return (page?.items ?? []).map(({ id }) => id).filter((id) => ids.includes(id)).length
				}
				for (const text of found) expect([text, await foundIds(text)]).toEqual([text, 2])
				for (const text of absent) expect([text, await foundIds(text)]).toEqual([text, 0])
			}
		})

		test('finds texts of fewer than three characters in titles only', async () => {
			const [untitled, titled] = [conversation(), conversation({ title: 'Nr 7 ß €' })]
			await store(fixture, untitled, [user('Nr 7 ß €')])
			await fixture.own.index.create(titled)
			for (const text of ['7', 'NR', '7 ', '€', ' ']) expect(await search(fixture, text)).toEqual([titled.id])
			// Folded, it has two characters.
			expect(await search(fixture, 'ß')).toEqual([titled.id])
			expect(await search(fixture, '👍')).toEqual([])
			expect(await search(fixture, '7 ß')).toEqual([untitled.id, titled.id].toSorted())
		})

		test('a text without characters selects every conversation', async () => {
			const made = conversation()
			await fixture.own.index.create(made)
			for (const text of ['', '\0', '\0\0\0\0']) expect(await search(fixture, text)).toEqual([made.id])
		})

		test('finds texts in every position of a long message', async () => {
			const [made, long] = [conversation(), 'lorem ipsum '.repeat(100_000)]
			await store(fixture, made, [user(`begin ${long}middle ${long}end`)])
			for (const text of ['begin lorem', 'ipsum middle lorem', 'ipsum end', `${'lorem ipsum '.repeat(16)}end`])
				expect([text, await search(fixture, text)]).toEqual([text, [made.id]])
			expect(await search(fixture, `${'lorem ipsum '.repeat(16)}begin`)).toEqual([])
		})

		test('finds the text of a message, and no other part of it', async () => {
			const made = conversation()
			await store(fixture, made, [
				{
					role: 'user',
					content: [
						{ type: 'text', text: `see data:image/png;base64,${image} there` },
						{ type: 'image', url: `data:image/png;base64,${image}` },
					],
				},
				{
					role: 'assistant',
					content: [
						{ type: 'reasoning', text: 'a thought' },
						{ type: 'text', text: 'The wea' },
						{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'lookup', arguments: '{"city":"Lyon"}' },
						{ type: 'text', text: 'ther is' },
						{ type: 'refusal', text: 'I must decline' },
					],
				},
				{ role: 'tool', callId: 'call_1', content: [{ type: 'text', text: 'eighteen degrees' }] },
			])
			// The texts of a message are one text, as in Chat Completions: models divide an answer within sentences.
			for (const text of ['the WEATHER is', 'eighteen', 'there', 'image/png;base64,'])
				expect([text, await search(fixture, text)]).toEqual([text, [made.id]])
			for (const text of ['thought', 'lyon', 'lookup', 'call_1', 'decline', image, image.slice(3, 9), 'role', 'type'])
				expect([text, await search(fixture, text)]).toEqual([text, []])
		})

		test('no match crosses two messages, or a title and a message', async () => {
			const made = conversation({ title: 'the title' })
			await store(fixture, made, [user('first half'), user('second half')])
			expect(await search(fixture, 'second half')).toEqual([made.id])
			for (const text of ['halfsecond', 'half second', 'half\nsecond', 'titlefirst', 'title first'])
				expect([text, await search(fixture, text)]).toEqual([text, []])
		})

		test('finds answers, other branches, later messages, edits and new titles', async () => {
			const made = conversation({ title: 'first title' })
			await fixture.exchange({ conversation: made.id, create: made, inputs: [user('question')] }, 'the answer')
			const first = await fixture.exchange({ conversation: made.id, inputs: [user('another root')] }, 'on a branch')
			expect(await search(fixture, 'answer')).toEqual([made.id])
			expect(await search(fixture, 'a branch')).toEqual([made.id])
			expect(await search(fixture, 'later')).toEqual([])
			await fixture.exchange({ conversation: made.id, parent: answerId(first, 0), inputs: [user('much later')] })
			expect(await search(fixture, 'later')).toEqual([made.id])
			await fixture.own.history.replace(made.id, inputId(first, 0), user('edited text'))
			expect([await search(fixture, 'another root'), await search(fixture, 'edited')]).toEqual([[], [made.id]])
			await fixture.own.history.replace(made.id, inputId(first, 0), undefined)
			expect(await search(fixture, 'edited')).toEqual([])
			await fixture.own.index.update(made.id, { title: 'second title', updatedAtMs: 2 })
			expect([await search(fixture, 'first ti'), await search(fixture, 'second ti')]).toEqual([[], [made.id]])
			await fixture.own.index.update(made.id, { title: null, updatedAtMs: 3 })
			expect(await search(fixture, 'second ti')).toEqual([])
		})

		test('finds nothing that was removed', async () => {
			const [one, two, three, dropped] = [conversation(), conversation(), conversation(), conversation()]
			for (const made of [one, two, three]) await store(fixture, made, [user('a needle')])
			const id = await fixture.exchange({ conversation: dropped.id, create: dropped, inputs: [user('a needle')] })
			expect(await search(fixture, 'needle')).toHaveLength(4)
			await fixture.own.turns.remove(id)
			await fixture.own.index.remove(one.id)
			expect(await search(fixture, 'needle')).toEqual([two.id, three.id].toSorted())
			await fixture.own.index.update(two.id, { updatedAtMs: 1_000_000 })
			expect(await fixture.store.maintenance.expire(500_000)).toBeGreaterThan(0)
			expect(await search(fixture, 'needle')).toEqual([two.id])
			// An id of the index may be used again.
			await store(fixture, one, [user('hay')])
			expect([await search(fixture, 'needle'), await search(fixture, 'hay')]).toEqual([[two.id], [one.id]])
			await fixture.own.index.removeAll()
			expect(await search(fixture, 'needle')).toEqual([])
		})

		test('finds only listed conversations of the own scope, and of the user', async () => {
			const [own, foreign, tenants] = [conversation({ user: 'u' }), conversation(), conversation()]
			await store(fixture, own, [user('shared secret')])
			await store(fixture, conversation({ listed: false }), [user('shared secret')])
			const strangers = [
				[{ ...alice, owner: ownerId('mallory') }, foreign],
				[{ ...alice, tenant: tenantId('other') }, tenants],
			] as const
			for (const [scope, made] of strangers) {
				const { turns, index } = fixture.store.in(scope)
				expect((await index.list({ limit: 9, order: 'asc', text: 'secret' }))?.items).toEqual([])
				const { begun, end } = exchangeOf(made, [user('shared secret')])
				await turns.begin(begun)
				await turns.end(begun.id, end)
				expect((await index.list({ limit: 9, order: 'asc', text: 'secret' }))?.items).toMatchObject([{ id: made.id }])
			}
			expect(await search(fixture, 'secret')).toEqual([own.id])
			const ofUser = async (name: string) =>
				(await fixture.own.index.list({ limit: 9, order: 'asc', text: 'secret', user: name }))?.items.length
			expect([await ofUser('u'), await ofUser('v')]).toEqual([1, 0])
		})

		for (const every of [1, 3, 50])
			test(`pages through matches in every ${every}. of 300 conversations, in either order`, async () => {
				const made = Array.from({ length: 300 }, (_, index) =>
					// Several conversations of one millisecond are ordered by their ids.
					conversation({
						createdAtMs: 1000 + Math.floor(index / 4),
						title: index % (2 * every) === 0 ? 'needle' : 'hay',
					}),
				)
				for (const [index, one] of made.entries())
					await fixture.own.turns.begin(
						exchangeOf(one, [user(index % (2 * every) === every ? 'the Needle' : 'hay')]).begun,
					)
				const expected = made
					.filter((_, index) => index % every === 0)
					.toSorted((one, other) => one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1))
					.map(({ id }) => id)
				for (const order of ['asc', 'desc'] as const)
					for (const limit of [1, 7, 20].filter((size) => expected.length / size < 60)) {
						const pages: string[] = []
						for (let more = true, after: Conversation['id'] | undefined; more; ) {
							const page = await fixture.own.index.list({ limit, order, after, text: 'needle' })
							pages.push(...(page?.items ?? []).map(({ id }) => id))
							after = page?.items.at(-1)?.id
							more = page?.more === true
							expect(page?.items.length).toBe(more ? limit : expected.length - pages.length + (page?.items.length ?? 0))
						}
						expect(pages).toEqual(order === 'asc' ? expected : expected.toReversed())
					}
			})
	})
}

function exchangeOf(made: Conversation, inputs: readonly Message[]) {
	return { begun: turn({ conversation: made.id, create: made, inputs }), end: ended('an answer') }
}

async function store(fixture: StoreFixture, made: Conversation, inputs: readonly Message[]): Promise<void> {
	await fixture.exchange({ conversation: made.id, create: made, inputs }, 'an answer')
}

/** The ids of the conversations that are found, sorted. */
async function search(fixture: StoreFixture, text: string): Promise<readonly string[]> {
	const page = await fixture.own.index.list({ limit: 9, order: 'asc', text })
	return (page?.items ?? []).map(({ id }) => id).toSorted()
}
