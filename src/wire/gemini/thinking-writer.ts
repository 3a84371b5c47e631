// Writes the reasoning effort in the form that each model generation accepts: a token budget or a level. Thoughts are
// included if the client requested reasoning.

import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Drop } from '../../chat/request-fates.ts'
import type { GeminiForm } from './form.ts'

/** A `thinkingConfig`, or an empty object. */
export function writeThinking(
	{ reasoningEffort, reasoningTokens }: Pick<ChatRequest, 'reasoningEffort' | 'reasoningTokens'>,
	{ thinking }: GeminiForm,
	drop: Drop,
): JsonObject {
	if (reasoningEffort === undefined && reasoningTokens === undefined) return {}
	if (thinking === 'none') {
		// Disabling thinking is not reported for a model without it.
		if ((reasoningTokens ?? 0) > 0 || (reasoningEffort ?? 'none') !== 'none') drop('reasoning_effort')
		return {}
	}
	if (reasoningTokens !== undefined) return bounded(reasoningTokens)
	const effort = efforts[reasoningEffort ?? '']
	if (effort === undefined) {
		drop('reasoning_effort')
		return {}
	}
	if (thinking === 'tokens') return bounded(effort.tokens)
	return { thinkingConfig: { thinkingLevel: effort.level, includeThoughts: effort.tokens === 0 ? undefined : true } }
}

function bounded(thinkingBudget: number): JsonObject {
	return { thinkingConfig: { thinkingBudget, includeThoughts: thinkingBudget === 0 ? undefined : true } }
}

/** The values are those of Google's OpenAI-compatible endpoint. Thinking cannot be disabled on the newest models. */
const efforts: Readonly<Record<string, { readonly tokens: number; readonly level: string }>> = {
	none: { tokens: 0, level: 'MINIMAL' },
	minimal: { tokens: 1024, level: 'MINIMAL' },
	low: { tokens: 1024, level: 'LOW' },
	medium: { tokens: 8192, level: 'MEDIUM' },
	high: { tokens: 24576, level: 'HIGH' },
	xhigh: { tokens: 24576, level: 'HIGH' },
	max: { tokens: 24576, level: 'HIGH' },
}
