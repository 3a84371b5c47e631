// Writes token usage in the format of Anthropic's API: `input_tokens` excludes tokens read from or written to a cache.
// Source: the types of its SDKs.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'
import { messagesWire } from './formats.ts'

/** Usage at the start of a stream; the final counts are in `message_delta`. */
export const zeroUsage: Usage = {
	promptTokens: 0,
	completionTokens: 0,
	cachedTokens: 0,
	reasoningTokens: 0,
	source: 'counted',
}

/** The counts, as written at the end of a stream. */
export function writeCounts({
	promptTokens,
	completionTokens,
	cachedTokens,
	cacheWriteTokens = 0,
	reasoningTokens,
	...rest
}: Usage) {
	return {
		input_tokens: Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
		cache_creation_input_tokens: cacheWriteTokens,
		cache_read_input_tokens: cachedTokens,
		output_tokens: completionTokens,
		output_tokens_details: { thinking_tokens: reasoningTokens },
		server_tool_use: reportedHere(rest).server_tool_use ?? null,
	}
}

export function writeUsage(usage: Usage) {
	const extra = reportedHere(usage)
	return {
		...writeCounts(usage),
		// Only an upstream of this wire reports the cache entries' time to live.
		cache_creation: extra.cache_creation ?? null,
		service_tier: textOf(extra, 'service_tier') ?? 'standard',
		inference_geo: textOf(extra, 'inference_geo') ?? null,
		speed: textOf(extra, 'speed') ?? null,
	}
}

/** The usage fields other than counts, if an upstream of this wire reported them. */
function reportedHere({ extra = {}, extraWire }: Pick<Usage, 'extra' | 'extraWire'>): JsonObject {
	return extraWire === messagesWire ? extra : {}
}

/** Overlays the usage fields that an upstream of this wire reported. */
export function withReportedUsage(written: ReturnType<typeof writeUsage>, theirs: unknown): object {
	if (!isObject(theirs)) return written
	return { ...written, ...Object.fromEntries(Object.entries(theirs).filter(([, value]) => value !== null)) }
}

function textOf(extra: JsonObject, name: string): string | undefined {
	const value = extra[name]
	return typeof value === 'string' ? value : undefined
}
