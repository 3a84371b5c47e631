// Plain continuation of a text, as base models do it: the legacy operation. Its answers are chat events, where choice
// `prompt * request.choices + k` is the k-th continuation of the prompt.

import type { JsonObject } from '../chat/json.ts'
import type { Sampling } from '../chat/request.ts'

export interface TextCompletionRequest {
	readonly model: string
	/** At least one, each a text or token ids. */
	readonly prompts: readonly (string | readonly number[])[]
	/** 0 generates nothing, which with `echo` scores the prompt. */
	readonly maxTokens: number
	readonly sampling: Sampling
	readonly stop: readonly string[]
	/** Continuations for each prompt, 1 to 128. */
	readonly choices: number
	/** Repeat the prompt in front of each continuation. */
	readonly echo: boolean
	/** Ask for log-probabilities with this many alternatives, 0 to 5. */
	readonly logprobs?: { readonly top: number }
	/** Text that follows the gap to fill. */
	readonly suffix?: string
	readonly user?: string
	readonly passthrough: JsonObject
}
