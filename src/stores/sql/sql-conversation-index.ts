// The conversations of one scope, in a database.

import type { Conversation } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type {
	ConversationChange,
	ConversationIndex,
	ConversationQuery,
	FoundConversation,
} from '../../conversations/conversation-index.ts'
import type { RemovalListener } from '../../conversations/conversation-store.ts'
import type { Page } from '../../conversations/page.ts'
import { turnId } from '../../conversations/turn-id.ts'
import type { Scope } from '../../keys/scope.ts'
import type { BodyWriter } from './body-writer.ts'
import { inOrder, selected } from './conversation-list.ts'
import { eraseConversations } from './conversation-removal.ts'
import { readConversation, writeConversation } from './conversation-rows.ts'
import { searchConversations } from './conversation-search.ts'
import { findMessage } from './message-tree.ts'
import { pageOf } from './page.ts'
import { foldText } from './search-text.ts'
import type { Reads, SqlDatabase } from './sql-database.ts'
import { shareOf } from './write-share.ts'

export class SqlConversationIndex implements ConversationIndex {
	private readonly database: SqlDatabase
	private readonly scope: Scope
	private readonly reads: Reads
	private readonly bodies: BodyWriter
	private readonly removing: RemovalListener

	/** @param removing called before turns are removed. */
	constructor(
		database: SqlDatabase,
		scope: Scope,
		{
			reads,
			bodies,
			removing,
		}: { readonly reads: Reads; readonly bodies: BodyWriter; readonly removing: RemovalListener },
	) {
		this.database = database
		this.scope = scope
		this.reads = reads
		this.bodies = bodies
		this.removing = removing
	}

	async create(conversation: Conversation): Promise<void> {
		const row = writeConversation(this.scope, conversation)
		await this.database.write((sql) => sql`INSERT INTO conversations ${sql([row])}`, undefined, shareOf(this.scope))
	}

	async find(id: ConversationId): Promise<Conversation | undefined> {
		const { tenant, owner } = this.scope
		const [row] = await this.reads.sql`
			SELECT * FROM conversations WHERE id = ${id} AND tenant = ${tenant} AND owner = ${owner}`
		return row === undefined ? undefined : readConversation(row)
	}

	async list(query: ConversationQuery): Promise<Page<FoundConversation> | undefined> {
		const { after, limit, order, orderBy = 'created_at', user, text, metadata = {} } = query
		const last = after === undefined ? undefined : await this.find(after)
		if (after !== undefined && last === undefined) return undefined
		const { database, scope } = this
		const selection = { scope, order, orderBy, user, metadata, after: last }
		const folded = foldText(text ?? '')
		if (folded !== '') return searchConversations(database, this.bodies, { ...selection, text: folded, limit })
		const { sql } = this.reads
		const rows = await sql`
			SELECT * FROM conversations 
			WHERE ${selected(sql, database.textIndex.position, selection)} ${inOrder(sql, selection)} LIMIT ${limit + 1}`
		return pageOf(Array.from(rows, readConversation), limit)
	}

	async update(id: ConversationId, change: ConversationChange): Promise<Conversation | undefined> {
		const { title, metadata, head, updatedAtMs } = change
		const { tenant, owner } = this.scope
		return this.database.write(
			async (sql) => {
				await this.database.lock(sql, id)
				const [row] = await sql`
				SELECT * FROM conversations WHERE id = ${id} AND tenant = ${tenant} AND owner = ${owner}`
				if (row === undefined) return undefined
				if (head !== undefined && (await findMessage(sql, id, head)) === undefined) return undefined
				const found = readConversation(row)
				const changed: Conversation = {
					...found,
					title: title === undefined ? found.title : (title ?? undefined),
					metadata: metadata ?? found.metadata,
					head: head ?? found.head,
					updatedAtMs: updatedAtMs ?? found.updatedAtMs,
				}
				const columns = writeConversation(this.scope, changed)
				await sql`
				UPDATE conversations SET title = ${columns.title}, search_title = ${columns.search_title},
					metadata = ${columns.metadata}, head = ${columns.head}, updated_at_ms = ${changed.updatedAtMs}
				WHERE id = ${id}`
				return changed
			},
			undefined,
			shareOf(this.scope),
		)
	}

	async remove(id: ConversationId): Promise<boolean> {
		const { tenant, owner } = this.scope
		const turns = await this.reads.sql`
			SELECT id FROM turns WHERE conversation = ${id} AND tenant = ${tenant} AND owner = ${owner}`
		await this.removing(
			this.scope,
			Array.from(turns, (row) => turnId(String(row.id))),
		)
		const removed = (await eraseConversations(this.database, [{ id, scope: this.scope }])) > 0
		if (removed) await this.database.erase()
		return removed
	}

	async removeAll(user?: string): Promise<number> {
		const { tenant, owner } = this.scope
		await this.removing(this.scope, user === undefined ? 'all' : await this.turnsOf(user))
		const rows = await this.reads.sql`
			SELECT id FROM conversations
			WHERE tenant = ${tenant} AND owner = ${owner} AND COALESCE(end_user, '') = COALESCE(${user ?? null}, end_user, '')`
		const count = await eraseConversations(
			this.database,
			Array.from(rows, ({ id }) => ({ id: String(id), scope: this.scope })),
		)
		if (count > 0) await this.database.erase()
		return count
	}

	private async turnsOf(user: string) {
		const { tenant, owner } = this.scope
		const rows = await this.reads.sql`
			SELECT turns.id FROM turns JOIN conversations c ON c.id = turns.conversation
			WHERE c.tenant = ${tenant} AND c.owner = ${owner} AND COALESCE(c.end_user, '') = ${user}`
		return Array.from(rows, (row) => turnId(String(row.id)))
	}
}
