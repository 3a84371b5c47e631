// Requests thinking: newer models take an effort level, older ones a token budget. It does not know the other fields of a
// request.

import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Drop } from '../../chat/request-fates.ts'

export interface ThinkingForm {
	/** Maximum number of generated tokens for requests without one: the wire requires it. */
	readonly maxTokens: number
	/** How to request thinking: newer models take an effort level, older ones a token budget, some neither. */
	readonly thinking: 'effort' | 'budget' | 'off'
}

/** Whether the written request enables thinking. */
export function thinks({ thinking }: JsonObject): boolean {
	return typeof thinking === 'object' && thinking !== null && 'type' in thinking && thinking.type === 'enabled'
}

/** In a tool loop, a model with thinking enabled requires the signed thinking that the loop started with. */
function hasUnsignedCalls({ messages }: ChatRequest): boolean {
	if (messages.at(-1)?.role !== 'tool') return false
	const calling = messages.findLast(({ role }) => role === 'assistant')
	return calling?.role === 'assistant' && !calling.content.some(({ type }) => type === 'reasoning')
}

const leastBudget = 1024
/** Thinking budget for each reasoning effort, in tokens. */
const budgets: Readonly<Record<string, number>> = {
	minimal: 1024,
	low: 2048,
	medium: 8192,
	high: 24_576,
	xhigh: 32_768,
	max: 32_768,
}
const noThinking: ReadonlySet<string> = new Set(['none'])
/** OpenAI has an effort below this wire's lowest. */
const efforts: Readonly<Record<string, string>> = { minimal: 'low' }

/** The fields that request thinking, and the limit on tokens that covers it. */
export function writeThinking(request: ChatRequest, form: ThinkingForm, drop: Drop): JsonObject {
	const { reasoningEffort: effort, reasoningTokens, toolChoice } = request
	const maxTokens = request.maxTokens ?? form.maxTokens
	const requested = form.thinking === 'off' ? undefined : reasoningTokens
	const budget = requested ?? (form.thinking === 'budget' && effort !== undefined ? budgets[effort] : undefined)
	if (reasoningTokens === 0 || (effort !== undefined && noThinking.has(effort)))
		return { max_tokens: maxTokens, thinking: reasoningTokens === 0 ? { type: 'disabled' } : undefined }
	const output =
		effort === undefined || form.thinking !== 'effort' ? {} : { output_config: { effort: efforts[effort] ?? effort } }
	if (
		(effort !== undefined && budget === undefined && form.thinking !== 'effort') ||
		(requested === undefined && reasoningTokens !== undefined)
	)
		drop('reasoning_effort')
	if (budget === undefined) return { max_tokens: maxTokens, ...output }
	// Thinking is incompatible with a forced tool call, and needs more tokens than the minimum budget.
	const forced = toolChoice.type === 'required' || toolChoice.type === 'named'
	if (forced || hasUnsignedCalls(request) || (request.maxTokens !== undefined && request.maxTokens <= leastBudget)) {
		drop('reasoning_effort')
		return { max_tokens: maxTokens, ...output }
	}
	// `max_tokens` covers both thinking and response.
	const total = request.maxTokens ?? form.maxTokens + budget
	const budget_tokens = Math.max(leastBudget, Math.min(budget, total - 1))
	return { max_tokens: total, thinking: { type: 'enabled', budget_tokens }, ...output }
}
