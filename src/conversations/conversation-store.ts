// Where conversations are kept. Every implementation runs conversation-store.contract.ts. What belongs to another scope is treated like
// what does not exist, in every method.

import type { FinishReason, TokenLogprob } from '../chat/event.ts'
import type { JsonObject } from '../chat/json.ts'
import type { AssistantMessage, Message } from '../chat/message.ts'
import type { Usage } from '../chat/usage.ts'
import type { Scope } from '../keys/scope.ts'
import type { Conversation, KeptMessage, Metadata, Surface, Turn, TurnState } from './conversation.ts'

/**
 * A promise that resolved means: on disk. Failures that a caller can mend are told by what a method returns; where the database cannot be
 * reached every method throws a ChatError `unavailable`.
 */
export interface ConversationStore {
	create(scope: Scope, conversation: Conversation): Promise<void>
	find(scope: Scope, id: string): Promise<Conversation | undefined>
	/** Undefined where `query.after` is not there. */
	list(scope: Scope, query: ConversationQuery): Promise<Page<Conversation> | undefined>
	update(scope: Scope, id: string, change: ConversationChange): Promise<Conversation | undefined>
	/** With all its messages and turns, really: nothing of their text stays in the database's files. @returns whether it was there. */
	remove(scope: Scope, id: string): Promise<boolean>
	/** Everything of the scope, or of one of its users. @returns how many conversations. */
	removeAll(scope: Scope, user?: string): Promise<number>

	/**
	 * Writes the turn down with its inputs, in state `running`, all or nothing. Its messages follow each other; two turns that go on from
	 * the same message become branches.
	 */
	begin(scope: Scope, turn: NewTurn): Promise<'begun' | 'not-found' | 'conflict'>
	/** Writes the answers behind the inputs and moves the head there. Does nothing for a turn that is gone or has ended. */
	end(scope: Scope, turn: string, end: TurnEnd): Promise<void>
	/** As if the turn had never begun, together with a conversation that it made. */
	drop(scope: Scope, turn: string): Promise<void>

	/**
	 * The way from the first message to `leaf`, or to the head. Its cost depends on `maxBytes`, not on the conversation's length.
	 *
	 * @returns undefined where the conversation, or `leaf` in it, is not there.
	 */
	path(scope: Scope, conversation: string, options: PathOptions): Promise<Path | undefined>
	/** The messages of the way to the head (or to `leaf`), in pages. Undefined where the conversation, `leaf` or `after` is not there. */
	messages(
		scope: Scope,
		conversation: string,
		page: PageQuery & { readonly leaf?: string },
	): Promise<Page<KeptMessage> | undefined>
	message(scope: Scope, conversation: string, id: string): Promise<KeptMessage | undefined>
	/** Another text in its place; without one it is taken out, and what followed it follows what was before it. @returns whether it was there. */
	replace(scope: Scope, conversation: string, id: string, message: Message | undefined): Promise<boolean>
	/** Everything of a conversation, every branch, oldest first. */
	everything(
		scope: Scope,
		conversation: string,
	): Promise<{ readonly messages: readonly KeptMessage[]; readonly turns: readonly Turn[] } | undefined>

	/** Stored or not. */
	turn(scope: Scope, id: string): Promise<Turn | undefined>
	/** Stored turns of a surface that have ended. Undefined where `query.after` is not there. */
	turns(scope: Scope, query: TurnQuery): Promise<Page<Turn> | undefined>
	updateTurn(scope: Scope, id: string, metadata: Metadata): Promise<Turn | undefined>
	/** With its messages, where no other turn goes on from them, and with its conversation, where nothing is left in it. */
	removeTurn(scope: Scope, id: string): Promise<boolean>

	/** Turns that the process `process` left running are `interrupted`. @returns how many. */
	interrupt(process: string, nowMs: number): Promise<number>
	/** Conversations that nothing was added to since are removed. @returns how many. */
	expire(beforeMs: number): Promise<number>
	close(): Promise<void>
}

export interface NewTurn {
	readonly id: string
	readonly surface: Surface
	readonly stored: boolean
	/** Which process answers it: see `interrupt`. */
	readonly process: string
	readonly conversation: string
	/** Made together with the turn; without it the conversation must be there. */
	readonly create?: Conversation
	/** The message gone on from; absent for a first message. Must be in the conversation. */
	readonly parent?: string
	/** What becomes of a turn whose `parent` has been gone on from already: a branch, or nothing and `conflict`. */
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
	/** One for each choice; none where nothing came. A further choice is a sibling of the first. */
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
	/** Bound on the size of what is read, in bytes of JSON; at least the last message is. */
	readonly maxBytes: number
}

export interface Path {
	/** Oldest first: the last ones, as far as `maxBytes` reached. */
	readonly messages: readonly KeptMessage[]
	/** How many stand before the first of `messages`. */
	readonly omitted: number
	/** Where something is omitted: the system messages that the conversation begins with. */
	readonly opening: readonly KeptMessage[]
}

export interface PageQuery {
	/** The id of the last one seen. */
	readonly after?: string
	/** 1 to 1,000. */
	readonly limit: number
	readonly order: 'asc' | 'desc'
}

export interface Page<Item> {
	readonly items: readonly Item[]
	/** Whether there are more behind them. */
	readonly more: boolean
}

export interface ConversationQuery extends PageQuery {
	readonly user?: string
	/** Only those with a message or a title that contains this, in any case. */
	readonly text?: string
}

export interface ConversationChange {
	/** Null takes it away. */
	readonly title?: string | null
	readonly metadata?: Metadata
	/** Must be one of its messages: the branch that is gone on from. */
	readonly head?: string
	readonly updatedAtMs: number
}

export interface TurnQuery extends PageQuery {
	readonly surface: Surface
	readonly model?: string
	/** All of these pairs. */
	readonly metadata?: Metadata
}
