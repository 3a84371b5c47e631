// How long the next turn of a long conversation waits for its history: in an otherwise empty database, and in one with
// a million messages.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConversationId, newConversationId } from '../../src/conversations/conversation-id.ts'
import { messageId } from '../../src/conversations/message-id.ts'
import { turnId } from '../../src/conversations/turn-id.ts'
import type { TreeMessage } from '../../src/stores/sql/conversation-rows.ts'
import { writeBody, writeConversation, writeMessage } from '../../src/stores/sql/conversation-rows.ts'
import { SqlConversationStore } from '../../src/stores/sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../../src/stores/sql/sql-database.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { temporaryFolder } from '../../test/server.ts'
import { assistant, scope, user } from './turns.ts'

export interface ContextTimes {
	readonly messages: number
	/** Messages in the context. */
	readonly read: number
	/** Milliseconds. */
	readonly p50: number
	readonly p99: number
}

const conversationLength = 10_000
/** Size of a context of about 8,000 tokens, in bytes. */
const maxBytes = 32_768
const reads = 2000
const rowsAtOnce = 500
const sentence = 'Every user who asks a model a question hopes for an answer that is both short and correct. '

export async function measureContext(messages: number): Promise<ContextTimes> {
	const folder = await temporaryFolder()
	const database = await openSqlite(join(folder, 'bench.sqlite'))
	try {
		const ids: ConversationId[] = []
		for (let made = 0; made < messages; made += conversationLength) ids.push(await fill(database))
		const { history } = new SqlConversationStore(database).in(scope)
		const times: number[] = []
		let read = 0
		for (let call = 0; call < reads + 50; call++) {
			const id = ids[(call * 7919) % ids.length] ?? newConversationId()
			const startMs = performance.now()
			const end = await history.read(id, { maxBytes })
			// Statements are prepared in the first calls.
			if (call >= 50) times.push(performance.now() - startMs)
			read = end?.messages.length ?? 0
		}
		times.sort((a, b) => a - b)
		const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
		return { messages, read, p50: at(0.5), p99: at(0.99) }
	} finally {
		await database.close()
		await rm(folder, { recursive: true })
	}
}

/** A conversation of ten thousand messages. @returns its id. */
async function fill(database: SqlDatabase): Promise<ConversationId> {
	const conversation = newConversationId()
	const rows = Array.from(placed(conversation), (placed) =>
		writeMessage({ ...placed, written: writeBody(placed.message) }),
	)
	await database.write(async (sql) => {
		for (let at = 0; at < rows.length; at += rowsAtOnce)
			await sql`INSERT INTO messages ${sql(rows.slice(at, at + rowsAtOnce))}`
		const head = rows.at(-1)?.id
		const row = { id: conversation, metadata: {}, listed: true, head, createdAtMs: 1, updatedAtMs: 1 }
		await sql`INSERT INTO conversations ${sql([writeConversation(scope, row)])}`
	})
	return conversation
}

function* placed(conversation: ConversationId): Generator<TreeMessage> {
	let pathBytes = 0
	for (let depth = 0; depth < conversationLength; depth++) {
		const text = sentence.repeat(1 + (depth % 4))
		const message = depth % 2 === 0 ? user(text) : assistant(text)
		pathBytes += JSON.stringify(message).length
		yield {
			conversation,
			id: messageId(`${conversation}-${depth}`),
			parent: depth === 0 ? undefined : messageId(`${conversation}-${depth - 1}`),
			turn: turnId(conversation),
			branch: 0,
			depth,
			pathBytes,
			message,
			partial: false,
			createdAtMs: depth,
		}
	}
}
