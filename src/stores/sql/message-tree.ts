// Messages as a tree in rows: where a new one goes, and the way from the first one to any other. See decisions/022.

import { z } from 'zod'
import type { Message } from '../../chat/message.ts'
import type { Scope } from '../../keys/scope.ts'
import { type PlacedMessage, readMessage, writeMessage } from './conversation-rows.ts'
import type { Sql } from './sql.ts'

/** Rows of a branch that belong to a way: those up to `depth`. */
export interface Segment {
	readonly branch: number
	readonly depth: number
}

export interface NewMessage {
	readonly id: string
	readonly message: Message
	readonly partial: boolean
}

export interface Attachment {
	readonly conversation: string
	readonly turn: string
	readonly parent: string | undefined
	/** Each goes on from the one before it. */
	readonly messages: readonly NewMessage[]
	readonly createdAtMs: number
	/** Nothing where `parent` was gone on from already. */
	readonly exclusive: boolean
}

/** Behind which message something goes. */
interface Place {
	/** -1 where it is the first of all. */
	readonly before: Segment & { readonly pathBytes: number }
	/** The branch that goes on there, or a new one. */
	readonly branch: number
	/** Somebody has gone on from there already. */
	readonly taken: boolean
}

export async function findMessage(sql: Sql, conversation: string, id: string): Promise<PlacedMessage | undefined> {
	const [row] = await sql`SELECT * FROM messages WHERE conversation = ${conversation} AND id = ${id}`
	return row === undefined ? undefined : readMessage(row)
}

/** In a conversation that is made in the same transaction. */
export async function attachFirst(sql: Sql, attachment: Attachment): Promise<void> {
	await insert(sql, attachment, firstPlace)
}

/** To be called in a transaction. */
export async function attach(
	sql: Sql,
	scope: Scope,
	attachment: Attachment,
): Promise<'attached' | 'no-parent' | 'taken'> {
	const place = await placeBehind(sql, scope, attachment)
	if (place === undefined) return 'no-parent'
	if (attachment.exclusive && place.taken) return 'taken'
	await insert(sql, attachment, place)
	return 'attached'
}

const firstPlace: Place = { before: { branch: -1, depth: -1, pathBytes: 0 }, branch: 0, taken: false }

async function insert(sql: Sql, attachment: Attachment, { before, branch }: Place): Promise<void> {
	const rows = rowsOf(attachment, before, branch)
	if (rows.length === 0) return
	if (branch !== before.branch && branch > 0)
		await sql`
			INSERT INTO branches (conversation, branch, parent_branch, parent_depth)
			VALUES (${attachment.conversation}, ${branch}, ${before.branch}, ${before.depth})`
	await sql`INSERT INTO messages ${sql(rows)}`
}

const placeRow = z.object({
	branch: z.coerce.number(),
	depth: z.coerce.number(),
	path_bytes: z.coerce.number(),
	last_branch: z.coerce.number(),
	next_depth: z.unknown(),
	fork: z.unknown(),
})

/** @returns undefined where the conversation, or the parent in it, is not there. */
async function placeBehind(
	sql: Sql,
	{ tenant, owner }: Scope,
	{ conversation, parent }: Attachment,
): Promise<Place | undefined> {
	if (parent === undefined) {
		const [row] = await sql`
			SELECT (SELECT MAX(branch) FROM messages WHERE conversation = c.id) AS last_branch
			FROM conversations c WHERE id = ${conversation} AND tenant = ${tenant} AND owner = ${owner}`
		if (row === undefined) return undefined
		const last = row.last_branch === null ? -1 : Number(row.last_branch)
		return { ...firstPlace, branch: last + 1, taken: last >= 0 }
	}
	// Single values instead of joins and EXISTS: SQLite takes five times as long for these.
	const [row] = await sql`
		SELECT branch, depth, path_bytes,
			(SELECT MAX(branch) FROM messages WHERE conversation = m.conversation) AS last_branch,
			(SELECT MIN(depth) FROM messages
				WHERE conversation = m.conversation AND branch = m.branch AND depth > m.depth) AS next_depth,
			(SELECT MIN(branch) FROM branches WHERE conversation = m.conversation
				AND parent_branch = m.branch AND parent_depth = m.depth) AS fork
		FROM messages m WHERE conversation = ${conversation} AND id = ${parent}
			AND (SELECT tenant FROM conversations WHERE id = m.conversation) = ${tenant}
			AND (SELECT owner FROM conversations WHERE id = m.conversation) = ${owner}`
	if (row === undefined) return undefined
	const { branch, depth, path_bytes: pathBytes, last_branch: last, next_depth: next, fork } = placeRow.parse(row)
	const goesOn = next === null
	return { before: { branch, depth, pathBytes }, branch: goesOn ? branch : last + 1, taken: !goesOn || fork !== null }
}

