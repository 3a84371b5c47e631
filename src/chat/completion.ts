// A complete response.

import type { FinishReason, TokenLogprob } from './event.ts'
import type { AssistantPart } from './message.ts'
import type { Rest } from './rest.ts'
import type { Usage } from './usage.ts'

export interface Completion {
	/** The upstream's name for the model that responded, if it differs from the requested name. */
	readonly model?: string | undefined
	readonly fingerprint?: string | undefined
	readonly choices: readonly Choice[]
	readonly usage: Usage
}

export interface Choice {
	/** In the order in which the model produced them. None of them is empty. */
	readonly parts: readonly AssistantPart[]
	/** Absent unless requested. */
	readonly logprobs?: readonly TokenLogprob[] | undefined
	readonly finishReason: FinishReason
	/** The request's `stop` text that ended the choice, if the upstream reports it. */
	readonly stopText?: string | undefined
	/** Unknown fields of the message. */
	readonly rest?: Rest | undefined
}
