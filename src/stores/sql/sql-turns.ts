// The turns of one scope, in a database.

import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import type { Message } from '../../chat/message.ts'
import type { Metadata, Turn } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { RemovalListener } from '../../conversations/conversation-store.ts'
import { inputId, type MessageId, readMessageId } from '../../conversations/message-id.ts'
import type { Page } from '../../conversations/page.ts'
import { type TurnId, turnId } from '../../conversations/turn-id.ts'
import type { NewTurn, TurnConflict, TurnEnd, TurnQuery, Turns } from '../../conversations/turns.ts'
import type { Scope } from '../../keys/scope.ts'
import type { BodyWriter } from './body-writer.ts'
import { eraseFrom } from './branch-removal.ts'
import { dropTurn, eraseTurn } from './conversation-removal.ts'
import {
	lengthOfTurn,
	longText,
	readTurn,
	readTurnInSteps,
	turnColumns,
	type WrittenBody,
	writeBody,
	writeConversation,
} from './conversation-rows.ts'
import { attach, attachFirst, maxRowsPerStatement, positionAfterTurn } from './message-tree.ts'
import { pageOf } from './page.ts'
import { LastStatements, ordered, type Row, type Sql } from './sql.ts'
import type { Reads, SqlDatabase } from './sql-database.ts'
import { messagesOf, writeTurnEnd } from './turn-end.ts'
import { shareOf } from './write-share.ts'

/** Rows per query of ids, because metadata is compared after reading. */
const rowsPerQuery = 200

export class SqlTurns implements Turns {
	private readonly database: SqlDatabase
	private readonly scope: Scope
	private readonly reads: Reads
	private readonly bodies: BodyWriter
	private readonly removing: RemovalListener

	/** @param removing called before a turn is removed. */
	constructor(
		database: SqlDatabase,
		scope: Scope,
		{
			reads,
			bodies,
			removing,
		}: { readonly reads: Reads; readonly bodies: BodyWriter; readonly removing: RemovalListener },
	) {
		this.database = database
		this.scope = scope
		this.reads = reads
		this.bodies = bodies
		this.removing = removing
	}

	/** For `begin` and `end`. */
	writeBodies(messages: readonly Message[]): Promise<readonly WrittenBody[]> {
		return this.bodies.write(this.scope, messages)
	}

	/** @param written the bodies of the inputs, if they were written before. */
	async begin(turn: NewTurn, written?: readonly WrittenBody[]): Promise<'begun' | 'not-found' | TurnConflict> {
		const { tenant, owner } = this.scope
		const echo = stringifyJson(turn.echo)
		const hash = echo === '{}' ? '' : Bun.SHA256.hash(echo, 'hex')
		const bodies = written ?? (await this.writeBodies(turn.inputs))
		return this.database.write<'begun' | 'not-found' | TurnConflict>(
			async (sql) => {
				const attached = this.attachInputs(sql, turn, bodies)
				const writeRow = (): readonly Promise<unknown>[] => {
					const text =
						hash === ''
							? undefined
							: sql`
				INSERT INTO texts (tenant, owner, hash, body) VALUES (${tenant}, ${owner}, ${hash}, ${echo})
				ON CONFLICT (tenant, owner, hash) DO NOTHING`
					const row = sql`
				INSERT INTO turns (id, tenant, owner, conversation, began_conversation, surface, stored, state, process, parent, model,
					inputs, answers, usage, error, metadata, echo, created_at_ms, ended_at_ms)
				VALUES (${turn.id}, ${tenant}, ${owner}, ${turn.conversation}, ${turn.create === undefined ? 0 : 1}, ${turn.surface},
					${turn.stored ? 1 : 0}, 'running', ${turn.process}, ${turn.parent ?? null}, ${turn.model}, ${turn.inputs.length},
					'[]', NULL, NULL, ${stringifyJson(turn.metadata)}, ${hash}, ${turn.createdAtMs}, NULL)`
					return text === undefined ? [row] : [text, row]
				}
				// A new conversation refuses nothing, so that no statement needs the result of another one.
				if (turn.create !== undefined && turn.inputs.length <= maxRowsPerStatement)
					return new LastStatements('begun', [attached, ...writeRow()])
				const outcome = await attached
				if (outcome === 'no-parent') return 'not-found'
				if (outcome !== 'attached') return outcome === 'taken' ? 'conflict' : outcome
				return new LastStatements('begun', writeRow())
			},
			turn.conversation,
			shareOf(this.scope, turn.inputs.length + 1),
		)
	}

	/** @param written the bodies of the answers, if they were written before. */
	async end(id: TurnId, ended: TurnEnd, written?: readonly WrittenBody[]): Promise<void> {
		const bodies = written ?? (await this.writeBodies(messagesOf(ended)))
		await this.database.write<undefined>(
			async (sql) => {
				await this.database.lock(sql, id)
				const [row, position] = await Promise.all([
					this.findRow(sql, id),
					ended.answers.length === 1 ? positionAfterTurn(sql, this.scope, id) : undefined,
				])
				const turn = row === undefined ? undefined : readTurn(row)
				return turn === undefined ? undefined : writeTurnEnd(sql, this.scope, turn, { ended, bodies, position })
			},
			id,
			shareOf(this.scope, ended.answers.length + 1),
		)
	}

	async drop(id: TurnId): Promise<void> {
		await this.write(async (sql) => {
			await this.database.lock(sql, id)
			const row = await this.findRow(sql, id)
			if (row !== undefined) await dropTurn(sql, this.scope, readTurn(row), Number(row.began_conversation) === 1)
		})
	}

