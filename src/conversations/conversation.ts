// A stored conversation: messages with parents, so that an edit or a second answer is a sibling, and the turns that
// created them. Plain data, independent of dialects: ids have no prefix.

import type { FinishReason, TokenLogprob } from '../chat/event.ts'
import type { JsonObject } from '../chat/json.ts'
import type { Message } from '../chat/message.ts'
import type { Usage } from '../chat/usage.ts'
import type { ConversationId } from './conversation-id.ts'
import type { MessageId } from './message-id.ts'
import type { TurnId } from './turn-id.ts'

/** Key-value pairs set by the caller, at most 16. */
export type Metadata = Readonly<Record<string, string>>

export interface Conversation {
	readonly id: ConversationId
	/** The caller's id for its end user, if the conversation was created for one. */
	readonly user?: string
	readonly title?: string
	readonly metadata: Metadata
	/**
	 * Whether lists include it. A conversation that only links single answers, such as a chain of stored responses, is
	 * not listed.
	 */
	readonly listed: boolean
	/** The message that a turn continues from by default: the last message of the turn that ended last. */
	readonly head?: MessageId
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	readonly updatedAtMs: number
}

export interface StoredMessage {
	/** `inputId` or `answerId` of its turn. */
	readonly id: MessageId
	readonly conversation: ConversationId
	/** Absent for the first. */
	readonly parent?: MessageId
	readonly turn: TurnId
	/** Number of messages before it on its branch. */
	readonly depth: number
	readonly message: Message
	/** The answer was interrupted, and this is the part received until then. */
	readonly partial: boolean
	readonly createdAtMs: number
}

/**
 * `incomplete`: truncated by a limit or a filter. `failed`: the upstream failed. `cancelled`: the caller cancelled it
 * or disconnected. `interrupted`: the server stopped.
 */
export const turnStates = ['running', 'completed', 'incomplete', 'failed', 'cancelled', 'interrupted'] as const
export type TurnState = (typeof turnStates)[number]

/**
 * The kind of object that a turn is exposed as: a stored chat completion, a response, or messages added without a model
 * call.
 */
export const surfaces = ['chat', 'response', 'messages'] as const
export type Surface = (typeof surfaces)[number]

/** One exchange: the input messages and the answers. */
export interface Turn {
	readonly id: TurnId
	readonly conversation: ConversationId
	readonly surface: Surface
	/** Whether the turn can be retrieved by its id; otherwise only its messages are stored. */
	readonly stored: boolean
	readonly state: TurnState
	/** The message that it continues from. */
	readonly parent?: MessageId
	/** The requested public model name. */
	readonly model: string
	/** Ids of the input messages, in the order of the request. */
	readonly inputs: readonly MessageId[]
	readonly answers: readonly StoredAnswer[]
	readonly usage?: Usage
	/** Stored with `usage`, so a turn without usage has none. */
	readonly metrics?: AnswerMetrics | undefined
	/** Stored with `usage`, too. */
	readonly answered?: AnsweredRequest | undefined
	readonly error?: { readonly code: string; readonly message: string }
	readonly metadata: Metadata
	/** Request fields that a dialect repeats when it returns the turn, in the dialect's format. */
	readonly echo: JsonObject
	readonly createdAtMs: number
	readonly endedAtMs?: number
}

/** What an answer cost and how long it took. What is unknown is undefined. */
export interface AnswerMetrics {
	/** Millionths of `currency`, at the price of the model when it answered. */
	readonly costMicros?: number | undefined
	/** ISO 4217. */
	readonly currency?: string | undefined
	/** From the receipt of the request to the first output; of streams only. */
	readonly firstTokenMs?: number | undefined
	/** From the first output to the last; of streams only. */
	readonly outputMs?: number | undefined
}

/** How the request that an upstream answered differs from that of the client. What does not differ is undefined. */
export interface AnsweredRequest {
	/** The name that the upstream reported of the model that answered. */
	readonly model?: string | undefined
	/** Parts that the upstream did not receive, as `x-dragoman-dropped` names them. */
	readonly dropped?: readonly string[] | undefined
	/** Number of the conversation's oldest messages that the upstream did not receive. */
	readonly truncated?: number | undefined
}

/** The message that a turn after this one continues from; undefined if this one has no messages. */
export function lastMessageOf({ answers, inputs, parent }: Turn): MessageId | undefined {
	return answers[0]?.message ?? inputs.at(-1) ?? parent
}

/** One choice of an answer. */
export interface StoredAnswer {
	/** Id of the answer's message. */
	readonly message: MessageId
	readonly finishReason?: FinishReason
	readonly logprobs?: readonly TokenLogprob[]
}
