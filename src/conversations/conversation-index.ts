// The conversations of one scope: their properties, without their messages. Every implementation runs
// conversation-index.contract.ts.

import type { Conversation, Metadata } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { ConversationTime } from './conversation-time.ts'
import type { MessageId } from './message-id.ts'
import type { Page, PageQuery } from './page.ts'

export interface ConversationIndex {
	create(conversation: Conversation): Promise<void>
	find(id: ConversationId): Promise<Conversation | undefined>
	/**
	 * Undefined if `query.after` does not exist.
	 * @throws ChatError `unavailable` with the code `search_timeout` if a search takes too long.
	 */
	list(query: ConversationQuery): Promise<Page<FoundConversation> | undefined>
	/** Undefined if the conversation, or the new head in it, does not exist. */
	update(id: ConversationId, change: ConversationChange): Promise<Conversation | undefined>
	/**
	 * Removes all its messages and turns, including their text in the database's files.
	 * @returns whether the conversation existed.
	 */
	remove(id: ConversationId): Promise<boolean>
	/** Removes all conversations of the scope, or of one of its users. @returns the number of conversations. */
	removeAll(user?: string): Promise<number>
}

export interface FoundConversation extends Conversation {
	/** If a text was searched that the title does not contain. */
	readonly match?: TextMatch | undefined
}

/** Where a search has found its text. */
export interface TextMatch {
	/** The first message that contains it. */
	readonly message: MessageId
	/** The text and some words around it, with white space as single spaces; `…` where it is cut. */
	readonly excerpt: string
}

export interface ConversationQuery extends PageQuery<ConversationId> {
	readonly user?: string | undefined
	/**
	 * Only conversations whose title, or one of whose messages, contains this text. Case and the
	 * composition of accents are ignored. The text of a message is that of its text parts, concatenated. Texts of fewer than 3
	 * characters are searched in titles only. At most `maxSearchCharacters`.
	 */
	readonly text?: string | undefined
	/** Only conversations with all of these pairs. An empty value matches any value. */
	readonly metadata?: Metadata | undefined
	/** The time by which the list is ordered; the time of creation if absent. */
	readonly orderBy?: ConversationTime | undefined
}

export interface ConversationChange {
	/** Null removes the title. */
	readonly title?: string | null | undefined
	readonly metadata?: Metadata | undefined
	/** The message that the next turn continues from. It must be in the conversation. */
	readonly head?: MessageId | undefined
	/** Unchanged if absent. */
	readonly updatedAtMs?: number | undefined
}
