// Removal of conversations and turns, with their dependent rows.

import type { Turn } from '../../conversations/conversation.ts'
import { type Scope, sharePathOf } from '../../keys/scope.ts'
import type { Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'
import { shareOf } from './write-share.ts'

export interface ConversationRemoval {
	readonly id: string
	readonly scope: Scope
	/** Only if nothing has changed in the conversation since. */
	readonly unchangedSinceMs?: number | undefined
}

/**
 * Bounds of one transaction, so that other writes do not wait for long: the messages that it removes, in bytes of their
 * JSON and in rows, the conversations, and the texts.
 */
const [mostBytes, mostMessages, mostConversations, mostTexts] = [4_194_304, 256, 64, 64]

/**
 * Removes conversations in several transactions. If it is interrupted, some conversations remain, perhaps without their
 * last messages, and can be removed again.
 *
 * @returns the number of conversations that existed.
 */
export async function eraseConversations(
	database: SqlDatabase,
	removals: readonly ConversationRemoval[],
): Promise<number> {
	let erased = 0
	let group: ConversationRemoval[] = []
	let bytes = 0
	const eraseGroup = async () => {
		const current = group
		;[group, bytes] = [[], 0]
		const [first] = current
		if (first === undefined) return
		const share = shareOf(first.scope, current.length)
		erased += await database.write((sql) => eraseTogether(database, sql, current), undefined, share)
	}
	for (const removal of removals) {
		const rest = await eraseMostMessages(database, removal)
		if (bytes + rest > mostBytes || group.length >= mostConversations) await eraseGroup()
		group.push(removal)
		bytes += rest
	}
	await eraseGroup()
	for (const scope of scopesOf(removals)) await eraseUnusedTexts(database, scope)
	return erased
}

function scopesOf(removals: readonly ConversationRemoval[]): Iterable<Scope> {
	return new Map(removals.map(({ scope }) => [JSON.stringify([scope.tenant, scope.owner]), scope])).values()
}

async function eraseTogether(
	database: SqlDatabase,
	sql: Sql,
	removals: readonly ConversationRemoval[],
): Promise<number> {
	let erased = 0
	for (const removal of removals) {
		if (!(await lockForRemoval(database, sql, removal))) continue
		erased++
		await eraseConversation(sql, removal.id)
	}
	return erased
}

/**
 * Removes messages of a large conversation, last ones first, until the rest fits into one transaction.
 * @returns the size of the rest.
 */
async function eraseMostMessages(database: SqlDatabase, removal: ConversationRemoval): Promise<number> {
	const { sql } = database.readsOf(sharePathOf(removal.scope))
	for (;;) {
		const rows = await sql`
			SELECT id, octet_length(body) AS bytes FROM messages WHERE conversation = ${removal.id}
			ORDER BY branch DESC, depth DESC LIMIT ${mostMessages}`
		const ids: string[] = []
		let bytes = 0
		for (const row of rows) {
			ids.push(String(row.id))
			bytes += Number(row.bytes)
			if (bytes > mostBytes) break
		}
		if (bytes <= mostBytes && rows.length < mostMessages) return bytes
		const found = await database.write(
			async (sql) => {
				if (!(await lockForRemoval(database, sql, removal))) return false
				for (const id of ids) await sql`DELETE FROM messages WHERE conversation = ${removal.id} AND id = ${id}`
				return true
			},
			undefined,
			shareOf(removal.scope, ids.length),
		)
		if (!found) return 0
	}
}

/** @returns whether the conversation is to be removed. */
async function lockForRemoval(
	database: SqlDatabase,
	sql: Sql,
	{ id, scope, unchangedSinceMs }: ConversationRemoval,
): Promise<boolean> {
	await database.lock(sql, id)
	const [found] = await sql`
		SELECT updated_at_ms FROM conversations WHERE id = ${id} AND tenant = ${scope.tenant} AND owner = ${scope.owner}`
	return found !== undefined && (unchangedSinceMs === undefined || Number(found.updated_at_ms) < unchangedSinceMs)
}

/** To be called in a transaction, as the following functions. */
async function eraseConversation(sql: Sql, id: string): Promise<void> {
	await sql`DELETE FROM messages WHERE conversation = ${id}`
	await sql`DELETE FROM branches WHERE conversation = ${id}`
	await sql`DELETE FROM turns WHERE conversation = ${id}`
	await sql`DELETE FROM shares WHERE conversation = ${id}`
	await sql`DELETE FROM conversations WHERE id = ${id}`
}

/** Removes the texts that no turn refers to, in several transactions. */
async function eraseUnusedTexts(database: SqlDatabase, { tenant, owner }: Scope): Promise<void> {
	const { slowSql } = database.readsOf(sharePathOf({ tenant, owner }))
	for (let last = ''; ; ) {
		const rows = await slowSql`
			SELECT hash, octet_length(body) AS bytes FROM texts
			WHERE tenant = ${tenant} AND owner = ${owner} AND hash > ${last} AND NOT EXISTS (
				SELECT 1 FROM turns
				WHERE turns.tenant = texts.tenant AND turns.owner = texts.owner AND turns.echo = texts.hash)
			ORDER BY hash LIMIT ${mostTexts}`
		const hashes: string[] = []
		let bytes = 0
		for (const row of rows) {
			hashes.push(String(row.hash))
			bytes += Number(row.bytes)
			if (bytes > mostBytes) break
		}
		last = hashes.at(-1) ?? last
		if (hashes.length > 0)
			await database.write(
				async (sql) => {
					for (const hash of hashes) await deleteUnusedText(sql, { tenant, owner }, hash)
				},
				undefined,
				shareOf({ tenant, owner }, hashes.length),
			)
		if (hashes.length === rows.length && rows.length < mostTexts) return
	}
}

/** Removes a text unless a turn refers to it. */
export async function deleteUnusedText(sql: Sql, { tenant, owner }: Scope, hash: string): Promise<void> {
	await sql`
		DELETE FROM texts WHERE tenant = ${tenant} AND owner = ${owner} AND hash = ${hash} AND NOT EXISTS (
			SELECT 1 FROM turns
			WHERE turns.tenant = texts.tenant AND turns.owner = texts.owner AND turns.echo = texts.hash)`
}

/** Removes a turn as if it had never begun, and its conversation if the turn created it and nothing else is in it. */
export async function dropTurn(sql: Sql, scope: Scope, turn: Turn, beganConversation: boolean): Promise<void> {
	const text = await removeTurnRows(sql, turn)
	if (beganConversation && !(await holdsAnything(sql, turn.conversation)))
		await eraseConversation(sql, turn.conversation)
	await deleteUnusedText(sql, scope, text)
}

/** Removes a turn, and its messages if no other turn continues from them. */
export async function eraseTurn(sql: Sql, scope: Scope, turn: Turn): Promise<void> {
	const text = await removeTurnRows(sql, turn)
	const [conversation] = await sql`SELECT listed FROM conversations WHERE id = ${turn.conversation}`
	if (Number(conversation?.listed) === 0 && !(await holdsAnything(sql, turn.conversation)))
		await eraseConversation(sql, turn.conversation)
	await deleteUnusedText(sql, scope, text)
}

/** @returns the hash of the text that the turn referred to; empty if there was none. */
async function removeTurnRows(sql: Sql, { id, conversation, parent }: Turn): Promise<string> {
	const [row] = await sql`SELECT echo FROM turns WHERE id = ${id}`
	const text = String(row?.echo ?? '')
	await sql`DELETE FROM turns WHERE id = ${id}`
	const [continued] = await sql`
		SELECT 1 AS found FROM messages child
		JOIN messages own ON own.conversation = child.conversation AND own.id = child.parent
		WHERE own.conversation = ${conversation} AND own.turn = ${id} AND child.turn <> ${id} LIMIT 1`
	if (continued !== undefined) return text
	await sql`
		UPDATE conversations SET head = ${parent ?? null}
		WHERE id = ${conversation} AND EXISTS (
			SELECT 1 FROM messages m WHERE m.conversation = conversations.id AND m.id = conversations.head AND m.turn = ${id})`
	await sql`DELETE FROM messages WHERE conversation = ${conversation} AND turn = ${id}`
	await deleteEmptyBranches(sql, conversation)
	return text
}

/** A branch without messages would still count as a fork of the message that it begins after. */
export async function deleteEmptyBranches(sql: Sql, conversation: string): Promise<void> {
	for (let deleted = -1; deleted !== 0; )
		deleted = (
			await sql`
				DELETE FROM branches WHERE conversation = ${conversation}
					AND NOT EXISTS (SELECT 1 FROM messages m
						WHERE m.conversation = branches.conversation AND m.branch = branches.branch)
					AND NOT EXISTS (SELECT 1 FROM branches later
						WHERE later.conversation = branches.conversation AND later.parent_branch = branches.branch)
				RETURNING branch`
		).length
}

async function holdsAnything(sql: Sql, conversation: string): Promise<boolean> {
	const [found] = await sql`
		SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM turns WHERE conversation = ${conversation})
			OR EXISTS (SELECT 1 FROM messages WHERE conversation = ${conversation})`
	return found !== undefined
}
