// Reads all messages and turns of a conversation in batches of a bounded size: a conversation may be larger than the
// memory. Only the positions of its messages are in memory as a whole.

import { z } from 'zod'
import type { Turn } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { ExportedMessage } from '../../conversations/history.ts'
import { readExportedMessage, readTurn } from './conversation-rows.ts'
import type { Sql } from './sql.ts'

/** Bounds of a batch: bytes of JSON, unless one message is larger, and rows. */
const [mostBytes, mostRows] = [1_048_576, 256]
/** Positions that are read by one statement. */
const mostPositions = 4096

const positionRow = z.object({
	id: z.string(),
	turn: z.string(),
	branch: z.coerce.number(),
	depth: z.coerce.number(),
	bytes: z.coerce.number(),
})
type Position = z.infer<typeof positionRow>

/** By turn, and within a turn by depth. Messages that are removed meanwhile are omitted. */
export async function* exportMessages(
	sql: Sql,
	conversation: ConversationId,
): AsyncGenerator<readonly ExportedMessage[]> {
	const positions = await readPositions(sql, conversation)
	for (let from = 0; from < positions.length; ) {
		const until = batchEnd(positions, from)
		const [first, last] = [positions[from], positions[until - 1]]
		from = until
		if (first === undefined || last === undefined) continue
		const rows = await sql`
			SELECT * FROM messages WHERE conversation = ${conversation} AND branch = ${first.branch}
				AND depth >= ${first.depth} AND depth <= ${last.depth}
			ORDER BY depth`
		yield Array.from(rows, readExportedMessage)
	}
}

/** Oldest first. */
export async function* exportTurns(sql: Sql, conversation: ConversationId): AsyncGenerator<readonly Turn[]> {
	const turns = await sql`
		SELECT id, octet_length(answers) AS bytes FROM turns WHERE conversation = ${conversation} ORDER BY id`
	for (let from = 0; from < turns.length; ) {
		let until = from
		for (let bytes = 0; until < turns.length && until - from < mostRows; until++) {
			bytes += Number(turns[until]?.bytes)
			if (until > from && bytes > mostBytes) break
		}
		// By their primary key: a range of ids contains the turns of other conversations.
		const found = await Promise.all(
			turns.slice(from, until).map(({ id }) => sql`SELECT turns.*, NULL AS echo_body FROM turns WHERE id = ${id}`),
		)
		from = until
		yield found.flatMap((rows) => Array.from(rows, readTurn))
	}
}

async function readPositions(sql: Sql, conversation: ConversationId): Promise<readonly Position[]> {
	const positions: Position[] = []
	/** Ids begin with that of their turn, so that those of one turn follow each other. */
	let ofTurn: Position[] = []
	const end = () => {
		// Only these are sorted: all of a long conversation would take long.
		for (const position of ofTurn.sort(byDepth)) positions.push(position)
		ofTurn = []
	}
	for (let rows: number = mostPositions, last = ''; rows === mostPositions; ) {
		const found = await sql`
			SELECT id, turn, branch, depth, octet_length(body) AS bytes FROM messages
			WHERE conversation = ${conversation} AND id > ${last} ORDER BY id LIMIT ${mostPositions}`
		for (const row of found) {
			const position = positionRow.parse(row)
			if (position.turn !== ofTurn[0]?.turn) end()
			ofTurn.push(position)
			last = position.id
		}
		rows = found.length
	}
	end()
	return positions
}

function byDepth(one: Position, other: Position): number {
	return one.depth - other.depth || compareTexts(one.id, other.id)
}

/** The end of the batch from `from` on: neighbours on one branch, which are one range of its index. */
function batchEnd(positions: readonly Position[], from: number): number {
	let bytes = positions[from]?.bytes ?? 0
	for (let at = from + 1; ; at++) {
		const [before, next] = [positions[at - 1], positions[at]]
		if (before === undefined || next === undefined) return at
		bytes += next.bytes
		const isNeighbour = next.branch === before.branch && next.depth === before.depth + 1
		if (!isNeighbour || bytes > mostBytes || at - from >= mostRows) return at
	}
}

function compareTexts(one: string, other: string): number {
	return one < other ? -1 : Number(one > other)
}
