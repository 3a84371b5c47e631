// Events of a streamed response. Every engine produces them, every dialect writes them.
//
// Rules: `start` is first. Exactly one terminal event, `finish` or `error`, is last. The first event with a choice
// belongs to choice 0. The events of a choice are in order, and exactly one `choice-finish` closes it. A choice has at
// most one open part: `part-start`, any number of `part-delta`, `part-end`; nothing else of the choice comes between
// them, except `rest`. An `error` may leave parts open. Failures before `start` are thrown; after it they are `error`
// events.

import type { ChatError } from './error.ts'
import type { AudioPart, ImagePart, ProviderItem, Signature, ToolKind } from './message.ts'
import type { Rest } from './rest.ts'
import type { Usage } from './usage.ts'

export type ChatEvent =
	| StartEvent
	| PartStartEvent
	| PartDeltaEvent
	| PartEndEvent
	| RestEvent
	| ChoiceFinishEvent
	| FinishEvent
	| ErrorEvent

/** The upstream has started to respond. */
export interface StartEvent {
	readonly type: 'start'
	/** The upstream's name for the model that responds, if it differs from the requested name. */
	readonly model?: string | undefined
	/** OpenAI's `system_fingerprint`: the same value means the same backend. */
	readonly fingerprint?: string | undefined
	/** Usage that the upstream reports before its answer, such as the prompt's tokens. `finish` has the final usage. */
	readonly usage?: Usage | undefined
}

/** Opens a part. */
export interface PartStartEvent {
	readonly type: 'part-start'
	readonly choice: number
	readonly part: StartedPart
}

/** What is known of a part when it starts. Parts that arrive in one piece are complete, and have no deltas. */
export type StartedPart = StartedText | StartedToolCall | ImagePart | AudioPart | ProviderItem

export interface StartedText {
	readonly type: 'text' | 'reasoning' | 'refusal'
	/** Unknown fields that precede the content. */
	readonly rest?: Rest | undefined
}

export interface StartedToolCall {
	readonly type: 'tool-call'
	readonly kind: ToolKind
	/** Unique within the choice. */
	readonly id: string
	readonly name: string
	readonly signature?: Signature | undefined
	readonly rest?: Rest | undefined
}

/** A piece of the open part. */
export interface PartDeltaEvent {
	readonly type: 'part-delta'
	readonly choice: number
	/** The type of the open part. */
	readonly part: DeltaPart
	/**
	 * Text; for a call, a fragment of its arguments, which together are JSON text, `{}` if there are none. Empty if the
	 * event only carries `logprobs`, such as for a token that ends inside a character.
	 */
	readonly text: string
	/** Only for text. */
	readonly logprobs?: readonly TokenLogprob[] | undefined
}

/** The types of parts that arrive in pieces. */
export type DeltaPart = StartedText['type'] | StartedToolCall['type']

/** Closes the open part. */
export interface PartEndEvent {
	readonly type: 'part-end'
	readonly choice: number
	/** Of reasoning, or of a call whose signature followed its start. */
	readonly signature?: Signature | undefined
	/** The signature contains the reasoning in encrypted form. */
	readonly encrypted?: true | undefined
	/** Unknown fields of the part. */
	readonly rest?: Rest | undefined
}

/** Unknown fields of the choice's message. */
export interface RestEvent {
	readonly type: 'rest'
	readonly choice: number
	readonly rest: Rest
}

export interface ChoiceFinishEvent {
	readonly type: 'choice-finish'
	readonly choice: number
	readonly reason: FinishReason
	/** The request's `stop` text that ended the choice, if the upstream reports it. */
	readonly stopText?: string | undefined
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
	readonly usage?: Usage | undefined
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
		/** Null if it is unknown. */
		readonly logprob: number | null
		readonly bytes: readonly number[] | null
	}[]
}
