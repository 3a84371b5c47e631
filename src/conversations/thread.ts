// How a request relates to a stored conversation. Dialects derive it from their own fields; the pipeline combines it with the stored
// history.

import type { ChatError } from '../chat/error.ts'
import type { JsonObject } from '../chat/json.ts'
import type { Metadata, Surface } from './conversation.ts'

export interface Thread {
	readonly surface: Surface
	readonly origin: ThreadOrigin
	/** Whether the turn can be retrieved by its id afterwards. */
	readonly stored: boolean
	/** Whether lists include a conversation that this turn creates. */
	readonly listed: boolean
	/** Number of leading request messages that are not stored, such as instructions. They go before the conversation. */
	readonly front: number
	/** Number of trailing request messages that are stored. Messages between `front` and these are not stored and go after the conversation. */
	readonly kept: number
	/** If the conversation exceeds the model's context: `auto` omits its oldest exchanges; `refuse` returns an error. */
	readonly truncation: 'auto' | 'refuse'
	/** If another turn already continues from the same message: create a branch, or fail. */
	readonly onConflict: 'branch' | 'refuse'
	readonly metadata: Metadata
	/** Request fields that the dialect repeats when it returns the turn. */
	readonly echo: JsonObject
}

export type ThreadOrigin =
	/** A new conversation, for the caller's end user `user` if given. */
	| { readonly type: 'new'; readonly user?: string }
	/** Continues from the conversation's head, or from the message `parent`. */
	| {
			readonly type: 'conversation'
			/** As returned by `readConversationId`. */
			readonly id: string
			readonly parent?: string
			/** The user that the conversation must belong to. */
			readonly user?: string
			/** Error to throw when it does not exist. */
			readonly missing: () => ChatError
	  }
	/** Continues from the answer of another turn. */
	| { readonly type: 'turn'; readonly id: string; readonly missing: () => ChatError }
