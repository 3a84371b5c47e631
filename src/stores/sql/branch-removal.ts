// Removal of a message and of everything that follows it, in several transactions of a bounded size. The turns that follow
// are removed before those that they continue from: if the removal is interrupted, what is left is a conversation, and
// the removal can be repeated.

import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import type { StoredAnswer, Turn } from '../../conversations/conversation.ts'
import { type ConversationId, conversationId } from '../../conversations/conversation-id.ts'
import type { RemovalListener } from '../../conversations/conversation-store.ts'
import type { MessagePosition } from '../../conversations/message-id.ts'
import { answerId, inputId, readMessageId } from '../../conversations/message-id.ts'
import { type TurnId, turnId } from '../../conversations/turn-id.ts'
import { answerDeleted } from '../../conversations/turns.ts'
import { type Scope, sharePathOf } from '../../keys/scope.ts'
import { deleteEmptyBranches, deleteUnusedText } from './conversation-removal.ts'
import { awaitsAnswer, type MessageRow, readConversationTree, rowsPerQuery, type TurnRow } from './conversation-tree.ts'
import { lastInputOf } from './message-tree.ts'
import type { Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'
import { shareOf } from './write-share.ts'

export interface BranchRemoval {
	/** The turn of the first message. */
	readonly turn: Turn
	readonly first: MessagePosition
	/** Milliseconds since 1970. */
	readonly nowMs: number
	/** Called before turns or their answers are removed. */
	readonly removing: RemovalListener
}

/** Bounds of one transaction, unless one message is larger: bytes of messages, and messages. */
const [mostBytes, mostMessages] = [4_194_304, 256]

/** The rows of one turn that are removed. A removed turn may have left messages that others continued from. */
interface RemovedTurn {
	readonly id: TurnId
	readonly messages: readonly MessageRow[]
	/** What happens to the turn: `shorten` if other messages are left. `later`: more of its messages are removed next. */
	readonly end: 'remove' | 'shorten' | 'later'
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
	const { turns, turnsAfter, messagesAfter, ofTurn } = await readConversationTree(sql, conversation)
	const removed = new Set<TurnId>()
	const visited = new Set<string>()
	const rest = [...ids]
	for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
		if (visited.has(id)) continue
		visited.add(id)
		ids.add(id)
		if (visited.size % rowsPerQuery === 0) await new Promise(setImmediate)
		for (const message of messagesAfter.get(id) ?? []) if (!ids.has(message.id)) rest.push(message.id)
		for (const turn of turnsAfter.get(id) ?? []) {
			removed.add(turn.id)
			for (const one of idsOf(turn)) if (!ids.has(one)) rest.push(one)
			for (const message of ofTurn.get(turn.id) ?? []) if (!ids.has(message.id)) rest.push(message.id)
		}
	}
	const isFirstLeft =
		(ofTurn.get(firstTurn) ?? []).some(({ id }) => !ids.has(id)) || (!first.isAnswer && first.index > 0)
	// The answer of a turn that is shortened follows, whether or not it exists yet.
	const isAwaited = turns.get(firstTurn)?.awaits === 1 && (!first.isAnswer || first.index === 0)
	if (turns.has(firstTurn) && (isAwaited || !isFirstLeft)) removed.add(firstTurn)
	const following: RemovedTurn[] = []
	// Newer ids are greater.
	for (const id of new Set([...removed, ...ofTurn.keys()].sort().reverse())) {
		const messages = (ofTurn.get(id) ?? []).filter((message) => ids.has(message.id))
		if (messages.length === 0 && !removed.has(id)) continue
		following.push({ id, messages, end: id === firstTurn && isFirstLeft ? 'shorten' : 'remove' })
		if (following.length % rowsPerQuery === 0) await new Promise(setImmediate)
	}
	return following
}

/** Turns may continue from a message without a row, too: it was removed before. */
function idsOf({ id, inputs }: TurnRow): readonly string[] {
	return [...Array.from({ length: inputs }, (_, index) => inputId(id, index)), answerId(id, 0)]
}

