// The turns of one scope, from their beginning to their removal. Every implementation runs turns.contract.ts.

import type { FinishReason, TokenLogprob } from '../chat/event.ts'
import type { JsonObject } from '../chat/json.ts'
import type { AssistantMessage, Message } from '../chat/message.ts'
import type { Usage } from '../chat/usage.ts'
import type {
	AnsweredRequest,
	AnswerMetrics,
	Conversation,
	Metadata,
	Surface,
	Turn,
	TurnState,
} from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { MessageId } from './message-id.ts'
import type { Page, PageQuery } from './page.ts'
import type { TurnId } from './turn-id.ts'

export interface Turns {
	/** The database was unavailable for the last `begin`: an upstream is called only when the next one has succeeded. */
	readonly failing?: boolean | undefined
	/**
	 * Stores the turn and its inputs atomically, in state `running`. Its messages form a chain; two turns with the same
	 * parent become branches.
	 */
	begin(turn: NewTurn): Promise<'begun' | 'not-found' | TurnConflict>
	/**
	 * Stores the answers after the inputs and moves the head there. No-op for a turn that was removed or has ended, except
	 * for one that another process ended, as `interrupted` or `cancelled`, without answers: it retains its state and gets
	 * the answers and the usage; only the usage if its answer was deleted meanwhile. If inputs were removed, the answers
	 * follow the last one that is left.
	 */
	end(id: TurnId, end: TurnEnd): Promise<void>
	/** Undoes `begin`, including a conversation that the turn created. */
	drop(id: TurnId): Promise<void>
	/** Finds a turn, whether `stored` or not. */
	find(id: TurnId): Promise<Turn | undefined>
	/** Stored turns of a surface that have ended. Undefined if `query.after` does not exist. */
	list(query: TurnQuery): Promise<Page<Turn> | undefined>
	update(id: TurnId, metadata: Metadata): Promise<Turn | undefined>
	/**
	 * Removes the turn, its messages if no other turn continues from them, and its conversation if that is then empty.
	 */
	remove(id: TurnId): Promise<boolean>
	/**
	 * Removes a message of a turn and everything that follows it, on every branch: the later messages of its turn, the turns that
	 * continue from one of them, also those that are still running, and the shares of these messages. A turn without messages is
	 * removed, too. If the conversation's head is removed, the last message of the turn that ended last among the others becomes it.
	 * If the turn is running, or its answer has not been stored yet, it ends as `cancelled` with the error `answerDeleted`.
	 *
	 * @param id of a message that the turn has, or would have: its answer may be missing.
	 * @returns whether the conversation has such a turn.
	 */
	removeFrom(conversation: ConversationId, id: MessageId, nowMs: number): Promise<boolean>
}

/** The error of a turn whose answer was deleted before it was stored. */
export const answerDeleted = {
	code: 'answer_deleted',
	message: 'The answer was deleted while it was generated.',
} as const

/**
 * What happens to a turn if another one already continues from the same message.
 * - `branch`: it becomes a branch.
 * - `refuse`: `conflict`, whatever the state of the other one.
 * - `once`: `in-flight` if the other one is running, `conflict` if it was answered; a branch if it failed or was
 *   cancelled.
 */
export type ConflictRule = 'branch' | 'refuse' | 'once'

/** Why nothing was stored. `in-flight` belongs to the rule `once`. */
export type TurnConflict = 'conflict' | 'in-flight'

export interface NewTurn {
	readonly id: TurnId
	readonly surface: Surface
	readonly stored: boolean
	/** The process that runs the turn: see `Maintenance`. */
	readonly process: string
	readonly conversation: ConversationId
	/** The conversation to create with the turn; if absent, the conversation must exist. */
	readonly create?: Conversation | undefined
	/** The message that the turn continues from, which must be in the conversation; absent for a first message. */
	readonly parent?: MessageId | undefined
	readonly onConflict: ConflictRule
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
	readonly usage?: Usage | undefined
	/** Stored only with `usage`. */
	readonly metrics?: AnswerMetrics | undefined
	/** Stored only with `usage`. */
	readonly answered?: AnsweredRequest | undefined
	readonly error?: { readonly code: string; readonly message: string } | undefined
}

export interface EndedAnswer {
	readonly message: AssistantMessage
	readonly partial: boolean
	readonly finishReason?: FinishReason | undefined
	readonly logprobs?: readonly TokenLogprob[] | undefined
}

export interface TurnQuery extends PageQuery<TurnId> {
	readonly surface: Surface
	readonly model?: string | undefined
	/** Only turns with all of these pairs. */
	readonly metadata?: Metadata | undefined
}
