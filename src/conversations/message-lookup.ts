// Stored messages to which a request refers by their ids. Plain data: conversations/service.ts looks them up.

import type { StoredMessage } from './conversation.ts'
import type { Path } from './conversation-store.ts'

export interface MessageReference {
	readonly turn: string
	readonly message: string
}

export interface MessageLookup {
	readonly messages: readonly MessageReference[]
	/** What the request continues from. */
	readonly continues?: LookupOrigin
	/** Also reads the history up to the answer of the turn that the request continues from, at most so many bytes of JSON. */
	readonly historyBytes?: number
}

export type LookupOrigin =
	| { readonly type: 'conversation'; readonly id: string }
	| { readonly type: 'turn'; readonly id: string }

export interface FoundMessages {
	/** By id; messages that do not exist are absent. */
	readonly messages: ReadonlyMap<string, StoredMessage>
	/** The conversation that the request continues, if any. */
	readonly conversation?: string
	/** If requested; undefined if the turn is not stored. */
	readonly history?: Path
}