function* groupsOf(turns: readonly RemovedTurn[]): Generator<readonly RemovedTurn[]> {
	let group: RemovedTurn[] = []
	let [bytes, count] = [0, 0]
	for (const turn of partsOf(turns)) {
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

/** A turn of many messages is removed in several transactions, from its last message back. */
function* partsOf(turns: readonly RemovedTurn[]): Generator<RemovedTurn> {
	for (const { id, messages, end } of turns) {
		let part: MessageRow[] = []
		let bytes = 0
		for (const message of messages.toSorted((one, other) => positionOf(other.id) - positionOf(one.id))) {
			if (part.length >= mostMessages || (part.length > 0 && bytes + message.bytes > mostBytes)) {
				yield { id, messages: part, end: 'later' }
				;[part, bytes] = [[], 0]
			}
			part.push(message)
			bytes += message.bytes
		}
		yield { id, messages: part, end }
	}
}

/** In its turn. */
function positionOf(id: string): number {
	const { index, isAnswer } = readMessageId(id) ?? { index: 0, isAnswer: false }
	return isAnswer ? 1_000_000 + index : index
}

interface RemovedGroup extends BranchRemoval {
	readonly group: readonly RemovedTurn[]
	readonly ids: ReadonlySet<string>
}

async function eraseGroup(
	sql: Sql,
	scope: Scope,
	{ turn: { conversation }, first, nowMs, group, ids }: RemovedGroup,
): Promise<void> {
	const texts = new Set<string>()
	for (const { tip } of await sql`SELECT tip FROM shares WHERE conversation = ${conversation}`)
		if (ids.has(String(tip))) await sql`DELETE FROM shares WHERE conversation = ${conversation} AND tip = ${tip}`
	for (const { id, messages, end } of group) {
		// Ids of messages that refer to no row remain in no table.
		for (const message of messages)
			await sql`DELETE FROM messages WHERE conversation = ${conversation} AND id = ${message.id}`
		if (end === 'remove') {
			const [row] = await sql`DELETE FROM turns WHERE id = ${id} AND conversation = ${conversation} RETURNING echo`
			if (row !== undefined) texts.add(String(row.echo))
		}
		if (end === 'shorten') {
			await shortenTurn(sql, id, first, ids)
			await endWithoutAnswer(sql, id, nowMs)
		}
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

/** An answer that arrives later is not stored. */
async function endWithoutAnswer(sql: Sql, id: TurnId, nowMs: number): Promise<void> {
	const [row] =
		await sql`SELECT conversation, state, parent, inputs FROM turns WHERE id = ${id} AND ${awaitsAnswer(sql)}`
	if (row === undefined) return
	await sql`
		UPDATE turns SET state = CASE WHEN state = 'running' THEN 'cancelled' ELSE state END,
			ended_at_ms = COALESCE(ended_at_ms, ${nowMs}), error = ${stringifyJson(answerDeleted)}
		WHERE id = ${id}`
	const conversation = conversationId(String(row.conversation))
	const last = await lastInputOf(sql, conversation, id, Number(row.inputs))
	// As at any end: the inputs become the head, unless another turn has moved it since.
	if (row.state === 'running' && last !== undefined)
		await sql`
			UPDATE conversations SET head = ${last}
			WHERE id = ${conversation} AND COALESCE(head, '') = ${row.parent ?? ''}`
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
			SELECT id, inputs, state FROM turns WHERE conversation = ${conversation} AND ended_at_ms IS NOT NULL
			ORDER BY ended_at_ms DESC, id DESC LIMIT ${turnsPerQuery} OFFSET ${skipped}`
		for (const row of rows) {
			const id = turnId(String(row.id))
			const inputs = Number(row.inputs)
			const candidates = [answerId(id, 0), ...(row.state === 'failed' || inputs === 0 ? [] : [inputId(id, inputs - 1)])]
			for (const last of candidates.filter((one) => !removed.has(one))) {
				const [found] = await sql`SELECT id FROM messages WHERE conversation = ${conversation} AND id = ${last}`
				if (found !== undefined) return last
			}
		}
		if (rows.length < turnsPerQuery) return undefined
	}
}
