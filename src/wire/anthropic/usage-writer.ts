// Token counts as Anthropic's API writes them: `input_tokens` leaves out what a cache gave or took. Source: the types of its SDKs.

import type { Json, JsonObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'

/** What a stream tells before anything is counted; its last numbers stand in `message_delta`. */
export const nothingCounted: Usage = {
	promptTokens: 0,
	completionTokens: 0,
	cachedTokens: 0,
	reasoningTokens: 0,
	source: 'counted',
}

/** The counts themselves, as the end of a stream tells them. */
export function writeCounts({
	promptTokens,
	completionTokens,
	cachedTokens,
	cacheWriteTokens = 0,
	reasoningTokens,
	extra = {},
}: Usage) {
	return {
		input_tokens: Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
		cache_creation_input_tokens: cacheWriteTokens,
		cache_read_input_tokens: cachedTokens,
		output_tokens: completionTokens,
		output_tokens_details: { thinking_tokens: reasoningTokens },
		server_tool_use: extra.server_tool_use ?? null,
	}
}

export function writeUsage(usage: Usage) {
	const { extra = {}, cacheWriteTokens = 0 } = usage
	return {
		...writeCounts(usage),
		cache_creation: extra.cache_creation ?? writeLives(cacheWriteTokens),
		service_tier: word(extra, 'service_tier') ?? 'standard',
		inference_geo: word(extra, 'inference_geo') ?? null,
		speed: word(extra, 'speed') ?? null,
	}
}

/** How long entries live is known from an upstream of this wire alone, which told. */
function writeLives(cacheWriteTokens: number): Json {
	return { ephemeral_5m_input_tokens: cacheWriteTokens, ephemeral_1h_input_tokens: 0 }
}

function word(extra: JsonObject, name: string): string | undefined {
	const value = extra[name]
	return typeof value === 'string' ? value : undefined
}
