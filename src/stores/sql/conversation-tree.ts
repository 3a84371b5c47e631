// Reads which messages and turns of a conversation follow which: all of them, without their contents, a thousand at a time,
// because a large conversation would occupy the event loop for long.

import { z } from 'zod'
import { stringifyJson } from '../../chat/json-text.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import { type TurnId, turnId } from '../../conversations/turn-id.ts'
import { answerDeleted } from '../../conversations/turns.ts'
import type { Fragment, Sql } from './sql.ts'

const turnRow = z.object({
	id: z.string().transform(turnId),
	parent: z.string().nullable(),
	inputs: z.coerce.number(),
	/** 1 if an answer may still be stored. */
	awaits: z.coerce.number(),
})

const messageRow = z.object({
	id: z.string(),
	parent: z.string().nullable(),
	turn: z.string().transform(turnId),
	bytes: z.coerce.number(),
})

export type TurnRow = z.infer<typeof turnRow>
export type MessageRow = z.infer<typeof messageRow>

/** The rows of a conversation by what they follow. */
export interface ConversationTree {
	readonly turns: ReadonlyMap<TurnId, TurnRow>
	readonly turnsAfter: ReadonlyMap<string | null, readonly TurnRow[]>
	readonly messagesAfter: ReadonlyMap<string | null, readonly MessageRow[]>
	readonly ofTurn: ReadonlyMap<TurnId, readonly MessageRow[]>
}

/** Not of one moment: turns may begin and end meanwhile. */
export async function readConversationTree(sql: Sql, conversation: ConversationId): Promise<ConversationTree> {
	const tree = new GrowingTree()
	for await (const rows of turnRows(sql, conversation)) for (const row of rows) tree.addTurn(row)
	for await (const rows of messageRows(sql, conversation)) for (const row of rows) tree.addMessage(row)
	return tree
}

class GrowingTree implements ConversationTree {
	readonly turns = new Map<TurnId, TurnRow>()
	readonly turnsAfter = new Map<string | null, TurnRow[]>()
	readonly messagesAfter = new Map<string | null, MessageRow[]>()
	readonly ofTurn = new Map<TurnId, MessageRow[]>()

	addTurn(turn: TurnRow): void {
		this.turns.set(turn.id, turn)
		addTo(this.turnsAfter, turn.parent, turn)
	}

	addMessage(message: MessageRow): void {
		addTo(this.messagesAfter, message.parent, message)
		addTo(this.ofTurn, message.turn, message)
	}
}

function addTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
	const values = map.get(key)
	if (values === undefined) map.set(key, [value])
	else values.push(value)
}

/** Rows of one query, and other work on rows between two pauses. */
export const rowsPerQuery = 1000

async function* turnRows(sql: Sql, conversation: ConversationId): AsyncGenerator<readonly TurnRow[]> {
	for (let last = '', count: number = rowsPerQuery; count === rowsPerQuery; ) {
		const rows = await sql`
			SELECT id, parent, inputs, CASE WHEN ${awaitsAnswer(sql)} THEN 1 ELSE 0 END AS awaits
			FROM turns WHERE conversation = ${conversation} AND id > ${last} ORDER BY id LIMIT ${rowsPerQuery}`
		yield Array.from(rows, (row) => turnRow.parse(row))
		count = rows.length
		last = String(rows.at(-1)?.id ?? last)
	}
}

async function* messageRows(sql: Sql, conversation: ConversationId): AsyncGenerator<readonly MessageRow[]> {
	for (let last = '', count: number = rowsPerQuery; count === rowsPerQuery; ) {
		const rows = await sql`
			SELECT id, parent, turn, octet_length(body) AS bytes FROM messages
			WHERE conversation = ${conversation} AND id > ${last} ORDER BY id LIMIT ${rowsPerQuery}`
		yield Array.from(rows, (row) => messageRow.parse(row))
		count = rows.length
		last = String(rows.at(-1)?.id ?? last)
	}
}

/** The states of a turn to which an answer may be added. */
export function awaitsAnswer(sql: Sql): Fragment {
	return sql.part`state IN ('running', 'cancelled', 'interrupted') AND answers = '[]'
			AND COALESCE(error, '') <> ${stringifyJson(answerDeleted)}`
}