	async find(id: TurnId): Promise<Turn | undefined> {
		const row = await this.findRow(this.reads.sql, id)
		if (row === undefined) return undefined
		return lengthOfTurn(row) < longText ? readTurn(row) : this.bodies.run(this.scope, readTurnInSteps(row))
	}

	async list(query: TurnQuery): Promise<Page<Turn> | undefined> {
		if (query.after !== undefined && (await this.find(query.after)) === undefined) return undefined
		const found: TurnId[] = []
		for (let { after } = query; found.length <= query.limit; ) {
			const rows = await this.readRows(query, after)
			for (const row of rows) if (hasMetadata(row, query.metadata)) found.push(turnId(String(row.id)))
			if (rows.length < rowsPerQuery) break
			after = turnId(String(rows.at(-1)?.id))
		}
		const { items, more } = pageOf(found, query.limit)
		// One after the other: each may be as long as a request.
		const turns: Turn[] = []
		for (const id of items) {
			const turn = await this.find(id)
			if (turn !== undefined) turns.push(turn)
		}
		return { items: turns, more }
	}

	async update(id: TurnId, metadata: Metadata): Promise<Turn | undefined> {
		return this.write(async (sql) => {
			const row = await this.findRow(sql, id)
			if (row === undefined) return undefined
			await sql`UPDATE turns SET metadata = ${stringifyJson(metadata)} WHERE id = ${id}`
			return { ...readTurn(row), metadata }
		})
	}

	async remove(id: TurnId): Promise<boolean> {
		if ((await this.findRow(this.reads.sql, id)) !== undefined) await this.removing(this.scope, [id])
		const removed = await this.write(async (sql) => {
			await this.database.lock(sql, id)
			const row = await this.findRow(sql, id)
			if (row === undefined) return false
			await eraseTurn(sql, this.scope, readTurn(row))
			return true
		})
		if (removed) await this.database.erase()
		return removed
	}

	async removeFrom(conversation: ConversationId, id: MessageId, nowMs: number): Promise<boolean> {
		const first = readMessageId(id)
		const turn = first === undefined ? undefined : await this.find(first.turn)
		if (first === undefined || turn?.conversation !== conversation) return false
		await eraseFrom(this.database, this.scope, { turn, first, nowMs, removing: this.removing })
		await this.database.erase()
		return true
	}

	/** In the turn of the scope; its statements never alternate with those of others. */
	private write<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
		return this.database.write(work, undefined, shareOf(this.scope))
	}

	private async attachInputs(
		sql: Sql,
		turn: NewTurn,
		written: readonly WrittenBody[],
	): Promise<'attached' | 'no-parent' | 'taken' | TurnConflict> {
		const attachment = {
			conversation: turn.conversation,
			turn: turn.id,
			parent: turn.parent,
			messages: turn.inputs.map((message, index) => ({
				id: inputId(turn.id, index),
				message,
				written: written[index] ?? writeBody(message),
				partial: false,
			})),
			createdAtMs: turn.createdAtMs,
			exclusive: turn.onConflict === 'refuse',
		}
		if (turn.create !== undefined) {
			const created = sql`INSERT INTO conversations ${sql([writeConversation(this.scope, turn.create)])}`
			await Promise.all([created, attachFirst(sql, attachment)])
			return 'attached'
		}
		await this.database.lock(sql, turn.conversation)
		const conflict = turn.onConflict === 'once' ? await conflictOf(sql, turn) : undefined
		return conflict ?? attach(sql, this.scope, attachment)
	}

	private async findRow(sql: Sql, id: TurnId): Promise<Row | undefined> {
		const { tenant, owner } = this.scope
		const [row] = await sql`
			SELECT ${sql.raw(turnColumns)} FROM turns
			WHERE id = ${id} AND turns.tenant = ${tenant} AND turns.owner = ${owner}`
		return row
	}

	private readRows({ surface, model, order }: TurnQuery, after: TurnId | undefined): Promise<readonly Row[]> {
		const { tenant, owner } = this.scope
		const { sql } = this.reads
		const by = ordered(sql, order)
		// All ids are hexadecimal.
		const beforeFirst = order === 'asc' ? '' : 'z'
		return sql`
			SELECT id, metadata FROM turns
			WHERE tenant = ${tenant} AND owner = ${owner} AND surface = ${surface} AND stored = 1
				AND state <> 'running' AND model = COALESCE(${model ?? null}, model) AND id ${by.after} ${after ?? beforeFirst}
			ORDER BY id ${by.direction} LIMIT ${rowsPerQuery}`
	}
}

function hasMetadata(row: Row, wanted: Metadata = {}): boolean {
	const pairs = Object.entries(wanted)
	if (pairs.length === 0) return true
	const metadata = parseJson(String(row.metadata)) as Metadata
	return pairs.every(([name, value]) => metadata[name] === value)
}

/** Compares turns instead of messages: a turn without inputs attaches no message while it runs. */
async function conflictOf(sql: Sql, { conversation, parent }: NewTurn): Promise<TurnConflict | undefined> {
	if (parent === undefined) return undefined
	const rows = await sql`
		SELECT state FROM turns
		WHERE conversation = ${conversation} AND parent = ${parent} AND state IN ('running', 'completed', 'incomplete')`
	if (rows.length === 0) return undefined
	return rows.some(({ state }) => state === 'running') ? 'in-flight' : 'conflict'
}
