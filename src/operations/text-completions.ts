// Legacy text completions: the model continues a text. Responses are chat events in which choice `prompt * request.choices + k` is the k-th
// continuation of the prompt with index `prompt`.

import type { JsonObject } from '../chat/json.ts'
import type { Sampling } from '../chat/request.ts'
import type { Fate } from '../chat/request-fates.ts'

export interface TextCompletionRequest {
	readonly model: string
	/** At least one, each a text or token ids. */
	readonly prompts: readonly (string | readonly number[])[]
	/** 0 generates nothing; with `echo` that returns the log-probabilities of the prompt. */
	readonly maxTokens: number
	readonly sampling: Sampling
	readonly stop: readonly string[]
	/** Number of continuations for each prompt, 1 to 128. */
	readonly choices: number
	/** Whether each continuation starts with the prompt. */
	readonly echo: boolean
	/** Requests log-probabilities with this many alternatives, 0 to 5. */
	readonly logprobs?: { readonly top: number }
	/** Text after the insertion point, for fill-in-the-middle. */
	readonly suffix?: string
	readonly user?: string
	readonly passthrough: JsonObject
}

/** How an engine treats each field of a request. It has every field, so that a new one does not compile until each engine has an answer. */
export type TextCompletionFates = Readonly<
	Record<Exclude<keyof TextCompletionRequest, 'sampling'> | keyof Sampling, Fate>
>