function rowsOf(
	{ conversation, turn, parent, messages, createdAtMs }: Attachment,
	before: Segment & { readonly pathBytes: number },
	branch: number,
) {
	let { pathBytes, depth } = before
	let previous = parent
	return messages.map(({ id, message, partial }) => {
		depth++
		pathBytes += sizeOf(message)
		const row = writeMessage({
			conversation,
			id,
			...(previous === undefined ? {} : { parent: previous }),
			turn,
			branch,
			depth,
			pathBytes,
			message,
			partial,
			createdAtMs,
		})
		previous = id
		return row
	})
}

/** In bytes of JSON. */
function sizeOf(message: Message): number {
	return Buffer.byteLength(JSON.stringify(message))
}

/** The way to a message as rows of branches, from its own back to the first. */
export async function segmentsTo(sql: Sql, conversation: string, leaf: Segment): Promise<readonly Segment[]> {
	const segments: Segment[] = [{ branch: leaf.branch, depth: leaf.depth }]
	for (let { branch } = leaf; branch > 0; ) {
		const [fork] = await sql`
			SELECT parent_branch, parent_depth FROM branches WHERE conversation = ${conversation} AND branch = ${branch}`
		if (fork === undefined || Number(fork.parent_branch) < 0) break
		branch = Number(fork.parent_branch)
		segments.push({ branch, depth: Number(fork.parent_depth) })
	}
	return segments
}

/** Rows read at once while there is room for more. */
const chunkRows = 64

/** The last messages of a way, oldest first: as many as there is room for, at least one. */
export async function lastMessages(
	sql: Sql,
	conversation: string,
	segments: readonly Segment[],
	{ pathBytes, maxBytes }: { readonly pathBytes: number; readonly maxBytes: number },
): Promise<readonly PlacedMessage[]> {
	const floor = Math.min(pathBytes - maxBytes, pathBytes - 1)
	const found: PlacedMessage[] = []
	for (const { branch, depth } of segments)
		for (let below = depth + 1; ; ) {
			const rows = await sql`
				SELECT * FROM messages
				WHERE conversation = ${conversation} AND branch = ${branch} AND depth < ${below}
				ORDER BY depth DESC LIMIT ${chunkRows}`
			for (const row of rows) {
				const message = readMessage(row)
				if (message.pathBytes <= floor) return found.reverse()
				found.push(message)
				below = message.depth
			}
			if (rows.length < chunkRows) break
		}
	return found.reverse()
}

/** Messages of a way by their depth. */
export async function messagesBetween(
	sql: Sql,
	conversation: string,
	segments: readonly Segment[],
	{
		above,
		below,
		limit,
		order,
	}: { readonly above: number; readonly below: number; readonly limit: number; readonly order: 'asc' | 'desc' },
): Promise<readonly PlacedMessage[]> {
	const found: PlacedMessage[] = []
	const ordered = order === 'desc' ? segments : segments.toReversed()
	for (const { branch, depth } of ordered) {
		const room = limit - found.length
		if (room <= 0) break
		const rows = await (order === 'desc'
			? sql`
				SELECT * FROM messages
				WHERE conversation = ${conversation} AND branch = ${branch}
					AND depth > ${above} AND depth < ${below} AND depth <= ${depth}
				ORDER BY depth DESC LIMIT ${room}`
			: sql`
				SELECT * FROM messages
				WHERE conversation = ${conversation} AND branch = ${branch}
					AND depth > ${above} AND depth < ${below} AND depth <= ${depth}
				ORDER BY depth LIMIT ${room}`)
		found.push(...Array.from(rows, readMessage))
	}
	return found
}
