// Removal of conversations and turns, with their dependent rows. To be called in a transaction.

import type { Turn } from '../../conversations/conversation.ts'
import type { Scope } from '../../keys/scope.ts'
import type { Sql } from './sql.ts'

export async function eraseConversation(sql: Sql, id: string): Promise<void> {
	await sql`DELETE FROM messages WHERE conversation = ${id}`
	await sql`DELETE FROM branches WHERE conversation = ${id}`
	await sql`DELETE FROM turns WHERE conversation = ${id}`
	await sql`DELETE FROM conversations WHERE id = ${id}`
}

/** Removes texts that no turn refers to. */
export async function deleteUnusedTexts(sql: Sql, { tenant, owner }: Scope): Promise<void> {
	await sql`
		DELETE FROM texts WHERE tenant = ${tenant} AND owner = ${owner} AND NOT EXISTS (
			SELECT 1 FROM turns
			WHERE turns.tenant = texts.tenant AND turns.owner = texts.owner AND turns.echo = texts.hash)`
}

/** Removes a turn as if it had never begun, and its conversation if the turn created it and nothing else is in it. */
export async function dropTurn(sql: Sql, scope: Scope, turn: Turn, beganConversation: boolean): Promise<void> {
	await removeTurnRows(sql, turn)
	if (beganConversation && !(await holdsAnything(sql, turn.conversation)))
		await eraseConversation(sql, turn.conversation)
	await deleteUnusedTexts(sql, scope)
}

/** Removes a turn, and its messages if no other turn continues from them. */
export async function eraseTurn(sql: Sql, scope: Scope, turn: Turn): Promise<void> {
	await removeTurnRows(sql, turn)
	const [conversation] = await sql`SELECT listed FROM conversations WHERE id = ${turn.conversation}`
	if (Number(conversation?.listed) === 0 && !(await holdsAnything(sql, turn.conversation)))
		await eraseConversation(sql, turn.conversation)
	await deleteUnusedTexts(sql, scope)
}

async function removeTurnRows(sql: Sql, { id, conversation, parent }: Turn): Promise<void> {
	await sql`DELETE FROM turns WHERE id = ${id}`
	const [continued] = await sql`
		SELECT 1 AS found FROM messages child
		JOIN messages own ON own.conversation = child.conversation AND own.id = child.parent
		WHERE own.conversation = ${conversation} AND own.turn = ${id} AND child.turn <> ${id} LIMIT 1`
	if (continued !== undefined) return
	await sql`
		UPDATE conversations SET head = ${parent ?? null}
		WHERE id = ${conversation} AND EXISTS (
			SELECT 1 FROM messages m WHERE m.conversation = conversations.id AND m.id = conversations.head AND m.turn = ${id})`
	await sql`DELETE FROM messages WHERE conversation = ${conversation} AND turn = ${id}`
}

async function holdsAnything(sql: Sql, conversation: string): Promise<boolean> {
	const [found] = await sql`
		SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM turns WHERE conversation = ${conversation})
			OR EXISTS (SELECT 1 FROM messages WHERE conversation = ${conversation})`
	return found !== undefined
}
