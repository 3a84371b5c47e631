// Stored messages to which a request refers by their ids. Plain data: conversations/service.ts looks them up.

import type { StoredMessage, Turn } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { HistoryEnd } from './history.ts'
import type { MessageId } from './message-id.ts'
import type { TurnId } from './turn-id.ts'

export interface MessageReference {
	readonly turn: TurnId
	readonly message: MessageId
}

export interface MessageLookup {
	readonly messages: readonly MessageReference[]
	/** What the request continues from. */
	readonly continues?: LookupOrigin | undefined
	/**
	 * Also reads the history up to the answer of the turn that the request continues from, at most so many bytes of JSON.
	 */
	readonly historyBytes?: number
}

export type LookupOrigin =
	| { readonly type: 'conversation'; readonly id: ConversationId }
	| { readonly type: 'turn'; readonly id: TurnId }

export interface FoundMessages {
	/** By id; messages that do not exist are absent. */
	readonly messages: ReadonlyMap<MessageId, StoredMessage>
	/** The conversation that the request continues, if any. */
	readonly conversation?: ConversationId | undefined
	/** The turn that the request continues from, whether `stored` or not. */
	readonly turn?: Turn | undefined
	/** The message that a turn after it continues from. */
	readonly tip?: MessageId | undefined
	/** If requested; undefined if the turn is not stored. */
	readonly history?: HistoryEnd | undefined
}
