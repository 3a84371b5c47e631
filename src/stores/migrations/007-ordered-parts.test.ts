import { describe, expect, test } from 'bun:test'
import { alice, conversation, ended, everything, turn } from '../../conversations/conversation-store.testing.ts'
import { answerId } from '../../conversations/message-id.ts'
import { openDatabase } from '../open-stores.ts'
import { writeBody } from '../sql/conversation-rows.ts'
import type { Row, Sql } from '../sql/sql.ts'
import { SqlConversationStore } from '../sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { orderedParts, withOrderedParts, withUsageRest } from './007-ordered-parts.ts'
import { databaseServers, type NewDatabase, openInSeveralProcesses } from './databases.testing.ts'
import { stepsFrom, undoStepsFrom } from './undo.testing.ts'

const name = '007-ordered-parts'

describe('a message of an assistant', () => {
	test.each([
		[
			'with text',
			'{"role":"assistant","content":[{"type":"text","text":"Hi."}],"toolCalls":[],"name":"bot"}',
			'{"role":"assistant","content":[{"type":"text","text":"Hi."}],"name":"bot"}',
		],
		[
			'with reasoning, a refusal and calls',
			'{"role":"assistant","content":[{"type":"text","text":"No: "},{"type":"refusal","text":"never."}],"reasoning":"Hm.","toolCalls":[{"type":"function","id":"c1","name":"f","arguments":"{\\"a\\":1.0}"},{"type":"custom","id":"c2","name":"g","arguments":"x","proof":{"wire":"gemini","value":"s"},"cacheMark":"1h"}]}',
			'{"role":"assistant","content":[{"type":"reasoning","text":"Hm."},{"type":"text","text":"No: "},{"type":"refusal","text":"never."},{"type":"tool-call","kind":"function","id":"c1","name":"f","arguments":"{\\"a\\":1.0}"},{"type":"tool-call","kind":"custom","id":"c2","name":"g","arguments":"x","signature":{"wire":"gemini","value":"s"},"cacheMark":"1h"}]}',
		],
		[
			'with signed blocks, which replace the text of its reasoning',
			'{"role":"assistant","content":[],"reasoning":"Hm. So.","thoughts":[{"text":"Hm.","proof":{"wire":"anthropic","value":"s1"}},{"text":"","proof":{"wire":"anthropic","value":"s2"},"sealed":true},{"text":" So."}],"toolCalls":[]}',
			'{"role":"assistant","content":[{"type":"reasoning","text":"Hm.","signature":{"wire":"anthropic","value":"s1"}},{"type":"reasoning","text":"","signature":{"wire":"anthropic","value":"s2"},"encrypted":true},{"type":"reasoning","text":" So."}]}',
		],
		[
			'whose upstream skipped the index of a call',
			'{"role":"assistant","content":[],"toolCalls":[null,{"type":"function","id":"c1","name":"f","arguments":"{}"}]}',
			'{"role":"assistant","content":[{"type":"tool-call","kind":"function","id":"c1","name":"f","arguments":"{}"}]}',
		],
	])('%s gets ordered parts', (_, old, body) => {
		expect(withOrderedParts(old)).toBe(body)
		expect(withOrderedParts(body)).toBe(body)
	})

	test.each([
		'{"role":"user","content":[{"type":"text","text":"{\\"role\\":\\"assistant\\",\\"toolCalls\\":[]}"}]}',
		'{"role":"tool","callId":"c1","content":[{"type":"text","text":"9"}],"isError":true}',
		'{"role":"assistant","content":[{"type":"provider-item","wire":"w","item":{"id":12345678901234567890}}]}',
	])('%# of another form remains as it is', (body) => {
		expect(withOrderedParts(body)).toBe(body)
	})
})

test.each([
	[
		'{"promptTokens":1,"extra":{"a":{"b":1}},"source":"upstream"}',
		'{"promptTokens":1,"source":"upstream","rest":{"wire":"openai","fields":{"a":{"b":1}}}}',
	],
	[
		'{"promptTokens":1,"extra":{"a":1},"extraWire":"anthropic","source":"upstream"}',
		'{"promptTokens":1,"source":"upstream","rest":{"wire":"anthropic","fields":{"a":1}}}',
	],
	['{"promptTokens":1,"extra":{},"source":"upstream"}', '{"promptTokens":1,"source":"upstream"}'],
])('the fields of the upstream in usage become its rest: %#', (old, usage) => {
	expect(withUsageRest(old)).toBe(usage)
	expect(withUsageRest(usage)).toBe(usage)
})

const oldBody = '{"role":"assistant","content":[{"type":"text","text":"old"}],"reasoning":"Hm.","toolCalls":[]}'
const oldUsage = '{"promptTokens":1,"extra":{"a":1},"source":"upstream"}'

function text(role: string, length: number, more: object = {}): string {
	return JSON.stringify({ role, content: [{ type: 'text', text: 'Ö'.repeat(length) }], ...more })
}

interface OldMessage {
	readonly id: string
	readonly parent: string | null
	readonly branch: number
	readonly depth: number
	readonly body: string
}

