// Writes the end of a turn: its state, its answers as messages after its inputs, and the head of its conversation. It does not know who
// may end a turn.

import { stringifyJson } from '../../chat/json-text.ts'
import type { Message } from '../../chat/message.ts'
import type { Turn } from '../../conversations/conversation.ts'
import { answerId, type MessageId } from '../../conversations/message-id.ts'
import { answerDeleted, type TurnEnd } from '../../conversations/turns.ts'
import type { Scope } from '../../keys/scope.ts'
import { type WrittenBody, writeBody } from './conversation-rows.ts'
import { type Attachment, attach, attachLast, lastInputOf, type TreePosition } from './message-tree.ts'
import { LastStatements, type Sql } from './sql.ts'

/** The messages whose bodies `writeTurnEnd` needs. */
export function messagesOf({ answers }: TurnEnd): readonly Message[] {
	return answers.map(({ message }) => message)
}

export interface WrittenEnd {
	readonly ended: TurnEnd
	/** The bodies of the answers. */
	readonly bodies: readonly WrittenBody[]
	/** Where the only answer is attached, if that is known. */
	readonly position: TreePosition | undefined
}

/** To be called in a transaction. @param turn as it is in this transaction. */
export async function writeTurnEnd(
	sql: Sql,
	scope: Scope,
	turn: Turn,
	{ ended, bodies, position }: WrittenEnd,
): Promise<LastStatements<undefined>> {
	if (isEndedByOthers(turn)) await writeLateAnswers(sql, scope, turn, ended, bodies)
	if (turn.state !== 'running') return new LastStatements(undefined, [])
	const [answer] = attachmentsOf(turn, turn.inputs.at(-1) ?? turn.parent, ended, bodies)
	if (position !== undefined && answer !== undefined)
		return new LastStatements(undefined, [
			updateTurn(sql, turn, ended),
			attachLast(sql, answer, position),
			moveHead(sql, turn, ended, answerId(turn.id, 0)),
		])
	await updateTurn(sql, turn, ended)
	const lastInput = await lastInputOf(sql, turn.conversation, turn.id, turn.inputs.length)
	const isAttached = await attachAnswers(sql, scope, turn, lastInput ?? turn.parent, ended, bodies)
	const head = isAttached ? answerId(turn.id, 0) : ended.state === 'failed' ? undefined : lastInput
	return new LastStatements(undefined, head === undefined ? [] : [moveHead(sql, turn, ended, head)])
}

/** Whether another process may have ended it, without the answer. */
function isEndedByOthers({ state, answers }: Turn): boolean {
	return (state === 'interrupted' || state === 'cancelled') && answers.length === 0
}

/** Stores the answers and the usage of a turn whose state is final already. */
async function writeLateAnswers(
	sql: Sql,
	scope: Scope,
	turn: Turn,
	ended: TurnEnd,
	bodies: readonly WrittenBody[],
): Promise<void> {
	const { answers, usage, endedAtMs } = ended
	if (usage !== undefined && turn.usage === undefined)
		await sql`UPDATE turns SET usage = ${writeUsage(ended)} WHERE id = ${turn.id}`
	if (answers.length === 0 || turn.error?.code === answerDeleted.code) return
	await sql`UPDATE turns SET answers = ${stringifyJson(storedAnswers(turn, ended))} WHERE id = ${turn.id}`
	const parent = (await lastInputOf(sql, turn.conversation, turn.id, turn.inputs.length)) ?? turn.parent
	if (!(await attachAnswers(sql, scope, turn, parent, ended, bodies))) return
	// The answer becomes the head, unless another turn has moved it since.
	await sql`
		UPDATE conversations SET head = ${answerId(turn.id, 0)}, updated_at_ms = ${endedAtMs}
		WHERE id = ${turn.conversation} AND COALESCE(head, '') = ${parent ?? ''}`
}

function storedAnswers(turn: Turn, { answers }: TurnEnd): readonly object[] {
	return answers.map(({ message: _, partial: __, ...facts }, choice) => ({
		message: answerId(turn.id, choice),
		...facts,
	}))
}

async function updateTurn(sql: Sql, turn: Turn, ended: TurnEnd): Promise<void> {
	const { state, endedAtMs, error } = ended
	await sql`
		UPDATE turns SET state = ${state}, ended_at_ms = ${endedAtMs}, answers = ${stringifyJson(storedAnswers(turn, ended))},
			usage = ${writeUsage(ended)}, error = ${error === undefined ? null : stringifyJson(error)}
		WHERE id = ${turn.id}`
}

/** Usage and what is stored with it have one column. */
function writeUsage({ usage, metrics, answered }: TurnEnd): string | null {
	return usage === undefined ? null : stringifyJson({ ...usage, metrics, answered })
}

/** Attaches each choice as a message after `parent`. @returns whether there is one, and its parent exists. */
async function attachAnswers(
	sql: Sql,
	scope: Scope,
	turn: Turn,
	parent: MessageId | undefined,
	ended: TurnEnd,
	bodies: readonly WrittenBody[],
): Promise<boolean> {
	let isAttached = false
	for (const attachment of attachmentsOf(turn, parent, ended, bodies))
		isAttached = (await attach(sql, scope, attachment)) === 'attached'
	return isAttached
}

function attachmentsOf(
	turn: Turn,
	parent: MessageId | undefined,
	{ answers, endedAtMs }: TurnEnd,
	bodies: readonly WrittenBody[],
): readonly Attachment[] {
	return answers.map(({ message, partial }, choice) => ({
		conversation: turn.conversation,
		turn: turn.id,
		parent,
		messages: [{ id: answerId(turn.id, choice), message, written: bodies[choice] ?? writeBody(message), partial }],
		createdAtMs: endedAtMs,
		exclusive: false,
	}))
}

async function moveHead(sql: Sql, turn: Turn, { endedAtMs }: TurnEnd, head: MessageId): Promise<void> {
	// A turn from elsewhere may be older than the conversation's last one.
	await sql`
		UPDATE conversations SET head = ${head},
			updated_at_ms = CASE WHEN updated_at_ms > ${endedAtMs} THEN updated_at_ms ELSE ${endedAtMs} END
		WHERE id = ${turn.conversation}`
}
