// Ends the running turns of a process that no longer runs them. It does not know how that was found out.

import { stringifyJson } from '../../chat/json-text.ts'
import { conversationId } from '../../conversations/conversation-id.ts'
import { turnId } from '../../conversations/turn-id.ts'
import type { TurnEnd } from '../../conversations/turns.ts'
import { lastInputOf } from './message-tree.ts'
import type { Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'

export interface Interruption {
	/** Milliseconds since 1970. */
	readonly nowMs: number
	/** The error of the turns, for clients. */
	readonly error?: TurnEnd['error']
}

/**
 * To be called in a transaction. A turn that another process ends concurrently is ended by one of them.
 *
 * @returns the number of turns that it ended.
 */
export async function interruptTurns(
	database: Pick<SqlDatabase, 'lock'>,
	sql: Sql,
	process: string,
	{ nowMs, error }: Interruption,
): Promise<number> {
	const rows = await sql`
		SELECT id, conversation, parent, inputs FROM turns WHERE process = ${process} AND state = 'running' ORDER BY conversation, id`
	let ended = 0
	for (const { id, conversation, parent, inputs } of rows) {
		await database.lock(sql, String(conversation))
		const updated = await sql`
			UPDATE turns SET state = 'interrupted', ended_at_ms = ${nowMs}, error = ${error === undefined ? null : stringifyJson(error)}
			WHERE id = ${id} AND state = 'running' RETURNING id`
		ended += updated.length
		if (updated.length === 0) continue
		const last = await lastInputOf(sql, conversationId(String(conversation)), turnId(String(id)), Number(inputs))
		if (last === undefined) continue
		// The inputs become the head, unless another turn has moved it since.
		await sql`
			UPDATE conversations SET head = ${last}
			WHERE id = ${conversation} AND COALESCE(head, '') = ${parent ?? ''}`
	}
	return ended
}
