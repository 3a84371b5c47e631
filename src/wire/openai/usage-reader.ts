// Reads token counts from servers that speak OpenAI's API.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'
import { asCount } from '../json/fields.ts'

/** Undefined if `usage` has no counts, such as the `null` in most chunks of a stream. */
export function readUsage(usage: unknown): Usage | undefined {
	if (!isObject(usage)) return undefined
	const promptTokens = asCount(usage.prompt_tokens)
	if (promptTokens === undefined) return undefined
	const completionTokens =
		asCount(usage.completion_tokens) ?? Math.max(0, (asCount(usage.total_tokens) ?? 0) - promptTokens)
	const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage
	const cached = isObject(prompt) ? (asCount(prompt.cached_tokens) ?? 0) : 0
	const reasoning = isObject(completion) ? (asCount(completion.reasoning_tokens) ?? 0) : 0
	return {
		promptTokens,
		completionTokens,
		cachedTokens: Math.min(cached, promptTokens),
		reasoningTokens: Math.min(reasoning, completionTokens),
		...extraOf(usage),
		source: 'upstream',
	}
}

const counted: ReadonlySet<string> = new Set([
	'prompt_tokens',
	'completion_tokens',
	'total_tokens',
	'prompt_tokens_details',
	'completion_tokens_details',
])
const detailed: ReadonlySet<string> = new Set(['cached_tokens', 'reasoning_tokens'])

/** The details in `usage` beyond the common counts. Details that are 0 or null are ignored. */
function extraOf(usage: Readonly<Record<string, unknown>>): { readonly extra?: JsonObject } {
	const extra: Record<string, unknown> = {}
	for (const name in usage) if (!counted.has(name)) extra[name] = usage[name]
	for (const name of ['prompt_tokens_details', 'completion_tokens_details']) {
		const details = usage[name]
		if (!isObject(details)) continue
		const reported = Object.entries(details).filter(
			([detail, value]) => !detailed.has(detail) && value !== 0 && value !== null,
		)
		if (reported.length > 0) extra[name] = Object.fromEntries(reported)
	}
	for (const _ in extra) return { extra: extra as JsonObject }
	return {}
}
