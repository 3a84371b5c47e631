// The tree of messages in rows: the position of a new message, and the history from the first message to any other. See
// decisions/022.

import { z } from 'zod'
import type { Message } from '../../chat/message.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import { inputId, inputIdPrefix, type MessageId } from '../../conversations/message-id.ts'
import type { TurnId } from '../../conversations/turn-id.ts'
import type { Scope } from '../../keys/scope.ts'
import { readTreeRow, type TreeRow, type WrittenBody, writeMessage } from './conversation-rows.ts'
import { type Direction, type Fragment, ordered, type Row, type Sql } from './sql.ts'

/** The rows of a branch that belong to a history: those up to `depth`. */
export interface Segment {
	readonly branch: number
	readonly depth: number
}

export interface NewMessage {
	readonly id: MessageId
	readonly message: Message
	readonly written: WrittenBody
	readonly partial: boolean
}

export interface Attachment {
	readonly conversation: ConversationId
	readonly turn: TurnId
	readonly parent: MessageId | undefined
	/** Each message is the child of the one before it. */
	readonly messages: readonly NewMessage[]
	readonly createdAtMs: number
	/** Attach nothing if `parent` already has a child. */
	readonly exclusive: boolean
}

/** The position of a new message. */
export interface TreePosition {
	/** The parent; its branch and depth are -1 for the first message. */
	readonly before: Segment & { readonly pathBytes: number }
	/** The parent's branch if it can be extended, otherwise a new one. */
	readonly branch: number
	/** The parent already has a child. */
	readonly taken: boolean
}

export async function findMessage(sql: Sql, conversation: ConversationId, id: MessageId): Promise<TreeRow | undefined> {
	const [row] = await sql`SELECT * FROM messages WHERE conversation = ${conversation} AND id = ${id}`
	return row === undefined ? undefined : readTreeRow(row)
}

/** The last of a turn's inputs that was not removed; undefined if none is left. */
export async function lastInputOf(
	sql: Sql,
	conversation: ConversationId,
	turn: TurnId,
	inputs: number,
): Promise<MessageId | undefined> {
	for (let index = inputs - 1; index >= 0; index--) {
		const id = inputId(turn, index)
		const [row] = await sql`SELECT id FROM messages WHERE conversation = ${conversation} AND id = ${id}`
		if (row !== undefined) return id
	}
	return undefined
}

/** Attaches the first messages of a conversation that is created in the same transaction. */
export async function attachFirst(sql: Sql, attachment: Attachment): Promise<void> {
	await insert(sql, attachment, firstPosition)
}

/** To be called in a transaction. */
export async function attach(
	sql: Sql,
	scope: Scope,
	attachment: Attachment,
): Promise<'attached' | 'no-parent' | 'taken'> {
	const position = await positionAfter(sql, scope, attachment)
	if (position === undefined) return 'no-parent'
	if (attachment.exclusive && position.taken) return 'taken'
	await insert(sql, attachment, position)
	return 'attached'
}

/** Attaches one message at a known position, with statements that are sent immediately. */
export async function attachLast(sql: Sql, attachment: Attachment, position: TreePosition): Promise<void> {
	await insert(sql, attachment, position)
}

const firstPosition: TreePosition = { before: { branch: -1, depth: -1, pathBytes: 0 }, branch: 0, taken: false }

async function insert(sql: Sql, attachment: Attachment, { before, branch }: TreePosition): Promise<void> {
	const rows = rowsOf(attachment, before, branch)
	if (rows.length === 0) return
	const forked =
		branch !== before.branch && branch > 0
			? sql`
			INSERT INTO branches (conversation, branch, parent_branch, parent_depth)
			VALUES (${attachment.conversation}, ${branch}, ${before.branch}, ${before.depth})`
			: undefined
	const inserted = insertRows(sql, rows)
	await Promise.all([forked, inserted])
}

async function insertRows(sql: Sql, rows: readonly object[]): Promise<void> {
	for (let first = 0; first < rows.length; first += maxRowsPerStatement)
		await sql`INSERT INTO messages ${sql(rows.slice(first, first + maxRowsPerStatement))}`
}

/** SQLite allows 32,766 parameters in a statement, and PostgreSQL 65,535. The event loop builds one in a few milliseconds. */
export const maxRowsPerStatement = 500

const positionRow = z.object({
	branch: z.coerce.number(),
	depth: z.coerce.number(),
	path_bytes: z.coerce.number(),
	last_branch: z.coerce.number(),
	next_depth: z.unknown(),
	fork: z.unknown(),
})

/** @returns undefined if the conversation or the parent does not exist. */
async function positionAfter(
	sql: Sql,
	{ tenant, owner }: Scope,
	{ conversation, parent }: Attachment,
): Promise<TreePosition | undefined> {
	if (parent === undefined) {
		const [row] = await sql`
			SELECT (SELECT MAX(branch) FROM messages WHERE conversation = c.id) AS last_branch
			FROM conversations c WHERE id = ${conversation} AND tenant = ${tenant} AND owner = ${owner}`
		if (row === undefined) return undefined
		const last = row.last_branch === null ? -1 : Number(row.last_branch)
		return { ...firstPosition, branch: last + 1, taken: last >= 0 }
	}
	const [row] = await sql`
		${positionColumns(sql)} WHERE conversation = ${conversation} AND id = ${parent} AND ${belongsTo(sql, { tenant, owner })}`
	return row === undefined ? undefined : readPosition(row)
}

