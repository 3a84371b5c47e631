// Writes log-probabilities in the format of Chat Completions. An unknown one is null.

import type { TokenLogprob } from '../../chat/event.ts'
import { mapInSteps } from '../../system/resumable.ts'

export function writeLogprobs(tokens: readonly TokenLogprob[]) {
	return {
		content: mapInSteps(tokens, 'written', ({ token, logprob, bytes, top }) => ({
			token,
			logprob,
			bytes,
			top_logprobs: top.map((one) => ({ ...one })),
		})),
		refusal: null,
	}
}
