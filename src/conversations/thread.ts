// What a request says of the conversation that it is part of. Dialects fill it in, each from its own words; the pipeline joins it with
// what is kept.

import type { ChatError } from '../chat/error.ts'
import type { JsonObject } from '../chat/json.ts'
import type { Metadata, Surface } from './conversation.ts'

export interface Thread {
	readonly surface: Surface
	readonly origin: ThreadOrigin
	/** The turn can be looked up by its own id afterwards. */
	readonly stored: boolean
	/** A conversation that this turn begins is told by lists. */
	readonly listed: boolean
	/** The first messages of the request that are said once and not kept, as instructions; they stand in front of the conversation. */
	readonly front: number
	/** The last messages of the request, which are kept; those between `front` and them are said once, behind the conversation. */
	readonly kept: number
	/** `auto`: where the conversation is too long for the model, its oldest exchanges are left out; `refuse`: that is an error. */
	readonly truncation: 'auto' | 'refuse'
	/** What becomes of a turn whose place was taken by another in the meantime. */
	readonly onConflict: 'branch' | 'refuse'
	readonly metadata: Metadata
	/** What the dialect repeats of the request when it tells of the turn. */
	readonly echo: JsonObject
}

export type ThreadOrigin =
	/** A new conversation, for the caller's end user `user` where one is named. */
	| { readonly type: 'new'; readonly user?: string }
	/** Goes on from its head, or from the message `parent`. */
	| {
			readonly type: 'conversation'
			/** As `readConversationId` gives it. */
			readonly id: string
			readonly parent?: string
			/** It must be this user's. */
			readonly user?: string
			/** What its caller is told where it is not there. */
			readonly missing: () => ChatError
	  }
	/** Goes on from the answer of another turn. */
	| { readonly type: 'turn'; readonly id: string; readonly missing: () => ChatError }
