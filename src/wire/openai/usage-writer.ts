// Writes token counts in the format of OpenAI's API, with every detail present: clients read them without checking.

import { isObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'

export function writeUsage(usage: Usage) {
	const own = usage.extraWire === undefined ? usage.extra : undefined
	const { prompt_tokens_details, completion_tokens_details, ...extra } = own ?? {}
	return {
		...extra,
		prompt_tokens: usage.promptTokens,
		completion_tokens: usage.completionTokens,
		total_tokens: usage.promptTokens + usage.completionTokens,
		prompt_tokens_details: {
			cached_tokens: usage.cachedTokens,
			audio_tokens: 0,
			...(isObject(prompt_tokens_details) ? prompt_tokens_details : undefined),
		},
		completion_tokens_details: {
			reasoning_tokens: usage.reasoningTokens,
			audio_tokens: 0,
			accepted_prediction_tokens: 0,
			rejected_prediction_tokens: 0,
			...(isObject(completion_tokens_details) ? completion_tokens_details : undefined),
		},
	}
}
