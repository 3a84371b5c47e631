// Messages as a tree in rows: where a new one goes, and the way from the first one to any other. See decisions/022.

import type { SQL } from 'bun'
import type { Message } from '../../chat/message.ts'
import { type PlacedMessage, readMessage, writeMessage } from './conversation-rows.ts'

/** What stands before the first message of all. */
const root = { branch: -1, depth: -1, pathBytes: 0 } as const

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

export async function findMessage(sql: SQL, conversation: string, id: string): Promise<PlacedMessage | undefined> {
	const [row] = await sql`SELECT * FROM messages WHERE conversation = ${conversation} AND id = ${id}`
	return row === undefined ? undefined : readMessage(row)
}

/** To be called in a transaction. */
export async function attach(sql: SQL, attachment: Attachment): Promise<'attached' | 'no-parent' | 'taken'> {
	const { conversation, parent, messages, exclusive } = attachment
	const before = parent === undefined ? root : await findMessage(sql, conversation, parent)
	if (before === undefined) return 'no-parent'
	const place = await placeBehind(sql, conversation, before)
	if (exclusive && place.taken) return 'taken'
	if (place.branch !== before.branch && messages.length > 0)
		await sql`
			INSERT INTO branches (conversation, branch, parent_branch, parent_depth)
			VALUES (${conversation}, ${place.branch}, ${before.branch}, ${before.depth})`
	const rows = rowsOf(attachment, before, place.branch)
	if (rows.length > 0) await sql`INSERT INTO messages ${sql(rows)}`
	return 'attached'
}

async function placeBehind(
	sql: SQL,
	conversation: string,
	{ branch, depth }: Segment,
): Promise<{ readonly branch: number; readonly taken: boolean }> {
	const [found] = await sql`
		SELECT
			(SELECT MAX(branch) FROM messages WHERE conversation = ${conversation}) AS last_branch,
			(SELECT MIN(depth) FROM messages
				WHERE conversation = ${conversation} AND branch = ${branch} AND depth > ${depth}) AS next_depth,
			(SELECT MIN(branch) FROM branches
				WHERE conversation = ${conversation} AND parent_branch = ${branch} AND parent_depth = ${depth}) AS fork`
	const last: unknown = found?.last_branch
	const taken = found?.next_depth != null || found?.fork != null
	if (last == null) return { branch: 0, taken }
	return branch >= 0 && found?.next_depth == null ? { branch, taken } : { branch: Number(last) + 1, taken }
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
export async function segmentsTo(sql: SQL, conversation: string, leaf: Segment): Promise<readonly Segment[]> {
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

/** The last messages of a way, oldest first: as many as there is room for, at least one. */
export async function lastMessages(
	sql: SQL,
	conversation: string,
	segments: readonly Segment[],
	{ pathBytes, maxBytes }: { readonly pathBytes: number; readonly maxBytes: number },
): Promise<readonly PlacedMessage[]> {
	const floor = Math.min(pathBytes - maxBytes, pathBytes - 1)
	const parts: PlacedMessage[][] = []
	for (const { branch, depth } of segments) {
		const rows: readonly unknown[] = await sql`
			SELECT * FROM messages
			WHERE conversation = ${conversation} AND branch = ${branch} AND path_bytes > ${floor} AND depth <= ${depth}
			ORDER BY path_bytes`
		parts.unshift(Array.from(rows, readMessage))
		const [first] = parts[0] ?? []
		if (first !== undefined && first.pathBytes - sizeOf(first.message) <= floor) break
	}
	return parts.flat()
}

/** Messages of a way by their depth. */
export async function messagesBetween(
	sql: SQL,
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
		const rows: readonly unknown[] = await (order === 'desc'
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
