// Writes token usage in the format of Anthropic's API: `input_tokens` excludes tokens read from or written to a cache.
// Source: the types of its SDKs.

import { restFor } from '../../chat/rest.ts'
import type { Usage } from '../../chat/usage.ts'
import { messagesWire } from './formats.ts'

/** The counts, and the other fields that an upstream of this wire reported: the usage at the end of a stream. */
export function writeCounts(usage: Usage) {
	const { promptTokens, completionTokens, cachedTokens, cacheWriteTokens = 0, reasoningTokens, rest } = usage
	return {
		input_tokens: Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
		cache_creation_input_tokens: cacheWriteTokens,
		cache_read_input_tokens: cachedTokens,
		output_tokens: completionTokens,
		output_tokens_details: { thinking_tokens: reasoningTokens },
		server_tool_use: null,
		cache_creation: writeCacheCreation(usage),
		...restFor(messagesWire, rest),
	}
}

export function writeUsage(usage: Usage) {
	const counts = writeCounts(usage)
	const { cache_creation = null } = counts
	return { service_tier: 'standard', inference_geo: null, speed: null, ...counts, cache_creation }
}

/** Cache writes by time to live; undefined if the upstream does not report it. */
function writeCacheCreation({ cacheWriteTokens = 0, cacheWrite1hTokens }: Usage) {
	if (cacheWrite1hTokens === undefined) return undefined
	return {
		ephemeral_5m_input_tokens: Math.max(0, cacheWriteTokens - cacheWrite1hTokens),
		ephemeral_1h_input_tokens: cacheWrite1hTokens,
	}
}
