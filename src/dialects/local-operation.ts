// Operations on stored objects and on the server itself, as a dialect reads them: plain data, executed by
// pipeline/local-operations.ts. The functions in it only write results, or turn a stored message into the one that
// replaces it. They may throw a ChatError.

import type { ChatError } from '../chat/error.ts'
import type { Message } from '../chat/message.ts'
import type { Conversation, Metadata, StoredMessage, Turn } from '../conversations/conversation.ts'
import type { ConversationId } from '../conversations/conversation-id.ts'
import type { ConversationQuery, FoundConversation } from '../conversations/conversation-index.ts'
import type { HistoryPageQuery } from '../conversations/history.ts'
import type { MessageId } from '../conversations/message-id.ts'
import type { FoundMessages, MessageLookup } from '../conversations/message-lookup.ts'
import type { MessagePage } from '../conversations/message-page.ts'
import type { Absent } from '../conversations/not-found.ts'
import type { Page, PageQuery } from '../conversations/page.ts'
import type {
	AddedMessage,
	Addition,
	ConversationExport,
	ConversationHistory,
	NewConversation,
} from '../conversations/service.ts'
import type { ShareId } from '../conversations/share-id.ts'
import type { NewShare } from '../conversations/share-service.ts'
import type { Share, SharedBranch } from '../conversations/shares.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import type { AnsweredTurn, TurnReference } from '../conversations/turn-service.ts'
import type { TurnQuery } from '../conversations/turns.ts'
import type { CreatedOwnKey, KeyListQuery, OwnKey, RevokedOwnKey } from '../keys/service.ts'
import type { LedgerEntry } from '../ledger/ledger-entry.ts'
import type { EntryOrder, EntrySum, UsageQuery, UsageSum } from '../ledger/usage-query.ts'
import type { Model, ModelCapability } from '../routing/model.ts'
import type { JsonPieces } from './writer.ts'

interface Stored {
	/** The error for an object that was not found. */
	readonly notFound: (absent: Absent) => ChatError
}

/** Messages to store, some of which may refer to stored ones. */
export interface MessageAdditions {
	readonly lookup: MessageLookup
	readonly build: (found: FoundMessages) => readonly Message[]
}

/** Operations on stored conversations and turns, by their names. */
interface ConversationOperations {
	'conversations.create': {
		readonly conversation: NewConversation
		readonly additions: MessageAdditions
		readonly write: (conversation: Conversation) => unknown
	}
	'conversations.list': Stored & {
		readonly query: ConversationQuery
		readonly write: (page: Page<FoundConversation>) => unknown
	}
	'conversations.find': Stored & {
		readonly id: ConversationId
		readonly write: (conversation: Conversation) => unknown
	}
	'conversations.update': Stored & {
		readonly id: ConversationId
		/** Null removes the title. */
		readonly change: { readonly title?: string | null; readonly metadata?: Metadata }
		readonly write: (conversation: Conversation) => unknown
	}
	'conversations.remove': Stored & { readonly id: ConversationId; readonly write: () => unknown }
	/** Removes all conversations, or those of one user. `write` gets their number. */
	'conversations.remove-all': { readonly user?: string; readonly write: (count: number) => unknown }
	'conversations.export': Stored & {
		readonly id: ConversationId
		readonly write: (exported: ConversationExport) => JsonPieces
	}
	/** Adds messages without calling a model. */
	'conversations.append': Stored & {
		readonly id: ConversationId
		readonly addition: Addition
		readonly additions: MessageAdditions
		readonly write: (added: readonly AddedMessage[]) => unknown
	}
	/** The conversations of a user with all their messages. */
	'conversations.histories': {
		readonly user: string
		readonly write: (histories: readonly ConversationHistory[]) => unknown
	}
	'conversations.history': Stored & {
		readonly id: ConversationId
		readonly user: string
		readonly write: (history: ConversationHistory) => unknown
	}
	'shares.create': Stored & {
		readonly conversation: ConversationId
		readonly share: NewShare
		readonly write: (share: Share) => unknown
	}
	'shares.list': Stored & {
		readonly conversation: ConversationId
		readonly write: (shares: readonly Share[]) => unknown
	}
	'shares.revoke': Stored & {
		readonly conversation: ConversationId
		readonly id: ShareId
		readonly write: () => unknown
	}
	/** A share of anybody in the caller's tenant. */
	'shares.open': Stored & { readonly id: ShareId; readonly write: (branch: SharedBranch) => unknown }
	/** The messages up to the tip of a branch, or to the head. */
	'messages.list': Stored & {
		readonly conversation: ConversationId
		readonly query: HistoryPageQuery
		readonly write: (page: MessagePage) => unknown
	}
	'messages.find': Stored & {
		readonly conversation: ConversationId
		readonly id: MessageId
		readonly write: (message: StoredMessage) => unknown
	}
	/** Replaces a message by the result of `edit`, or removes it if that is undefined. */
	'messages.edit': Stored & {
		readonly conversation: ConversationId
		readonly id: MessageId
		readonly edit: (message: StoredMessage) => Message | undefined
		readonly write: (conversation: Conversation) => unknown
	}
	/** Removes a message and everything that follows it, on every branch. */
	'messages.remove-from': Stored & {
		readonly conversation: ConversationId
		readonly id: MessageId
		readonly write: (conversation: Conversation) => unknown
	}
	'turns.list': Stored & { readonly query: TurnQuery; readonly write: (page: Page<AnsweredTurn>) => unknown }
	'turns.find': Stored & { readonly turn: TurnReference; readonly write: (turn: AnsweredTurn) => unknown }
	/** The messages of the turn's request. */
	'turns.inputs': Stored & {
		readonly turn: TurnReference
		readonly query: PageQuery<MessageId>
		readonly write: (page: Page<StoredMessage>) => unknown
	}
	/** The messages before the turn's answer, including those of earlier turns. */
	'turns.history': Stored & {
		readonly turn: TurnReference
		readonly query: PageQuery<MessageId>
		readonly write: (page: MessagePage, turn: Turn) => unknown
	}
	'turns.update': Stored & {
		readonly turn: TurnReference
		readonly metadata: Metadata
		readonly write: (turn: AnsweredTurn) => unknown
	}
	'turns.remove': Stored & { readonly turn: TurnReference; readonly write: () => unknown }
}

