// A complete response.

import type { FinishReason, TokenLogprob } from './event.ts'
import type { ReasoningBlock, ToolCall } from './message.ts'
import type { Usage } from './usage.ts'

export interface Completion {
	/** The upstream's name for the model that responded, if it differs from the requested name. */
	readonly model?: string
	readonly fingerprint?: string
	readonly choices: readonly Choice[]
	readonly usage: Usage
}

export interface Choice {
	readonly text: string
	readonly reasoning: string
	/** The same reasoning as separate blocks, if the model attached a signature to any of them. */
	readonly thoughts?: readonly ReasoningBlock[]
	readonly refusal: string
	readonly toolCalls: readonly ToolCall[]
	/** Absent unless requested. */
	readonly logprobs?: readonly TokenLogprob[]
	readonly finishReason: FinishReason
	/** The request's `stop` text that ended the choice, if the upstream reports it. */
	readonly stopText?: string
}
