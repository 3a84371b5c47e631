// An answer as it comes into being. Every engine produces these, every dialect writes them.
//
// Rules: `start` is first. Exactly one terminal event, `finish` or `error`, is last. Choice 0 speaks first. A choice's parts come
// in order and its `choice-finish` closes it, once. Failures before `start` are thrown; after it they are `error` events.

import type { ChatError } from './error.ts'
import type { Proof } from './message.ts'
import type { Usage } from './usage.ts'

export type ChatEvent =
	| StartEvent
	| TextEvent
	| ReasoningEvent
	| RefusalEvent
	| ToolCallEvent
	| ToolArgumentsEvent
	| ChoiceFinishEvent
	| FinishEvent
	| ErrorEvent

/** The upstream has begun to answer. */
export interface StartEvent {
	readonly type: 'start'
	/** What the upstream calls the model that answers, where that differs from what was asked. */
	readonly model?: string
	/** OpenAI's `system_fingerprint`: same value, same backend. */
	readonly fingerprint?: string
}

/** Text may be empty where only `logprobs` matter (a token that ends inside a character). */
export interface TextEvent {
	readonly type: 'text'
	readonly choice: number
	readonly text: string
	readonly logprobs?: readonly TokenLogprob[]
}

/** Thinking. A `proof` closes a piece: the texts since the last one are what it is for. */
export interface ReasoningEvent {
	readonly type: 'reasoning'
	readonly choice: number
	readonly text: string
	readonly proof?: Proof
	/** The proof holds the thinking itself; `text` is empty. */
	readonly sealed?: true
}

export interface RefusalEvent {
	readonly type: 'refusal'
	readonly choice: number
	readonly text: string
}

/** A tool call begins. `call` counts from 0 within its choice, without gaps. */
export interface ToolCallEvent {
	readonly type: 'tool-call'
	readonly choice: number
	readonly call: number
	readonly kind: 'function' | 'custom'
	readonly id: string
	readonly name: string
	readonly proof?: Proof
}

/** The next piece of a call's arguments. Calls do not interleave. Together the pieces are JSON text, `{}` when there are no arguments. */
export interface ToolArgumentsEvent {
	readonly type: 'tool-arguments'
	readonly choice: number
	readonly call: number
	readonly fragment: string
}

export interface ChoiceFinishEvent {
	readonly type: 'choice-finish'
	readonly choice: number
	readonly reason: FinishReason
	/** Which of the request's `stop` texts ended it, where the upstream tells. */
	readonly stopText?: string
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter'

export interface FinishEvent {
	readonly type: 'finish'
	readonly usage: Usage
}

/** The answer broke off; what came before it stands. `usage` is what was produced until then, where known. */
export interface ErrorEvent {
	readonly type: 'error'
	readonly error: ChatError
	readonly usage?: Usage
}

export interface TokenLogprob {
	readonly token: string
	/** Natural logarithm; -9999 stands for "too unlikely to tell". */
	readonly logprob: number
	/** The token's UTF-8 bytes, which may be part of a character; null where the upstream does not tell. */
	readonly bytes: readonly number[] | null
	readonly top: readonly {
		readonly token: string
		readonly logprob: number
		readonly bytes: readonly number[] | null
	}[]
}
