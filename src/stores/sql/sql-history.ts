// The messages of the conversations of one scope, in a database.

import type { Message } from '../../chat/message.ts'
import type { StoredMessage } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type {
	ExportedConversation,
	History,
	HistoryEnd,
	HistoryPageQuery,
	HistoryQuery,
} from '../../conversations/history.ts'
import { type MessageId, messageId } from '../../conversations/message-id.ts'
import type { Page } from '../../conversations/page.ts'
import type { Scope } from '../../keys/scope.ts'
import type { BodyWriter } from './body-writer.ts'
import { exportMessages, exportTurns } from './conversation-export.ts'
import { deleteEmptyBranches } from './conversation-removal.ts'
import { longText, readMessagesInSteps, readShortMessages, type TreeRow } from './conversation-rows.ts'
import { awaitsAnswer } from './conversation-tree.ts'
import { findMessage, lastMessages, messagesBetween, segmentsTo } from './message-tree.ts'
import { pageOf } from './page.ts'
import type { Sql } from './sql.ts'
import type { Reads, SqlDatabase } from './sql-database.ts'
import { shareOf } from './write-share.ts'

const deepest = 2_147_483_647
/** Maximum number of leading instruction messages of a conversation. */
const longestOpening = 8

export class SqlHistory implements History {
	private readonly database: SqlDatabase
	private readonly scope: Scope
	private readonly reads: Reads
	private readonly bodies: BodyWriter

	constructor(
		database: SqlDatabase,
		scope: Scope,
		{ reads, bodies }: { readonly reads: Reads; readonly bodies: BodyWriter },
	) {
		this.database = database
		this.scope = scope
		this.reads = reads
		this.bodies = bodies
	}

	async read(conversation: ConversationId, { tip, maxBytes }: HistoryQuery): Promise<HistoryEnd | undefined> {
		const last = await this.tipOf(conversation, tip)
		if (last === undefined) return undefined
		if (last === 'empty') return { messages: [], omitted: 0, opening: [] }
		const { sql } = this.reads
		const segments = await segmentsTo(sql, conversation, last)
		const messages = await lastMessages(sql, conversation, segments, { pathBytes: last.pathBytes, maxBytes })
		const first = messages[0] ?? last
		const parsed = await this.parse(messages)
		if (first.parent === undefined) return { messages: parsed, omitted: 0, opening: [] }
		const range = { above: -1, below: first.depth, limit: longestOpening, order: 'asc' } as const
		const begin = await this.parse(await messagesBetween(sql, conversation, segments, range))
		return { messages: parsed, omitted: first.depth, opening: instructionsOf(begin) }
	}

	async page(
		conversation: ConversationId,
		{ tip, after, limit, order }: HistoryPageQuery,
	): Promise<Page<StoredMessage> | undefined> {
		const last = await this.tipOf(conversation, tip)
		if (last === undefined) return undefined
		const { sql } = this.reads
		const seen = after === undefined ? undefined : await findMessage(sql, conversation, after)
		if (after !== undefined && seen === undefined) return undefined
		if (last === 'empty') return { items: [], more: false }
		const segments = await segmentsTo(sql, conversation, last)
		const found = await messagesBetween(sql, conversation, segments, {
			above: order === 'asc' ? (seen?.depth ?? -1) : -1,
			below: order === 'desc' ? (seen?.depth ?? deepest) : deepest,
			limit: limit + 1,
			order,
		})
		return pageOf(await this.parse(found), limit)
	}

	async message(conversation: ConversationId, id: MessageId): Promise<StoredMessage | undefined> {
		if ((await this.headOf(this.reads.sql, conversation)) === undefined) return undefined
		const found = await findMessage(this.reads.sql, conversation, id)
		const [message] = found === undefined ? [] : await this.parse([found])
		return message
	}

	async replace(conversation: ConversationId, id: MessageId, message: Message | undefined): Promise<boolean> {
		const [written] = message === undefined ? [] : await this.bodies.write(this.scope, [message])
		const found = await this.database.write(
			async (sql) => {
				await this.database.lock(sql, conversation)
				const head = await this.headOf(sql, conversation)
				const old = head === undefined ? undefined : await findMessage(sql, conversation, id)
				if (old === undefined) return false
				if (written === undefined) await removeMessage(sql, old, head === id)
				else
					await sql`
					UPDATE messages SET body = ${written.body}, search_text = ${written.searchText}
					WHERE conversation = ${conversation} AND id = ${id}`
				return true
			},
			undefined,
			shareOf(this.scope),
		)
		if (found) await this.database.erase()
		return found
	}

	async export(conversation: ConversationId): Promise<ExportedConversation | undefined> {
		const sql = this.reads.slowSql
		if ((await this.headOf(sql, conversation)) === undefined) return undefined
		return { messages: exportMessages(sql, conversation), turns: exportTurns(sql, conversation) }
	}

	/**
	 * The last message of the history; `empty` if the conversation has no head yet. Undefined if it or `tip` does not
	 * exist.
	 */
	private async tipOf(
		conversation: ConversationId,
		tip: MessageId | undefined,
	): Promise<TreeRow | 'empty' | undefined> {
		const head = await this.headOf(this.reads.sql, conversation)
		if (head === undefined) return undefined
		const last = tip ?? head
		return last === null ? 'empty' : findMessage(this.reads.sql, conversation, last)
	}

	/** In steps if they are long. */
	private async parse(rows: readonly TreeRow[]): Promise<readonly StoredMessage[]> {
		const characters = rows.reduce((sum, { body }) => sum + body.length, 0)
		if (characters < longText) return readShortMessages(rows)
		return this.bodies.run(this.scope, readMessagesInSteps(rows))
	}

	/** Null if it has none. Undefined if the scope has no such conversation. */
	private async headOf(sql: Sql, conversation: ConversationId): Promise<MessageId | null | undefined> {
		const { tenant, owner } = this.scope
		const [row] = await sql`
			SELECT head FROM conversations WHERE id = ${conversation} AND tenant = ${tenant} AND owner = ${owner}`
		if (row === undefined) return undefined
		return typeof row.head === 'string' ? messageId(row.head) : null
	}
}

/** The instructions at the beginning. */
function instructionsOf(begin: readonly StoredMessage[]): readonly StoredMessage[] {
	const end = begin.findIndex(({ message: { role } }) => role !== 'system' && role !== 'developer')
	return end === -1 ? begin : begin.slice(0, end)
}

/** Removes a message and attaches its children to its parent. */
async function removeMessage(sql: Sql, { conversation, id, parent }: TreeRow, isHead: boolean): Promise<void> {
	const before = parent ?? null
	await sql`UPDATE messages SET parent = ${before} WHERE conversation = ${conversation} AND parent = ${id}`
	// So that the answer of a turn without inputs follows that one, too.
	await sql`UPDATE turns SET parent = ${before} WHERE conversation = ${conversation} AND parent = ${id} AND ${awaitsAnswer(sql)}`
	await sql`DELETE FROM messages WHERE conversation = ${conversation} AND id = ${id}`
	await deleteEmptyBranches(sql, conversation)
	if (isHead) await sql`UPDATE conversations SET head = ${before} WHERE id = ${conversation}`
}
