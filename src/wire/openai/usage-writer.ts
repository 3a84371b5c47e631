// Writes token counts in the format of OpenAI's API, with every detail present: clients read them without checking.

import { isObject } from '../../chat/json.ts'
import { restFor } from '../../chat/rest.ts'
import type { Usage } from '../../chat/usage.ts'
import { openaiWire } from './formats.ts'

export function writeUsage(usage: Usage) {
	const { prompt_tokens_details, completion_tokens_details, ...rest } = restFor(openaiWire, usage.rest)
	return {
		...rest,
		prompt_tokens: usage.promptTokens,
		completion_tokens: usage.completionTokens,
		total_tokens: usage.promptTokens + usage.completionTokens,
		prompt_tokens_details: {
			cached_tokens: usage.cachedTokens,
			audio_tokens: 0,
			// OpenRouter's name.
			...(usage.cacheWriteTokens ? { cache_write_tokens: usage.cacheWriteTokens } : undefined),
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
