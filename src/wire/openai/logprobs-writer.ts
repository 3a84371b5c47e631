// Writes log-probabilities in the format of Chat Completions.

import type { TokenLogprob } from '../../chat/event.ts'

export function writeLogprobs(tokens: readonly TokenLogprob[]) {
	return {
		content: tokens.map(({ token, logprob, bytes, top }) => ({ token, logprob, bytes, top_logprobs: top })),
		refusal: null,
	}
}
