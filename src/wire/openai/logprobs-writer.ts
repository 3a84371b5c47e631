// Writes log-probabilities in the format of Chat Completions, which has no unknown ones.

import type { TokenLogprob } from '../../chat/event.ts'

export function writeLogprobs(tokens: readonly TokenLogprob[]) {
	return {
		content: tokens.map(({ token, logprob, bytes, top }) => ({
			token,
			logprob: logprob ?? -9999,
			bytes,
			top_logprobs: top,
		})),
		refusal: null,
	}
}
