// How hard to think, as each generation of models takes it: a number of tokens or a word. Thoughts are told where thinking was asked for.

import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { GeminiForm } from './form.ts'

/** A `thinkingConfig`, or nothing. */
export function writeThinking(
	{ reasoningEffort, reasoningTokens }: Pick<ChatRequest, 'reasoningEffort' | 'reasoningTokens'>,
	{ thinking }: GeminiForm,
	drop: (part: string) => void,
): JsonObject {
	if (reasoningEffort === undefined && reasoningTokens === undefined) return {}
	if (thinking === 'none') {
		// What cannot think need not be told not to.
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
	return { thinkingConfig: { thinkingLevel: effort.level, ...(effort.tokens === 0 ? {} : { includeThoughts: true }) } }
}

function bounded(thinkingBudget: number): JsonObject {
	return { thinkingConfig: { thinkingBudget, ...(thinkingBudget === 0 ? {} : { includeThoughts: true }) } }
}

/** The numbers are those of Google's own OpenAI-compatible endpoint. The newest models cannot be told not to think at all. */
const efforts: Readonly<Record<string, { readonly tokens: number; readonly level: string }>> = {
	none: { tokens: 0, level: 'MINIMAL' },
	minimal: { tokens: 1024, level: 'MINIMAL' },
	low: { tokens: 1024, level: 'LOW' },
	medium: { tokens: 8192, level: 'MEDIUM' },
	high: { tokens: 24576, level: 'HIGH' },
	xhigh: { tokens: 24576, level: 'HIGH' },
	max: { tokens: 24576, level: 'HIGH' },
}
