// A whole answer.

import type { FinishReason, TokenLogprob } from './event.ts'
import type { Thought, ToolCall } from './message.ts'
import type { Usage } from './usage.ts'

export interface Completion {
	/** What the upstream calls the model that answered, where that differs from what was asked. */
	readonly model?: string
	readonly fingerprint?: string
	readonly choices: readonly Choice[]
	readonly usage: Usage
}

export interface Choice {
	readonly text: string
	readonly reasoning: string
	/** The same in pieces, where its model gave proof of any. */
	readonly thoughts?: readonly Thought[]
	readonly refusal: string
	readonly toolCalls: readonly ToolCall[]
	/** Absent where none were asked for. */
	readonly logprobs?: readonly TokenLogprob[]
	readonly finishReason: FinishReason
	/** Which of the request's `stop` texts ended it, where the upstream tells. */
	readonly stopText?: string
}
