// The part of a statement that selects a page of the listed conversations of one scope.

import type { Conversation } from '../../conversations/conversation.ts'
import type { Scope } from '../../keys/scope.ts'
import { type Direction, type Fragment, ordered, type Sql } from './sql.ts'

export interface ConversationSelection {
	readonly scope: Scope
	readonly order: Direction
	/** Only those of this user. */
	readonly user: string | undefined
	/** Only those after this one, in this order. */
	readonly after: Pick<Conversation, 'id' | 'createdAtMs'> | undefined
}

/** The condition for the columns of `conversations`. */
export function selected(sql: Sql, { scope: { tenant, owner }, order, user, after }: ConversationSelection): Fragment {
	const beforeFirst = order === 'asc' ? -1 : Number.MAX_SAFE_INTEGER
	return sql.part`
		tenant = ${tenant} AND owner = ${owner} AND listed = 1
		AND COALESCE(end_user, '') = COALESCE(${user ?? null}, end_user, '')
		AND (created_at_ms, id) ${ordered(sql, order).after} (${after?.createdAtMs ?? beforeFirst}, ${after?.id ?? ''})`
}

/** The order of the page. */
export function inOrder(sql: Sql, order: Direction): Fragment {
	return order === 'asc'
		? sql.raw('ORDER BY created_at_ms ASC, id ASC')
		: sql.raw('ORDER BY created_at_ms DESC, id DESC')
}

/** A negative number if `one` is before `other` in this order. */
export function compareInOrder(one: Conversation, other: Conversation, order: Direction): number {
	const ascending = one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : Number(one.id > other.id))
	return order === 'asc' ? ascending : -ascending
}