/** All other operations. */
interface OtherOperations {
	'models.list': { readonly write: (models: readonly ListedModel[]) => unknown }
	'models.find': { readonly name: string; readonly write: (model: ListedModel) => unknown }
	/** Cancels a turn that runs without its client, in any process, and writes it after it has ended. */
	'turns.cancel': Stored & {
		readonly turn: TurnReference
		/** @throws ChatError if this turn cannot be cancelled. */
		readonly check: (turn: Turn) => void
		readonly write: (turn: AnsweredTurn) => unknown
	}
	/** Reads the events of a stored stream. */
	'streams.read': Stored & {
		readonly turn: TurnId
		/** Number of events that the client has already read. */
		readonly after: number
	}
	/** Aggregated usage. Callers without the role admin get their own usage only. */
	'usage.sum': {
		readonly query: UsageQuery
		/** Restricts admins to their own usage as well. */
		readonly own?: true
		readonly write: (sums: readonly UsageSum[], nowMs: number) => unknown
	}
	/** The caller's own usage records. */
	'usage.records': { readonly query: RecordsQuery; readonly write: (page: RecordsPage) => unknown }
	/** `write` gets `expired` if the key would have expired before its creation. */
	'keys.create': {
		readonly name: string
		/** Milliseconds since 1970. */
		readonly expiresAtMs?: number
		readonly write: (created: CreatedOwnKey | 'expired') => unknown
	}
	'keys.list': {
		readonly query: KeyListQuery
		readonly write: (page: KeysPage) => unknown
	}
	/** `write` gets undefined if there is no such key. */
	'keys.find': {
		readonly id: string
		readonly write: (key: OwnKey | undefined, lastDays: LastDays | undefined) => unknown
	}
	'keys.revoke': { readonly id: string; readonly write: (revoked: RevokedOwnKey | undefined) => unknown }
	/** The identity of the caller. */
	'caller.show': { readonly write: (caller: Caller) => unknown }
	/** A fixed response. */
	constant: { readonly answer: unknown }
}

export type ConversationOperationType = keyof ConversationOperations
export type OtherOperationType = keyof OtherOperations

export type ConversationOperation<Type extends ConversationOperationType = ConversationOperationType> = {
	readonly [Each in Type]: { readonly type: Each } & ConversationOperations[Each]
}[Type]

export type OtherOperation<Type extends OtherOperationType = OtherOperationType> = {
	readonly [Each in Type]: { readonly type: Each } & OtherOperations[Each]
}[Type]

export type LocalOperation = ConversationOperation | OtherOperation

/** Times are in milliseconds since 1970. */
export interface RecordsQuery {
	/** If absent, `defaultRangeMs` before the current time. */
	readonly fromMs?: number
	readonly defaultRangeMs: number
	/** The current time if absent. */
	readonly untilMs?: number
	readonly operation?: string
	readonly order?: EntryOrder
	/** Number of records to skip. */
	readonly offset: number
	readonly limit: number
}

export interface RecordsPage {
	readonly entries: readonly LedgerEntry[]
	/** Totals of all records that match the query, not of this page only. */
	readonly sum: EntrySum
	/** Names of the caller's keys, by id. */
	readonly keyNames: ReadonlyMap<string, string>
	/** The owner of the caller's key. */
	readonly owner: string
}

/** The last day (UTC) on which a key called a model, such as `2026-11-23`, by the key's id. */
export type LastDays = ReadonlyMap<string, string>

export interface KeysPage {
	readonly keys: readonly OwnKey[]
	/** The number of all keys that match. */
	readonly total: number
	/** Undefined if the server does not record usage. */
	readonly lastDays: LastDays | undefined
	/** Whether the caller may create keys. */
	readonly mayCreate: boolean
}

export interface Caller {
	/** Id of the key. */
	readonly id: string
	readonly name: string
	readonly role: 'admin' | 'user'
	readonly tenant: string
	readonly owner: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	/** Milliseconds since 1970; null if the key does not expire. */
	readonly expiresAtMs: number | null
}

/** The public properties of a model, with the current state of its upstreams. */
export interface ListedModel extends Pick<Model, 'name' | 'type' | 'aliases' | 'ownedBy' | 'contextTokens' | 'price'> {
	readonly capabilities: readonly ModelCapability[]
	/** Seconds since 1970. */
	readonly created: number
	/** `limited` if some upstreams are unavailable or calls are queued; `none` if all upstreams are unavailable. */
	readonly health: 'good' | 'limited' | 'none'
	/** Whether all its upstreams run on the machine of the server. */
	readonly local: boolean
	/** Output tokens per second: the median of this process in the last hour; absent if it measured none. */
	readonly speed?: number | undefined
	readonly note?: string
}
