// Conversations in a database. Writes go through the process's single writer; reads use a separate connection.

import type { Message } from '../../chat/message.ts'
import {
	answerId,
	type Conversation,
	inputId,
	type Metadata,
	type StoredMessage,
	type Turn,
} from '../../conversations/conversation.ts'
import type {
	ConversationChange,
	ConversationQuery,
	ConversationStore,
	NewTurn,
	Page,
	PageQuery,
	Path,
	PathOptions,
	TurnEnd,
	TurnQuery,
} from '../../conversations/conversation-store.ts'
import type { Scope } from '../../keys/scope.ts'
import { deleteUnusedTexts, dropTurn, eraseConversation, eraseTurn } from './conversation-removal.ts'
import {
	foldText,
	readConversation,
	readMessage,
	readTurn,
	type TreeMessage,
	told,
	writeBody,
	writeConversation,
} from './conversation-rows.ts'
import { attach, attachFirst, findMessage, lastMessages, messagesBetween, segmentsTo } from './message-tree.ts'
import type { Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'

const deepest = 2_147_483_647
/** Maximum number of leading instruction messages of a conversation. */
const longestOpening = 8

export class SqlConversationStore implements ConversationStore {
	private readonly database: SqlDatabase

	/** `close` does not close the database. */
	constructor(database: SqlDatabase) {
		this.database = database
	}

	private get sql(): Sql {
		return this.database.sql
	}

	async create(scope: Scope, conversation: Conversation): Promise<void> {
		await this.database.write((sql) => sql`INSERT INTO conversations ${sql([writeConversation(scope, conversation)])}`)
	}

	async find({ tenant, owner }: Scope, id: string): Promise<Conversation | undefined> {
		const [row] = await this.sql`
			SELECT * FROM conversations WHERE id = ${id} AND tenant = ${tenant} AND owner = ${owner}`
		return row === undefined ? undefined : readConversation(row)
	}

	async list(scope: Scope, query: ConversationQuery): Promise<Page<Conversation> | undefined> {
		const after = query.after === undefined ? undefined : await this.find(scope, query.after)
		if (query.after !== undefined && after === undefined) return undefined
		const rows =
			query.order === 'asc' ? await this.listUp(scope, query, after) : await this.listDown(scope, query, after)
		return pageOf(Array.from(rows, readConversation), query.limit)
	}

	async update({ tenant, owner }: Scope, id: string, change: ConversationChange): Promise<Conversation | undefined> {
		const { title, metadata, head, updatedAtMs } = change
		return this.database.write(async (sql) => {
			await this.database.lock(sql, id)
			const [row] = await sql`
				SELECT * FROM conversations WHERE id = ${id} AND tenant = ${tenant} AND owner = ${owner}`
			if (row === undefined) return undefined
			if (head !== undefined && (await findMessage(sql, id, head)) === undefined) return undefined
			const known = readConversation(row)
			const { title: _, ...untitled } = known
			const changed: Conversation = {
				...(title === undefined ? known : title === null ? untitled : { ...known, title }),
				...(metadata === undefined ? {} : { metadata }),
				...(head === undefined ? {} : { head }),
				updatedAtMs,
			}
			const { end_user: __, ...columns } = writeConversation({ tenant, owner }, changed)
			await sql`
				UPDATE conversations SET title = ${columns.title}, search_title = ${columns.search_title},
					metadata = ${columns.metadata}, head = ${columns.head}, updated_at_ms = ${updatedAtMs}
				WHERE id = ${id}`
			return changed
		})
	}

	async remove(scope: Scope, id: string): Promise<boolean> {
		const { tenant, owner } = scope
		const removed = await this.database.write(async (sql) => {
			await this.database.lock(sql, id)
			const [row] = await sql`
				SELECT id FROM conversations WHERE id = ${id} AND tenant = ${tenant} AND owner = ${owner}`
			if (row === undefined) return false
			await eraseConversation(sql, id)
			await deleteUnusedTexts(sql, scope)
			return true
		})
		if (removed) await this.database.erase()
		return removed
	}

	async removeAll(scope: Scope, user?: string): Promise<number> {
		const { tenant, owner } = scope
		const count = await this.database.write(async (sql) => {
			const rows = await sql`
				SELECT id FROM conversations
				WHERE tenant = ${tenant} AND owner = ${owner} AND COALESCE(end_user, '') = COALESCE(${user ?? null}, end_user, '')`
			for (const { id } of rows) {
				await this.database.lock(sql, String(id))
				await eraseConversation(sql, String(id))
			}
			await deleteUnusedTexts(sql, scope)
			return rows.length
		})
		if (count > 0) await this.database.erase()
		return count
	}

	async begin(scope: Scope, turn: NewTurn): Promise<'begun' | 'not-found' | 'conflict'> {
		const { tenant, owner } = scope
		const echo = JSON.stringify(turn.echo)
		const hash = echo === '{}' ? '' : Bun.SHA256.hash(echo, 'hex')
		return this.database.write(async (sql) => {
			const attachment = {
				conversation: turn.conversation,
				turn: turn.id,
				parent: turn.parent,
				messages: turn.inputs.map((message, index) => ({ id: inputId(turn.id, index), message, partial: false })),
				createdAtMs: turn.createdAtMs,
				exclusive: turn.onConflict === 'refuse',
			}
			if (turn.create !== undefined) {
				await sql`INSERT INTO conversations ${sql([writeConversation(scope, turn.create)])}`
				await attachFirst(sql, attachment)
			} else {
				await this.database.lock(sql, turn.conversation)
				const attached = await attach(sql, scope, attachment)
				if (attached !== 'attached') return attached === 'taken' ? 'conflict' : 'not-found'
			}
			if (hash !== '')
				await sql`
				INSERT INTO texts (tenant, owner, hash, body) VALUES (${tenant}, ${owner}, ${hash}, ${echo})
				ON CONFLICT (tenant, owner, hash) DO NOTHING`
			await sql`
				INSERT INTO turns (id, tenant, owner, conversation, began_conversation, surface, stored, state, process, parent, model,
					inputs, answers, usage, error, metadata, echo, created_at_ms, ended_at_ms)
				VALUES (${turn.id}, ${tenant}, ${owner}, ${turn.conversation}, ${turn.create === undefined ? 0 : 1}, ${turn.surface},
					${turn.stored ? 1 : 0}, 'running', ${turn.process}, ${turn.parent ?? null}, ${turn.model}, ${turn.inputs.length},
					'[]', NULL, NULL, ${JSON.stringify(turn.metadata)}, ${hash}, ${turn.createdAtMs}, NULL)`
			return 'begun'
		})
	}

	async end(scope: Scope, id: string, ended: TurnEnd): Promise<void> {
		await this.database.write(async (sql) => {
			await this.database.lock(sql, id)
			const [row] = await findTurnRow(sql, scope, id)
			const turn = row === undefined ? undefined : readTurn(row)
			if (turn === undefined || turn.state !== 'running') return
			await writeAnswers(sql, scope, turn, ended)
			await moveHead(sql, turn, ended)
		})
	}

	async drop(scope: Scope, id: string): Promise<void> {
		await this.database.write(async (sql) => {
			await this.database.lock(sql, id)
			const [row] = await findTurnRow(sql, scope, id)
			if (row !== undefined) await dropTurn(sql, scope, readTurn(row), Number(row.began_conversation) === 1)
		})
	}

	async path(scope: Scope, conversation: string, { leaf, maxBytes }: PathOptions): Promise<Path | undefined> {
		const last = await this.leafOf(scope, conversation, leaf)
		if (last === undefined) return undefined
		if (last === 'empty') return { messages: [], omitted: 0, opening: [] }
		const segments = await segmentsTo(this.sql, conversation, last)
		const { pathBytes } = last
		const messages = await lastMessages(this.sql, conversation, segments, { pathBytes, maxBytes })
		const first = messages[0] ?? last
		if (first.parent === undefined) return { messages: messages.map(told), omitted: 0, opening: [] }
		return {
			messages: messages.map(told),
			omitted: first.depth,
			opening: (await this.openingOf(conversation, segments, first)).map(told),
		}
	}

	async messages(
		scope: Scope,
		conversation: string,
		{ leaf, after, limit, order }: PageQuery & { readonly leaf?: string },
	): Promise<Page<StoredMessage> | undefined> {
		const last = await this.leafOf(scope, conversation, leaf)
		if (last === undefined) return undefined
		const seen = after === undefined ? undefined : await findMessage(this.sql, conversation, after)
		if (after !== undefined && seen === undefined) return undefined
		if (last === 'empty') return { items: [], more: false }
		const segments = await segmentsTo(this.sql, conversation, last)
		const found = await messagesBetween(this.sql, conversation, segments, {
			above: order === 'asc' ? (seen?.depth ?? -1) : -1,
			below: order === 'desc' ? (seen?.depth ?? deepest) : deepest,
			limit: limit + 1,
			order,
		})
		return pageOf(found.map(told), limit)
	}

	async message(scope: Scope, conversation: string, id: string): Promise<StoredMessage | undefined> {
		if ((await this.find(scope, conversation)) === undefined) return undefined
		const found = await findMessage(this.sql, conversation, id)
		return found === undefined ? undefined : told(found)
	}

	async replace(scope: Scope, conversation: string, id: string, message: Message | undefined): Promise<boolean> {
		const { tenant, owner } = scope
		const found = await this.database.write(async (sql) => {
			await this.database.lock(sql, conversation)
			const [own] = await sql`
				SELECT id, head FROM conversations WHERE id = ${conversation} AND tenant = ${tenant} AND owner = ${owner}`
			const known = own === undefined ? undefined : await findMessage(sql, conversation, id)
			if (known === undefined) return false
			if (message === undefined) await takeOut(sql, known, own?.head === id)
			else {
				const { body, search_text } = writeBody(message)
				await sql`
					UPDATE messages SET body = ${body}, search_text = ${search_text}
					WHERE conversation = ${conversation} AND id = ${id}`
			}
			return true
		})
		if (found) await this.database.erase()
		return found
	}

	async everything(
		scope: Scope,
		conversation: string,
	): Promise<{ readonly messages: readonly StoredMessage[]; readonly turns: readonly Turn[] } | undefined> {
		if ((await this.find(scope, conversation)) === undefined) return undefined
		const messages = await this.sql`
			SELECT * FROM messages WHERE conversation = ${conversation} ORDER BY turn, depth, id`
		const turns = await this.sql`
			SELECT turns.*, (SELECT body FROM texts WHERE tenant = turns.tenant AND owner = turns.owner AND hash = turns.echo) AS echo_body
			FROM turns
			WHERE conversation = ${conversation} ORDER BY turns.id`
		return { messages: Array.from(messages, (row) => told(readMessage(row))), turns: Array.from(turns, readTurn) }
	}

	async turn(scope: Scope, id: string): Promise<Turn | undefined> {
		const [row] = await findTurnRow(this.sql, scope, id)
		return row === undefined ? undefined : readTurn(row)
	}

	async turns(scope: Scope, query: TurnQuery): Promise<Page<Turn> | undefined> {
		if (query.after !== undefined && (await this.turn(scope, query.after)) === undefined) return undefined
		const wanted = Object.entries(query.metadata ?? {})
		const found: Turn[] = []
		for (let { after } = query; found.length <= query.limit; ) {
			const rows = await this.turnRows(scope, query, after)
			const turns = Array.from(rows, readTurn)
			found.push(...turns.filter(({ metadata }) => wanted.every(([name, value]) => metadata[name] === value)))
			if (turns.length < turnsPerQuery) break
			after = turns.at(-1)?.id
		}
		return pageOf(found, query.limit)
	}

	async updateTurn(scope: Scope, id: string, metadata: Metadata): Promise<Turn | undefined> {
		return this.database.write(async (sql) => {
			const [row] = await findTurnRow(sql, scope, id)
			if (row === undefined) return undefined
			await sql`UPDATE turns SET metadata = ${JSON.stringify(metadata)} WHERE id = ${id}`
			return { ...readTurn(row), metadata }
		})
	}

	async removeTurn(scope: Scope, id: string): Promise<boolean> {
		const removed = await this.database.write(async (sql) => {
			await this.database.lock(sql, id)
			const [row] = await findTurnRow(sql, scope, id)
			if (row === undefined) return false
			await eraseTurn(sql, scope, readTurn(row))
			return true
		})
		if (removed) await this.database.erase()
		return removed
	}

	async interrupt(process: string, nowMs: number): Promise<number> {
		return this.database.write(async (sql) => {
			const rows =
				await sql`SELECT id, conversation, parent, inputs FROM turns WHERE process = ${process} AND state = 'running'`
			for (const { id, conversation, parent, inputs } of rows) {
				await sql`UPDATE turns SET state = 'interrupted', ended_at_ms = ${nowMs} WHERE id = ${id}`
				if (Number(inputs) === 0) continue
				// The inputs become the head, unless another turn has moved it since.
				await sql`
					UPDATE conversations SET head = ${inputId(String(id), Number(inputs) - 1)}
					WHERE id = ${conversation} AND COALESCE(head, '') = ${parent ?? ''}`
			}
			return rows.length
		})
	}

	async expire(beforeMs: number): Promise<number> {
		const count = await this.database.write(async (sql) => {
			const rows = await sql`SELECT id, tenant, owner FROM conversations WHERE updated_at_ms < ${beforeMs} LIMIT 100`
			let erased = 0
			for (const { id, tenant, owner } of rows) {
				await this.database.lock(sql, String(id))
				// A new turn may have updated the conversation before it was locked.
				const [old] = await sql`SELECT id FROM conversations WHERE id = ${id} AND updated_at_ms < ${beforeMs}`
				if (old === undefined) continue
				erased++
				await eraseConversation(sql, String(id))
				await deleteUnusedTexts(sql, { tenant: String(tenant), owner: String(owner) })
			}
			return erased
		})
		if (count > 0) await this.database.erase()
		return count
	}

	async close(): Promise<void> {}

	/** The last message of a path; `empty` if the conversation has no head yet. */
	private async leafOf(
		{ tenant, owner }: Scope,
		conversation: string,
		leaf: string | undefined,
	): Promise<TreeMessage | 'empty' | undefined> {
		const [row] = await this.sql`
			SELECT head FROM conversations WHERE id = ${conversation} AND tenant = ${tenant} AND owner = ${owner}`
		if (row === undefined) return undefined
		const last = leaf ?? row.head
		return typeof last === 'string' ? findMessage(this.sql, conversation, last) : 'empty'
	}

	private async openingOf(
		conversation: string,
		segments: readonly { readonly branch: number; readonly depth: number }[],
		first: TreeMessage,
	): Promise<readonly TreeMessage[]> {
		const range = { above: -1, below: first.depth, limit: longestOpening, order: 'asc' } as const
		const begin = await messagesBetween(this.sql, conversation, segments, range)
		const end = begin.findIndex(({ message: { role } }) => role !== 'system' && role !== 'developer')
		return end === -1 ? begin : begin.slice(0, end)
	}

	private listUp({ tenant, owner }: Scope, { user, text, limit }: ConversationQuery, after: Conversation | undefined) {
		const like = likeOf(text)
		return this.sql`
			SELECT * FROM conversations c
			WHERE tenant = ${tenant} AND owner = ${owner} AND listed = 1
				AND COALESCE(end_user, '') = COALESCE(${user ?? null}, end_user, '')
				AND (created_at_ms, id) > (${after?.createdAtMs ?? -1}, ${after?.id ?? ''})
				AND (search_title LIKE ${like} ESCAPE '!' OR EXISTS (
					SELECT 1 FROM messages m WHERE m.conversation = c.id AND m.search_text LIKE ${like} ESCAPE '!'))
			ORDER BY created_at_ms, id LIMIT ${limit + 1}`
	}

	private listDown(
		{ tenant, owner }: Scope,
		{ user, text, limit }: ConversationQuery,
		after: Conversation | undefined,
	) {
		const like = likeOf(text)
		return this.sql`
			SELECT * FROM conversations c
			WHERE tenant = ${tenant} AND owner = ${owner} AND listed = 1
				AND COALESCE(end_user, '') = COALESCE(${user ?? null}, end_user, '')
				AND (created_at_ms, id) < (${after?.createdAtMs ?? Number.MAX_SAFE_INTEGER}, ${after?.id ?? ''})
				AND (search_title LIKE ${like} ESCAPE '!' OR EXISTS (
					SELECT 1 FROM messages m WHERE m.conversation = c.id AND m.search_text LIKE ${like} ESCAPE '!'))
			ORDER BY created_at_ms DESC, id DESC LIMIT ${limit + 1}`
	}

	private turnRows({ tenant, owner }: Scope, { surface, model, order }: TurnQuery, after: string | undefined) {
		return order === 'asc'
			? this.sql`
				SELECT turns.*, (SELECT body FROM texts WHERE tenant = turns.tenant AND owner = turns.owner AND hash = turns.echo) AS echo_body
			FROM turns
				WHERE turns.tenant = ${tenant} AND turns.owner = ${owner} AND surface = ${surface} AND stored = 1
					AND state <> 'running' AND model = COALESCE(${model ?? null}, model) AND id > ${after ?? ''}
				ORDER BY id LIMIT ${turnsPerQuery}`
			: this.sql`
				SELECT turns.*, (SELECT body FROM texts WHERE tenant = turns.tenant AND owner = turns.owner AND hash = turns.echo) AS echo_body
			FROM turns
				WHERE turns.tenant = ${tenant} AND turns.owner = ${owner} AND surface = ${surface} AND stored = 1
					AND state <> 'running' AND model = COALESCE(${model ?? null}, model) AND id < ${after ?? 'z'}
				ORDER BY id DESC LIMIT ${turnsPerQuery}`
	}
}

const turnsPerQuery = 200

function findTurnRow(sql: Sql, { tenant, owner }: Scope, id: string) {
	return sql`
		SELECT turns.*, (SELECT body FROM texts WHERE tenant = turns.tenant AND owner = turns.owner AND hash = turns.echo) AS echo_body
			FROM turns
		WHERE id = ${id} AND turns.tenant = ${tenant} AND turns.owner = ${owner}`
}

/** Attaches each choice as a message after the inputs. */
async function writeAnswers(sql: Sql, scope: Scope, turn: Turn, { answers, state, endedAtMs, usage, error }: TurnEnd) {
	const parent = turn.inputs.at(-1) ?? turn.parent
	for (const [choice, { message, partial }] of answers.entries())
		await attach(sql, scope, {
			conversation: turn.conversation,
			turn: turn.id,
			parent,
			messages: [{ id: answerId(turn.id, choice), message, partial }],
			createdAtMs: endedAtMs,
			exclusive: false,
		})
	const stored = answers.map(({ message: _, partial: __, ...facts }, choice) => ({
		message: answerId(turn.id, choice),
		...facts,
	}))
	await sql`
		UPDATE turns SET state = ${state}, ended_at_ms = ${endedAtMs}, answers = ${JSON.stringify(stored)},
			usage = ${usage === undefined ? null : JSON.stringify(usage)}, error = ${error === undefined ? null : JSON.stringify(error)}
		WHERE id = ${turn.id}`
}

async function moveHead(sql: Sql, turn: Turn, { answers, state, endedAtMs }: TurnEnd): Promise<void> {
	const lastInput = state === 'failed' ? undefined : turn.inputs.at(-1)
	const head = answers.length > 0 ? answerId(turn.id, 0) : lastInput
	if (head === undefined) return
	await sql`UPDATE conversations SET head = ${head}, updated_at_ms = ${endedAtMs} WHERE id = ${turn.conversation}`
}

/** Removes a message and attaches its children to its parent. */
async function takeOut(sql: Sql, { conversation, id, parent }: TreeMessage, isHead: boolean): Promise<void> {
	const before = parent ?? null
	await sql`UPDATE messages SET parent = ${before} WHERE conversation = ${conversation} AND parent = ${id}`
	await sql`DELETE FROM messages WHERE conversation = ${conversation} AND id = ${id}`
	if (isHead) await sql`UPDATE conversations SET head = ${before} WHERE id = ${conversation}`
}

function pageOf<Item>(found: readonly Item[], limit: number): Page<Item> {
	return { items: found.slice(0, limit), more: found.length > limit }
}

function likeOf(text: string | undefined): string {
	return `%${foldText(text ?? '').replace(/[!%_]/g, '!$&')}%`
}
