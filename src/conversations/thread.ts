// How a request relates to a stored conversation. Dialects derive it from their own fields; the pipeline combines it
// with the stored history.

import type { ChatError } from '../chat/error.ts'
import type { JsonObject } from '../chat/json.ts'
import type { Message } from '../chat/message.ts'
import type { Metadata, Surface } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { MessageId } from './message-id.ts'
import type { TurnId } from './turn-id.ts'
import type { ConflictRule, TurnConflict } from './turns.ts'

/** The messages of a request, by their part in its conversation. In this order they are all messages of the request. */
export interface ThreadMessages {
	/** Go before the conversation. Not stored, because clients send them with every request. */
	readonly instructions: readonly Message[]
	/** Go after the conversation. Not stored. */
	readonly transient: readonly Message[]
	/** The new messages, which are stored; they go last. */
	readonly incoming: readonly Message[]
}

export interface Thread extends ThreadMessages {
	readonly surface: Surface
	readonly origin: ThreadOrigin
	/** Whether the turn can be retrieved by its id afterwards. */
	readonly stored: boolean
	/** Whether lists include a conversation that this turn creates. */
	readonly listed: boolean
	/** If the conversation exceeds the model's context: `auto` omits its oldest exchanges; `refuse` returns an error. */
	readonly truncation: 'auto' | 'refuse'
	readonly onConflict: ConflictRule
	readonly metadata: Metadata
	/** Request fields that the dialect repeats when it returns the turn. */
	readonly echo: JsonObject
	/** Set if the dialect has its own errors for conversations. */
	readonly errors?: ThreadErrors | undefined
}

/** The errors of a dialect that continues conversations by fields of its own. */
export interface ThreadErrors {
	/** The server stores no conversations for this caller. */
	notStored(): ChatError
	/** What the turn continues from does not exist. */
	notFound(): ChatError
	/** Another turn continues from the same message. */
	conflict(conflict: TurnConflict): ChatError
}

export type ThreadOrigin =
	/** A new conversation, for the caller's end user `user` if given. */
	| { readonly type: 'new'; readonly user?: string | undefined }
	/** Continues from the conversation's head, from the message `parent`, or from nothing: a branch beside the first messages. */
	| {
			readonly type: 'conversation'
			readonly id: ConversationId
			readonly parent?: MessageId | 'none' | undefined
			/** The user that the conversation must belong to. */
			readonly user?: string | undefined
			/** Error to throw when it does not exist. */
			readonly notFound: () => ChatError
	  }
	/** Continues from the answer of another turn. */
	| { readonly type: 'turn'; readonly id: TurnId; readonly notFound: () => ChatError }
