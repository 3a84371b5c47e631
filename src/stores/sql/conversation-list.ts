// The part of a statement that selects a page of the listed conversations of one scope.

import type { Conversation, Metadata } from '../../conversations/conversation.ts'
import type { ConversationTime } from '../../conversations/conversation-time.ts'
import type { Scope } from '../../keys/scope.ts'
import { type Direction, type Fragment, ordered, type Sql } from './sql.ts'

export interface ConversationOrder {
	readonly order: Direction
	readonly orderBy: ConversationTime
}

export interface ConversationSelection extends ConversationOrder {
	readonly scope: Scope
	/** Only those of this user. */
	readonly user: string | undefined
	/** Only those with these pairs; an empty value matches any value. */
	readonly metadata: Metadata
	/** Only those after this one, in this order. */
	readonly after: Pick<Conversation, 'id' | 'createdAtMs' | 'updatedAtMs'> | undefined
}

/**
 * The condition for the columns of `conversations`.
 *
 * @param position the SQL function of a text and a part of it: the position of the part, from 1, or 0.
 */
export function selected(sql: Sql, position: string, selection: ConversationSelection): Fragment {
	const { scope, order, orderBy, user, metadata, after } = selection
	const beforeFirst = order === 'asc' ? -1 : Number.MAX_SAFE_INTEGER
	const time = after === undefined ? beforeFirst : timeOf(after, orderBy)
	return sql.part`
		tenant = ${scope.tenant} AND owner = ${scope.owner} AND listed = 1
		AND COALESCE(end_user, '') = COALESCE(${user ?? null}, end_user, '')
		AND (${sql.raw(columns[orderBy])}, id) ${ordered(sql, order).after} (${time}, ${after?.id ?? ''})
		${withMetadata(sql, position, metadata)}`
}

/** The order of the page. */
export function inOrder(sql: Sql, { order, orderBy }: ConversationOrder): Fragment {
	const direction = order === 'asc' ? 'ASC' : 'DESC'
	return sql.raw(`ORDER BY ${columns[orderBy]} ${direction}, id ${direction}`)
}

/** A negative number if `one` is before `other` in this order. */
export function compareInOrder(one: Conversation, other: Conversation, { order, orderBy }: ConversationOrder): number {
	const ascending =
		timeOf(one, orderBy) - timeOf(other, orderBy) || (one.id < other.id ? -1 : Number(one.id > other.id))
	return order === 'asc' ? ascending : -ascending
}

const columns = { created_at: 'created_at_ms', updated_at: 'updated_at_ms' } as const satisfies Record<
	ConversationTime,
	string
>

function timeOf(
	{ createdAtMs, updatedAtMs }: Pick<Conversation, 'createdAtMs' | 'updatedAtMs'>,
	by: ConversationTime,
): number {
	return by === 'created_at' ? createdAtMs : updatedAtMs
}

/**
 * Compares the text of the pairs, because PostgreSQL's JSON functions refuse texts with a NUL. In JSON without white space, a
 * name follows `{"` or `,"`; inside of a text, a backslash is before the quotation mark.
 */
function withMetadata(sql: Sql, position: string, metadata: Metadata): Fragment {
	return Object.entries(metadata).reduce((condition, [name, value]) => {
		const pair = value === '' ? `${JSON.stringify(name)}:` : `${JSON.stringify(name)}:${JSON.stringify(value)}`
		const contains = (text: string) => sql.part`${sql.raw(`${position}(metadata, `)}${text}) > 0`
		return sql.part`${condition} AND (${contains(`{${pair}`)} OR ${contains(`,${pair}`)})`
	}, sql.raw(''))
}
