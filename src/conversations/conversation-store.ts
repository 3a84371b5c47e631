// Storage of conversations. Every implementation runs conversation-store.contract.ts. Every method treats objects of another scope as
// nonexistent.

import type { FinishReason, TokenLogprob } from '../chat/event.ts'
import type { JsonObject } from '../chat/json.ts'
import type { AssistantMessage, Message } from '../chat/message.ts'
import type { Usage } from '../chat/usage.ts'
import type { Scope } from '../keys/scope.ts'
import type { Conversation, Metadata, StoredMessage, Surface, Turn, TurnState } from './conversation.ts'

/**
 * A resolved promise means that the change is on disk. Failures that a caller can handle are return values; if the database is
 * unreachable, every method throws a ChatError `unavailable`.
 */
export interface ConversationStore {
	create(scope: Scope, conversation: Conversation): Promise<void>
	find(scope: Scope, id: string): Promise<Conversation | undefined>
	/** Undefined if `query.after` does not exist. */
	list(scope: Scope, query: ConversationQuery): Promise<Page<Conversation> | undefined>
	update(scope: Scope, id: string, change: ConversationChange): Promise<Conversation | undefined>
	/** Removes all its messages and turns, including their text in the database's files. @returns whether the conversation existed. */
	remove(scope: Scope, id: string): Promise<boolean>
	/** Removes all conversations of the scope, or of one of its users. @returns the number of conversations. */
	removeAll(scope: Scope, user?: string): Promise<number>

	/**
	 * Stores the turn and its inputs atomically, in state `running`. Its messages form a chain; two turns with the same parent become
	 * branches.
	 */
	begin(scope: Scope, turn: NewTurn): Promise<'begun' | 'not-found' | 'conflict'>
	/** Stores the answers after the inputs and moves the head there. No-op for a turn that was removed or has ended. */
	end(scope: Scope, turn: string, end: TurnEnd): Promise<void>
	/** Undoes `begin`, including a conversation that the turn created. */
	drop(scope: Scope, turn: string): Promise<void>

	/**
	 * The history from the first message to `leaf`, or to the head. The cost depends on `maxBytes`, not on the conversation's length.
	 *
	 * @returns undefined if the conversation, or `leaf` in it, does not exist.
	 */
	path(scope: Scope, conversation: string, options: PathOptions): Promise<Path | undefined>
	/** The history up to the head (or to `leaf`), in pages. Undefined if the conversation, `leaf` or `after` does not exist. */
	messages(
		scope: Scope,
		conversation: string,
		page: PageQuery & { readonly leaf?: string },
	): Promise<Page<StoredMessage> | undefined>
	message(scope: Scope, conversation: string, id: string): Promise<StoredMessage | undefined>
	/** Replaces the message. Undefined removes it and attaches its children to its parent. @returns whether the message existed. */
	replace(scope: Scope, conversation: string, id: string, message: Message | undefined): Promise<boolean>
	/** All messages and turns of a conversation, on every branch, oldest first. */
	everything(
		scope: Scope,
		conversation: string,
	): Promise<{ readonly messages: readonly StoredMessage[]; readonly turns: readonly Turn[] } | undefined>

	/** Finds a turn, whether `stored` or not. */
	turn(scope: Scope, id: string): Promise<Turn | undefined>
	/** Stored turns of a surface that have ended. Undefined if `query.after` does not exist. */
	turns(scope: Scope, query: TurnQuery): Promise<Page<Turn> | undefined>
	updateTurn(scope: Scope, id: string, metadata: Metadata): Promise<Turn | undefined>
	/** Removes the turn, its messages if no other turn continues from them, and its conversation if that is then empty. */
	removeTurn(scope: Scope, id: string): Promise<boolean>

	/** Marks the running turns of the process `process` as `interrupted`. @returns the number of turns. */
	interrupt(process: string, nowMs: number): Promise<number>
	/** Removes conversations without changes since `beforeMs`. @returns the number of conversations. */
	expire(beforeMs: number): Promise<number>
	close(): Promise<void>
}

export interface NewTurn {
	readonly id: string
	readonly surface: Surface
	readonly stored: boolean
	/** The process that runs the turn: see `interrupt`. */
	readonly process: string
	readonly conversation: string
	/** The conversation to create with the turn; if absent, the conversation must exist. */
	readonly create?: Conversation
	/** The message that the turn continues from, which must be in the conversation; absent for a first message. */
	readonly parent?: string
	/** If another turn already continues from `parent`: create a branch, or return `conflict` and store nothing. */
	readonly onConflict: 'branch' | 'refuse'
	readonly inputs: readonly Message[]
	readonly model: string
	readonly metadata: Metadata
	readonly echo: JsonObject
	readonly createdAtMs: number
}

export interface TurnEnd {
	readonly state: Exclude<TurnState, 'running'>
	readonly endedAtMs: number
	/** One for each choice; empty if there was no output. Further choices are siblings of the first. */
	readonly answers: readonly EndedAnswer[]
	readonly usage?: Usage
	readonly error?: { readonly code: string; readonly message: string }
}

export interface EndedAnswer {
	readonly message: AssistantMessage
	readonly partial: boolean
	readonly finishReason?: FinishReason
	readonly logprobs?: readonly TokenLogprob[]
}

export interface PathOptions {
	readonly leaf?: string
	/** Maximum size of the messages to read, in bytes of JSON. The last message is always read. */
	readonly maxBytes: number
}

export interface Path {
	/** The latest messages within `maxBytes`, oldest first. */
	readonly messages: readonly StoredMessage[]
	/** Number of messages before the first of `messages`. */
	readonly omitted: number
	/** If messages are omitted: the system messages at the start of the conversation. */
	readonly opening: readonly StoredMessage[]
}

export interface PageQuery {
	/** Id of the last item of the previous page. */
	readonly after?: string
	/** 1 to 1,000. */
	readonly limit: number
	readonly order: 'asc' | 'desc'
}

export interface Page<Item> {
	readonly items: readonly Item[]
	/** Whether more items follow. */
	readonly more: boolean
}

export interface ConversationQuery extends PageQuery {
	readonly user?: string
	/** Only conversations with a message or title that contains this text, ignoring case. */
	readonly text?: string
}

export interface ConversationChange {
	/** Null removes the title. */
	readonly title?: string | null
	readonly metadata?: Metadata
	/** The message that the next turn continues from. It must be in the conversation. */
	readonly head?: string
	readonly updatedAtMs: number
}

export interface TurnQuery extends PageQuery {
	readonly surface: Surface
	readonly model?: string
	/** Only turns with all of these pairs. */
	readonly metadata?: Metadata
}
