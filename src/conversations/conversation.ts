// What is kept of a conversation: messages with parents, so that an edit or a second answer is a sibling, and the turns that brought
// them. Plain data. It knows no dialect: ids here carry no prefix.

import type { FinishReason, TokenLogprob } from '../chat/event.ts'
import type { JsonObject } from '../chat/json.ts'
import type { Message } from '../chat/message.ts'
import type { Usage } from '../chat/usage.ts'

/** The caller's own pairs, at most 16. */
export type Metadata = Readonly<Record<string, string>>

export interface Conversation {
	/** A UUID in lower case. */
	readonly id: string
	/** The caller's own name for its end user, where the conversation was begun for one. */
	readonly user?: string
	readonly title?: string
	readonly metadata: Metadata
	/** Told by lists. What only holds single answers together, as the chain of a stored response, is not. */
	readonly listed: boolean
	/** The message that a turn goes on from where none is named: the last one of the turn that ended last. */
	readonly head?: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	readonly updatedAtMs: number
}

export interface KeptMessage {
	/** `inputId` or `answerId` of its turn. */
	readonly id: string
	readonly conversation: string
	/** Absent for the first. */
	readonly parent?: string
	readonly turn: string
	/** How many messages stand before it on its branch. */
	readonly depth: number
	readonly message: Message
	/** The answer broke off: what came until then. */
	readonly partial: boolean
	readonly createdAtMs: number
}

/**
 * `incomplete`: cut by a bound or a filter. `failed`: an upstream broke off. `cancelled`: its caller ended it or left. `interrupted`: the
 * server went down.
 */
export const turnStates = ['running', 'completed', 'incomplete', 'failed', 'cancelled', 'interrupted'] as const
export type TurnState = (typeof turnStates)[number]

/** By which operation a turn is looked up: a stored chat completion, a response, or messages that were only added. */
export const surfaces = ['chat', 'response', 'messages'] as const
export type Surface = (typeof surfaces)[number]

/** One exchange: what was sent, and what came back. */
export interface Turn {
	/** 32 hexadecimal digits that sort by creation; the token of the answer's id in every dialect. */
	readonly id: string
	readonly conversation: string
	readonly surface: Surface
	/** It can be looked up by its own id; otherwise only its messages are kept. */
	readonly stored: boolean
	readonly state: TurnState
	/** The message it went on from. */
	readonly parent?: string
	/** The public name that was asked for. */
	readonly model: string
	/** In the order they were sent. */
	readonly inputs: readonly string[]
	readonly answers: readonly KeptAnswer[]
	readonly usage?: Usage
	readonly error?: { readonly code: string; readonly message: string }
	readonly metadata: Metadata
	/** What a dialect repeats of the request when it tells of the turn, in the dialect's words. */
	readonly echo: JsonObject
	readonly createdAtMs: number
	readonly endedAtMs?: number
}

/** One choice of an answer. */
export interface KeptAnswer {
	/** Id of its message. */
	readonly message: string
	readonly finishReason?: FinishReason
	readonly logprobs?: readonly TokenLogprob[]
}

export function inputId(turn: string, index: number): string {
	return `${turn}-${index}`
}

export function answerId(turn: string, choice: number): string {
	return `${turn}-a${choice}`
}
