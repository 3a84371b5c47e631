// The shares of one scope, in a database.

import { z } from 'zod'
import { type ConversationId, conversationId } from '../../conversations/conversation-id.ts'
import { messageId } from '../../conversations/message-id.ts'
import { type ShareId, shareId } from '../../conversations/share-id.ts'
import {
	maxShares,
	type Share,
	type ShareCreation,
	type SharedBranch,
	type Shares,
} from '../../conversations/shares.ts'
import { ownerId, type Scope } from '../../keys/scope.ts'
import type { BodyWriter } from './body-writer.ts'
import { readAnswerModel } from './conversation-rows.ts'
import { findMessage } from './message-tree.ts'
import type { Sql } from './sql.ts'
import type { Reads, SqlDatabase } from './sql-database.ts'
import { SqlHistory } from './sql-history.ts'
import { shareOf } from './write-share.ts'

const number = z.coerce.number()

const shareRow = z.object({
	id: z.string().transform(shareId),
	conversation: z.string().transform(conversationId),
	tip: z.string().transform(messageId),
	files: number,
	created_at_ms: number,
	ends_at_ms: number.nullable(),
})

export class SqlShares implements Shares {
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

	async create({ id, conversation, tip, files, createdAtMs, endsAtMs }: Share): Promise<ShareCreation> {
		const { tenant, owner } = this.scope
		return this.database.write(
			async (sql) => {
				await this.database.lock(sql, conversation)
				if (!(await this.owns(sql, conversation))) return 'not-found'
				if ((await findMessage(sql, conversation, tip)) === undefined) return 'not-found'
				await sql`DELETE FROM shares WHERE conversation = ${conversation} AND ends_at_ms <= ${createdAtMs}`
				const [found] = await sql`SELECT COUNT(*) AS shares FROM shares WHERE conversation = ${conversation}`
				if (Number(found?.shares) >= maxShares) return 'full'
				const row = { id, tenant, owner, conversation, tip, files: files ? 1 : 0, created_at_ms: createdAtMs }
				await sql`INSERT INTO shares ${sql([{ ...row, ends_at_ms: endsAtMs ?? null }])}`
				return 'created'
			},
			undefined,
			shareOf(this.scope),
		)
	}

	async list(conversation: ConversationId): Promise<readonly Share[] | undefined> {
		const { sql } = this.reads
		if (!(await this.owns(sql, conversation))) return undefined
		const rows = await sql`
			SELECT * FROM shares WHERE conversation = ${conversation} ORDER BY created_at_ms DESC, id DESC`
		return Array.from(rows, readShare)
	}

	async remove(conversation: ConversationId, id: ShareId): Promise<boolean> {
		const { tenant, owner } = this.scope
		return this.database.write(
			async (sql) => {
				const mine = sql.part`id = ${id} AND conversation = ${conversation} AND tenant = ${tenant} AND owner = ${owner}`
				const rows = await sql`DELETE FROM shares WHERE ${mine} RETURNING id`
				return rows.length > 0
			},
			undefined,
			shareOf(this.scope),
		)
	}

	async open(id: ShareId, nowMs: number): Promise<SharedBranch | undefined> {
		const { tenant } = this.scope
		const { reads, bodies } = this
		const { sql } = reads
		const [row] = await sql`
			SELECT s.*, c.title FROM shares s
			JOIN conversations c ON c.id = s.conversation AND c.tenant = s.tenant AND c.owner = s.owner
			WHERE s.id = ${id} AND s.tenant = ${tenant} AND (s.ends_at_ms IS NULL OR s.ends_at_ms > ${nowMs})`
		if (row === undefined) return undefined
		const share = readShare(row)
		// The data of the one who shares, read in the turn of the one who opens it.
		const history = new SqlHistory(this.database, { tenant, owner: ownerId(String(row.owner)) }, { reads, bodies })
		const read = await history.read(share.conversation, { tip: share.tip, maxBytes: Number.MAX_SAFE_INTEGER })
		if (read === undefined) return undefined
		const turns = await sql`SELECT id, model, usage FROM turns WHERE conversation = ${share.conversation}`
		const models = new Map(Array.from(turns, (turn) => [String(turn.id), readAnswerModel(turn)]))
		const messages = read.messages.map((message) => ({ ...message, model: models.get(message.turn) ?? '' }))
		return { share, title: row.title === null ? undefined : String(row.title), messages }
	}

	private async owns(sql: Sql, conversation: ConversationId): Promise<boolean> {
		const { tenant, owner } = this.scope
		const [found] = await sql`
			SELECT id FROM conversations WHERE id = ${conversation} AND tenant = ${tenant} AND owner = ${owner}`
		return found !== undefined
	}
}

function readShare(row: unknown): Share {
	const { files, created_at_ms, ends_at_ms, ...rest } = shareRow.parse(row)
	return { ...rest, files: files === 1, createdAtMs: created_at_ms, endsAtMs: ends_at_ms ?? undefined }
}
