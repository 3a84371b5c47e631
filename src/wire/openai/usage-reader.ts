// Token counts as servers that speak OpenAI's API tell them.

import type { Usage } from '../../chat/usage.ts'
import { countField, field, isObject } from './fields.ts'

/** Undefined where `usage` tells no counts, as the `null` that most chunks of a stream carry. */
export function readUsage(usage: unknown): Usage | undefined {
	if (!isObject(usage)) return undefined
	const promptTokens = countField(usage, 'prompt_tokens')
	if (promptTokens === undefined) return undefined
	const completionTokens =
		countField(usage, 'completion_tokens') ?? Math.max(0, (countField(usage, 'total_tokens') ?? 0) - promptTokens)
	const cached = countField(field(usage, 'prompt_tokens_details'), 'cached_tokens') ?? 0
	const reasoning = countField(field(usage, 'completion_tokens_details'), 'reasoning_tokens') ?? 0
	return {
		promptTokens,
		completionTokens,
		cachedTokens: Math.min(cached, promptTokens),
		reasoningTokens: Math.min(reasoning, completionTokens),
		source: 'upstream',
	}
}
