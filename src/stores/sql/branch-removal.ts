// Removal of a message and of everything that follows it, in several transactions of a bounded size. The turns that follow
// are removed before those that they continue from: if the removal is interrupted, what is left is a conversation, and
// the removal can be repeated.

import { z } from 'zod'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import type { StoredAnswer, Turn } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { RemovalListener } from '../../conversations/conversation-store.ts'
import type { MessagePosition } from '../../conversations/message-id.ts'
import { answerId, inputId } from '../../conversations/message-id.ts'
import { type TurnId, turnId } from '../../conversations/turn-id.ts'
import { type Scope, sharePathOf } from '../../keys/scope.ts'
import { deleteEmptyBranches, deleteUnusedText } from './conversation-removal.ts'
import type { Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'
import { shareOf } from './write-share.ts'

export interface BranchRemoval {
	/** The turn of the first message. */
	readonly turn: Turn
	readonly first: MessagePosition
	/** Called before turns or their answers are removed. */
	readonly removing: RemovalListener
}

/** Bounds of one transaction, unless one turn is larger: bytes of messages, and messages. */
const [mostBytes, mostMessages] = [4_194_304, 256]

const turnRow = z.object({
	id: z.string().transform(turnId),
	parent: z.string().nullable(),
	inputs: z.coerce.number(),
})

const messageRow = z.object({
	id: z.string(),
	parent: z.string().nullable(),
	turn: z.string().transform(turnId),
	bytes: z.coerce.number(),
})

type TurnRow = z.infer<typeof turnRow>
type MessageRow = z.infer<typeof messageRow>

/** The rows of one turn that are removed. A removed turn may have left messages that others continued from. */
interface RemovedTurn {
	readonly id: TurnId
	readonly messages: readonly MessageRow[]
	/** Whether nothing is left of the turn. */
	readonly whole: boolean
}

export async function eraseFrom(database: SqlDatabase, scope: Scope, removal: BranchRemoval): Promise<void> {
	const { conversation } = removal.turn
	/** Messages that are removed, whether or not they have a row. */
	const ids = new Set<string>(firstIds(removal))
	// Turns may begin meanwhile after a message that is not removed yet.
	for (;;) {
		const following = await readFollowing(database.readsOf(sharePathOf(scope)).slowSql, removal, ids)
		if (following.length === 0) return
		// What is stored of the answers of a turn that is shortened is removed, too.
		await removal.removing(
			scope,
			following.map(({ id }) => id),
		)
		for (const group of groupsOf(following))
			await database.write(
				async (sql) => {
					await database.lock(sql, conversation)
					await eraseGroup(sql, scope, { ...removal, group, ids })
				},
				undefined,
				shareOf(scope, group.length),
			)
	}
}

/** Ids of the first message and of those after it in its turn. */
function firstIds({ turn, first: { index, isAnswer } }: BranchRemoval): readonly string[] {
	if (isAnswer) return [answerId(turn.id, index)]
	const inputs = Array.from({ length: Math.max(0, turn.inputs.length - index) }, (_, at) =>
		inputId(turn.id, index + at),
	)
	const answers = turn.answers.map(({ message }) => message)
	return [...inputs, ...(answers.length === 0 ? [answerId(turn.id, 0)] : answers)]
}

/**
 * The rows to remove, the newest turns first.
 *
 * @param ids gets those of all messages that follow.
 */
async function readFollowing(
	sql: Sql,
	{ turn: { id: firstTurn, conversation }, first }: BranchRemoval,
	ids: Set<string>,
): Promise<readonly RemovedTurn[]> {
	const { turns, messages } = await readRows(sql, conversation)
	const turnsAfter = Map.groupBy(turns.values(), ({ parent }) => parent)
	const messagesAfter = Map.groupBy(messages, ({ parent }) => parent)
	const ofTurn = Map.groupBy(messages, ({ turn }) => turn)
	const removed = new Set<TurnId>()
	for (const rest = [...ids]; ; ) {
		const id = rest.pop()
		if (id === undefined) break
		ids.add(id)
		const next = (messagesAfter.get(id) ?? []).map((message) => message.id)
		for (const turn of turnsAfter.get(id) ?? []) {
			removed.add(turn.id)
			next.push(...idsOf(turn), ...(ofTurn.get(turn.id) ?? []).map((message) => message.id))
		}
		rest.push(...next.filter((one) => !ids.has(one)))
	}
	const isFirstLeft =
		(ofTurn.get(firstTurn) ?? []).some(({ id }) => !ids.has(id)) || (!first.isAnswer && first.index > 0)
	if (turns.has(firstTurn) && !isFirstLeft) removed.add(firstTurn)
	for (const { id, turn } of messages) if (ids.has(id)) removed.add(turn)
	const isPartial = (id: TurnId) => id === firstTurn && isFirstLeft
	return [...removed]
		.sort()
		.reverse()
		.map((id) => ({
			id,
			messages: (ofTurn.get(id) ?? []).filter((message) => ids.has(message.id)),
			whole: !isPartial(id),
		}))
}

async function readRows(sql: Sql, conversation: ConversationId) {
	const turns = await sql`SELECT id, parent, inputs FROM turns WHERE conversation = ${conversation}`
	const messages = await sql`
		SELECT id, parent, turn, octet_length(body) AS bytes FROM messages WHERE conversation = ${conversation}`
	const read = Array.from(turns, (row) => turnRow.parse(row))
	return {
		turns: new Map(read.map((turn) => [turn.id, turn])),
		messages: Array.from(messages, (row) => messageRow.parse(row)),
	}
}

/** Turns may continue from a message without a row, too: it was removed before. */
function idsOf({ id, inputs }: TurnRow): readonly string[] {
	return [...Array.from({ length: inputs }, (_, index) => inputId(id, index)), answerId(id, 0)]
}

function* groupsOf(turns: readonly RemovedTurn[]): Generator<readonly RemovedTurn[]> {
	let group: RemovedTurn[] = []
	let [bytes, count] = [0, 0]
	for (const turn of turns) {
		const added = turn.messages.reduce((sum, message) => sum + message.bytes, 0)
		const rows = turn.messages.length + 1
		if (group.length > 0 && (bytes + added > mostBytes || count + rows > mostMessages)) {
			yield group
			;[group, bytes, count] = [[], 0, 0]
		}
		group.push(turn)
		bytes += added
		count += rows
	}
	if (group.length > 0) yield group
}

interface RemovedGroup extends BranchRemoval {
	readonly group: readonly RemovedTurn[]
	readonly ids: ReadonlySet<string>
}

async function eraseGroup(
	sql: Sql,
	scope: Scope,
	{ turn: { conversation }, first, group, ids }: RemovedGroup,
): Promise<void> {
	const texts = new Set<string>()
	for (const { id, messages, whole } of group) {
		// Ids of messages that refer to no row remain in no table.
		for (const message of messages) {
			await sql`DELETE FROM messages WHERE conversation = ${conversation} AND id = ${message.id}`
			await sql`DELETE FROM shares WHERE conversation = ${conversation} AND tip = ${message.id}`
		}
		if (whole) {
			const [row] = await sql`DELETE FROM turns WHERE id = ${id} AND conversation = ${conversation} RETURNING echo`
			if (row !== undefined) texts.add(String(row.echo))
		} else await shortenTurn(sql, id, first, ids)
	}
	await deleteEmptyBranches(sql, conversation)
	await moveHead(sql, conversation, ids)
	for (const text of texts) await deleteUnusedText(sql, scope, text)
}

/** The turn retains its messages before the first one that is removed. */
async function shortenTurn(sql: Sql, id: TurnId, { isAnswer, index }: MessagePosition, ids: ReadonlySet<string>) {
	const [row] = await sql`SELECT inputs, answers FROM turns WHERE id = ${id}`
	if (row === undefined) return
	const inputs = isAnswer ? Number(row.inputs) : Math.min(Number(row.inputs), index)
	const answers = parseJson(String(row.answers)) as readonly StoredAnswer[]
	const left = answers.filter(({ message }) => !ids.has(message))
	await sql`UPDATE turns SET inputs = ${inputs}, answers = ${stringifyJson(left)} WHERE id = ${id}`
}

/** Turns that are looked at in one statement. */
const turnsPerQuery = 50

async function moveHead(sql: Sql, conversation: ConversationId, removed: ReadonlySet<string>): Promise<void> {
	const [row] = await sql`SELECT head FROM conversations WHERE id = ${conversation}`
	if (typeof row?.head !== 'string' || !removed.has(row.head)) return
	const head = await lastMessage(sql, conversation, removed)
	await sql`UPDATE conversations SET head = ${head ?? null} WHERE id = ${conversation}`
}

/** The last message of the turn that ended last, among the messages that are not removed. */
async function lastMessage(
	sql: Sql,
	conversation: ConversationId,
	removed: ReadonlySet<string>,
): Promise<string | undefined> {
	for (let skipped = 0; ; skipped += turnsPerQuery) {
		const rows = await sql`
			SELECT id, parent, inputs, state FROM turns WHERE conversation = ${conversation} AND ended_at_ms IS NOT NULL
			ORDER BY ended_at_ms DESC, id DESC LIMIT ${turnsPerQuery} OFFSET ${skipped}`
		for (const row of rows) {
			const { id, inputs } = turnRow.parse(row)
			const candidates = [answerId(id, 0), ...(row.state === 'failed' || inputs === 0 ? [] : [inputId(id, inputs - 1)])]
			for (const last of candidates.filter((one) => !removed.has(one))) {
				const [found] = await sql`SELECT id FROM messages WHERE conversation = ${conversation} AND id = ${last}`
				if (found !== undefined) return last
			}
		}
		if (rows.length < turnsPerQuery) return undefined
	}
}
