// The messages of the conversations of one scope. A conversation is a tree; its history up to a tip is the path from
// its first message to that message. Every implementation runs history.contract.ts.

import type { Message } from '../chat/message.ts'
import type { StoredMessage, Turn } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { MessageId } from './message-id.ts'
import type { Page, PageQuery } from './page.ts'

export interface History {
	/**
	 * The end of the history up to `tip`. The cost depends on `maxBytes`, not on the conversation's length.
	 *
	 * @returns undefined if the conversation, or `tip` in it, does not exist.
	 */
	read(conversation: ConversationId, query: HistoryQuery): Promise<HistoryEnd | undefined>
	/** The history up to `tip`, in pages. Undefined if the conversation, `tip` or `after` does not exist. */
	page(conversation: ConversationId, query: HistoryPageQuery): Promise<Page<StoredMessage> | undefined>
	message(conversation: ConversationId, id: MessageId): Promise<StoredMessage | undefined>
	/**
	 * Replaces the message. Undefined removes it and attaches its children to its parent.
	 * @returns whether the message existed.
	 */
	replace(conversation: ConversationId, id: MessageId, message: Message | undefined): Promise<boolean>
	/** All messages and turns of a conversation, on every branch, oldest first. Undefined if it does not exist. */
	export(conversation: ConversationId): Promise<ExportedConversation | undefined>
}

export interface HistoryQuery {
	/** The last message; the head if absent. */
	readonly tip?: MessageId | undefined
	/** Maximum size of the messages to read, in bytes of JSON. The last message is always read. */
	readonly maxBytes: number
}

export interface HistoryEnd {
	/** The latest messages within `maxBytes`, oldest first. */
	readonly messages: readonly StoredMessage[]
	/** Number of messages before the first of `messages`. */
	readonly omitted: number
	/** If messages are omitted: the system messages at the start of the conversation. */
	readonly opening: readonly StoredMessage[]
}

export interface HistoryPageQuery extends PageQuery<MessageId> {
	/** The last message; the head if absent. */
	readonly tip?: MessageId | undefined
}

/** In batches of a bounded size, which are read one after the other. Each can be read once. */
export interface ExportedConversation {
	readonly messages: AsyncIterable<readonly ExportedMessage[]>
	/** Without the request fields that a dialect repeats. */
	readonly turns: AsyncIterable<readonly Turn[]>
}

export interface ExportedMessage extends Omit<StoredMessage, 'message'> {
	/** The message as JSON. A large one need not be parsed. */
	readonly json: string
}
