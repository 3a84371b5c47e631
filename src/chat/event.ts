// Events of a streamed response. Every engine produces them, every dialect writes them.
//
// Rules: `start` is first. Exactly one terminal event, `finish` or `error`, is last. The first event with a choice
// belongs to choice 0. The events of a choice are in order, and exactly one `choice-finish` closes it. Failures before
// `start` are thrown; after it they are `error` events.

import type { ChatError } from './error.ts'
import type { ReasoningSignature } from './message.ts'
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

/** The upstream has started to respond. */
export interface StartEvent {
	readonly type: 'start'
	/** The upstream's name for the model that responds, if it differs from the requested name. */
	readonly model?: string
	/** OpenAI's `system_fingerprint`: the same value means the same backend. */
	readonly fingerprint?: string
}

/** `text` is empty if the event only carries `logprobs`, such as for a token that ends inside a character. */
export interface TextEvent {
	readonly type: 'text'
	readonly choice: number
	readonly text: string
	readonly logprobs?: readonly TokenLogprob[]
}

/** Reasoning text. A `proof` closes a block and covers the text since the previous signature. */
export interface ReasoningEvent {
	readonly type: 'reasoning'
	readonly choice: number
	readonly text: string
	readonly proof?: ReasoningSignature
	/** The signature contains the reasoning in encrypted form; `text` is empty. */
	readonly sealed?: true
}

export interface RefusalEvent {
	readonly type: 'refusal'
	readonly choice: number
	readonly text: string
}

/** Starts a tool call. `call` counts from 0 within its choice, without gaps. */
export interface ToolCallEvent {
	readonly type: 'tool-call'
	readonly choice: number
	readonly call: number
	readonly kind: 'function' | 'custom'
	readonly id: string
	readonly name: string
	readonly proof?: ReasoningSignature
}

/**
 * A fragment of a call's arguments. Calls do not interleave. The concatenated fragments are JSON text, `{}` if there
 * are no arguments.
 */
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
	/** The request's `stop` text that ended the choice, if the upstream reports it. */
	readonly stopText?: string
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter'

export interface FinishEvent {
	readonly type: 'finish'
	readonly usage: Usage
}

/**
 * The response was interrupted; the preceding events remain valid. `usage` covers what was produced until then, if
 * known.
 */
export interface ErrorEvent {
	readonly type: 'error'
	readonly error: ChatError
	readonly usage?: Usage
}

export interface TokenLogprob {
	readonly token: string
	/**
	 * Natural logarithm; -9999 means that the token is too unlikely to report. Null if it is unknown: nothing precedes
	 * the first token of an echoed prompt. Only text completions echo prompts.
	 */
	readonly logprob: number | null
	/** The token's UTF-8 bytes, which may be part of a character; null if the upstream does not report them. */
	readonly bytes: readonly number[] | null
	readonly top: readonly {
		readonly token: string
		readonly logprob: number
		readonly bytes: readonly number[] | null
	}[]
}