/** A conversation of `length` messages, and a branch after its third message. */
function oldConversation(conversation: string, length: number): readonly Row[] {
	const bodyOf = (depth: number) =>
		depth % 2 === 0 ? text('user', depth) : text('assistant', depth, { reasoning: 'So.', toolCalls: [] })
	const trunk = Array.from({ length }, (_, depth) => ({
		id: `m${depth}`,
		parent: depth === 0 ? null : `m${depth - 1}`,
		branch: 0,
		depth,
		body: bodyOf(depth),
	}))
	const fork = [3, 4].map((depth) => ({
		id: `f${depth}`,
		parent: depth === 3 ? 'm2' : 'f3',
		branch: 1,
		depth,
		body: bodyOf(depth),
	}))
	const sizes = new Map<string | null, number>([[null, 0]])
	return [...trunk, ...fork].map((message: OldMessage) => {
		const size = (sizes.get(message.parent) ?? 0) + Buffer.byteLength(message.body)
		sizes.set(message.id, size)
		const search = writeBody(JSON.parse(message.body)).searchText
		return { conversation, ...message, turn: 't', path_bytes: size, search_text: search, partial: 0, created_at_ms: 1 }
	})
}

function oldTurn(id: string): Row {
	return {
		...{ id, tenant: 'default', owner: 'alice', conversation: 'c', began_conversation: 0, surface: 'chat', stored: 1 },
		...{ state: 'completed', process: '', parent: null, model: 'm', inputs: 1, answers: '[]' },
		usage: id === 't0' ? null : oldUsage,
		...{ error: null, metadata: '{}', echo: '', created_at_ms: 1, ended_at_ms: 1 },
	}
}

const longConversation = 3000

/** Rows that the previous version wrote. */
async function fill(database: SqlDatabase, kind: string): Promise<void> {
	const messages = [...oldConversation('a', 9), ...oldConversation('b', longConversation), ...oldConversation('c', 5)]
	await database.write(async (sql) => {
		for (let at = 0; at < messages.length; at += 500)
			await sql`INSERT INTO messages ${sql(messages.slice(at, at + 500))}`
		await sql`INSERT INTO turns ${sql(Array.from({ length: 600 }, (_, index) => oldTurn(`t${index}`)))}`
		await undoStepsFrom(sql, name, kind)
	})
}

async function expectRewritten({ sql }: SqlDatabase): Promise<void> {
	const rows = await sql`SELECT * FROM messages ORDER BY conversation, branch, depth`
	expect(rows.length).toBe(9 + longConversation + 5 + 6)
	const sizes = new Map<string, number>()
	for (const { conversation, id, parent, body, path_bytes: size, search_text: search } of rows) {
		expect(body).not.toContain('toolCalls')
		const expected = (sizes.get(`${conversation} ${parent}`) ?? 0) + Buffer.byteLength(String(body))
		expect(Number(size)).toBe(expected)
		sizes.set(`${conversation} ${id}`, expected)
		expect(search).toBe(writeBody(JSON.parse(String(body))).searchText)
	}
	const usage = await sql`SELECT usage, COUNT(*) AS turns FROM turns GROUP BY usage ORDER BY COUNT(*)`
	expect(Array.from(usage, ({ usage, turns }) => [usage, Number(turns)])).toEqual([
		[null, 1],
		['{"promptTokens":1,"source":"upstream","rest":{"wire":"openai","fields":{"a":1}}}', 599],
	])
}

function rewriteTests(kind: string, create: () => Promise<NewDatabase>): void {
	describe(`on ${kind}`, () => {
		/** A database of the previous version, which `change` changes. */
		async function withOldDatabase(test: (address: string) => Promise<void>, change?: (sql: Sql) => Promise<void>) {
			const { address, drop } = await create()
			try {
				const old = await openDatabase(address, 'create')
				await fill(old, kind)
				if (change !== undefined) await old.write(change)
				await old.close()
				await test(address)
			} finally {
				await drop()
			}
		}

		async function expectMigrated(address: string, migrated: readonly string[]): Promise<void> {
			const database = await openDatabase(address, 'create')
			expect(database.migrated).toEqual(migrated)
			await expectRewritten(database)
			await database.close()
		}

		test('messages, the sizes of their histories and usage are rewritten once', () =>
			withOldDatabase(async (address) => {
				await expectMigrated(address, stepsFrom(name))
				await expectMigrated(address, [])
			}))

		test('an interrupted step starts again', () =>
			withOldDatabase(
				(address) => expectMigrated(address, stepsFrom(name)),
				// Batches that end within a conversation, between messages and a fork, and within a branch.
				async (sql) => {
					let last: Row | undefined
					for (const size of [8, 2, 1000]) last = (await orderedParts[0]?.rewriteBatch(sql, size, last))?.at(-1)
				},
			))

		test('what a process of the former version writes after the migration is read', () =>
			withOldDatabase(async (address) => {
				const database = await openDatabase(address, 'create')
				const own = new SqlConversationStore(database).in(alice)
				const made = conversation()
				const begun = turn({ conversation: made.id, create: made })
				await own.turns.begin(begun)
				await own.turns.end(begun.id, ended('new'))
				await database.write(async (sql) => {
					await sql`UPDATE messages SET body = ${oldBody} WHERE conversation = ${made.id} AND id = ${answerId(begun.id, 0)}`
					await sql`UPDATE turns SET usage = ${oldUsage} WHERE id = ${begun.id}`
				})
				const history = await own.history.read(made.id, everything)
				expect(history?.messages.at(-1)?.message.content.map(({ type }) => type)).toEqual(['reasoning', 'text'])
				expect((await own.turns.find(begun.id))?.usage?.rest).toEqual({ wire: 'openai', fields: { a: 1 } })
				await database.close()
			}))

		test('several processes migrate at the same time', () =>
			withOldDatabase(async (address) => {
				expect(await openInSeveralProcesses(address)).toEqual(stepsFrom(name).toSorted())
				await expectMigrated(address, [])
			}))
	})
}

for (const { kind, create } of databaseServers) rewriteTests(kind, create)