/** The position after the last input of a turn, or after its parent. @returns undefined if it has neither. */
export async function positionAfterTurn(sql: Sql, scope: Scope, turn: TurnId): Promise<TreePosition | undefined> {
	const [row] = await sql`
		${positionColumns(sql)} WHERE conversation = (SELECT conversation FROM turns WHERE id = ${turn})
			AND id = (SELECT CASE WHEN inputs > 0 THEN CAST(${inputIdPrefix(turn)} AS text) || CAST(inputs - 1 AS text) ELSE parent END
				FROM turns WHERE id = ${turn})
			AND ${belongsTo(sql, scope)}`
	return row === undefined ? undefined : readPosition(row)
}

/** Scalar subqueries instead of joins and EXISTS, which take five times as long in SQLite. */
function positionColumns(sql: Sql): Fragment {
	return sql.raw(`
		SELECT branch, depth, path_bytes,
			(SELECT MAX(branch) FROM messages WHERE conversation = m.conversation) AS last_branch,
			(SELECT MIN(depth) FROM messages
				WHERE conversation = m.conversation AND branch = m.branch AND depth > m.depth) AS next_depth,
			(SELECT MIN(branch) FROM branches WHERE conversation = m.conversation
				AND parent_branch = m.branch AND parent_depth = m.depth) AS fork
		FROM messages m`)
}

function belongsTo(sql: Sql, { tenant, owner }: Scope): Fragment {
	return sql.part`(SELECT tenant FROM conversations WHERE id = m.conversation) = ${tenant}
			AND (SELECT owner FROM conversations WHERE id = m.conversation) = ${owner}`
}

function readPosition(row: Row): TreePosition {
	const { branch, depth, path_bytes: pathBytes, last_branch: last, next_depth: next, fork } = positionRow.parse(row)
	const isLast = next === null
	return { before: { branch, depth, pathBytes }, branch: isLast ? branch : last + 1, taken: !isLast || fork !== null }
}

function rowsOf(
	{ conversation, turn, parent, messages, createdAtMs }: Attachment,
	before: Segment & { readonly pathBytes: number },
	branch: number,
) {
	let { pathBytes, depth } = before
	let previous = parent
	return messages.map(({ id, message, written, partial }) => {
		depth++
		pathBytes += written.bytes
		const row = writeMessage({
			conversation,
			id,
			parent: previous,
			turn,
			branch,
			depth,
			pathBytes,
			message,
			written,
			partial,
			createdAtMs,
		})
		previous = id
		return row
	})
}

/** The history up to a message as segments of branches, from its own branch back to the first. */
export async function segmentsTo(sql: Sql, conversation: ConversationId, tip: Segment): Promise<readonly Segment[]> {
	const segments: Segment[] = [{ branch: tip.branch, depth: tip.depth }]
	for (let { branch } = tip; branch > 0; ) {
		const [fork] = await sql`
			SELECT parent_branch, parent_depth FROM branches WHERE conversation = ${conversation} AND branch = ${branch}`
		if (fork === undefined || Number(fork.parent_branch) < 0) break
		branch = Number(fork.parent_branch)
		segments.push({ branch, depth: Number(fork.parent_depth) })
	}
	return segments
}

/** Rows per query. */
const chunkRows = 64

/** The last messages of a history, oldest first: as many as fit into `maxBytes`, at least one. */
export async function lastMessages(
	sql: Sql,
	conversation: ConversationId,
	segments: readonly Segment[],
	{ pathBytes, maxBytes }: { readonly pathBytes: number; readonly maxBytes: number },
): Promise<readonly TreeRow[]> {
	const floor = Math.min(pathBytes - maxBytes, pathBytes - 1)
	const found: TreeRow[] = []
	for (const { branch, depth } of segments)
		for (let below = depth + 1; ; ) {
			const rows = await sql`
				SELECT * FROM messages
				WHERE conversation = ${conversation} AND branch = ${branch} AND depth < ${below}
				ORDER BY depth DESC LIMIT ${chunkRows}`
			for (const row of rows) {
				const message = readTreeRow(row)
				if (message.pathBytes <= floor) return found.reverse()
				found.push(message)
				below = message.depth
			}
			if (rows.length < chunkRows) break
		}
	return found.reverse()
}

export interface MessageRange {
	/** Depths, exclusive. */
	readonly above: number
	readonly below: number
	readonly limit: number
	readonly order: Direction
}

/** Messages of a history in a range. */
export async function messagesBetween(
	sql: Sql,
	conversation: ConversationId,
	segments: readonly Segment[],
	{ above, below, limit, order }: MessageRange,
): Promise<readonly TreeRow[]> {
	const found: TreeRow[] = []
	const { direction } = ordered(sql, order)
	for (const { branch, depth } of order === 'desc' ? segments : segments.toReversed()) {
		const room = limit - found.length
		if (room <= 0) break
		const rows = await sql`
			SELECT * FROM messages
			WHERE conversation = ${conversation} AND branch = ${branch}
				AND depth > ${above} AND depth < ${below} AND depth <= ${depth}
			ORDER BY depth ${direction} LIMIT ${room}`
		found.push(...Array.from(rows, readTreeRow))
	}
	return found
}
