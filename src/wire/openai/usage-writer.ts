// Token counts as OpenAI's API writes them, with every detail present: clients read them unguarded.

import type { Usage } from '../../chat/usage.ts'

export function writeUsage(usage: Usage) {
	return {
		prompt_tokens: usage.promptTokens,
		completion_tokens: usage.completionTokens,
		total_tokens: usage.promptTokens + usage.completionTokens,
		prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
		completion_tokens_details: {
			reasoning_tokens: usage.reasoningTokens,
			audio_tokens: 0,
			accepted_prediction_tokens: 0,
			rejected_prediction_tokens: 0,
		},
	}
}
