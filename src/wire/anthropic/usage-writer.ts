// Token counts as Anthropic's API writes them: `input_tokens` leaves out what a cache gave or took. Source: the types of its SDKs.

import type { JsonObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'
import { isObject } from '../openai/fields.ts'
import { messagesWire } from './formats.ts'

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
	...rest
}: Usage) {
	return {
		input_tokens: Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
		cache_creation_input_tokens: cacheWriteTokens,
		cache_read_input_tokens: cachedTokens,
		output_tokens: completionTokens,
		output_tokens_details: { thinking_tokens: reasoningTokens },
		server_tool_use: toldHere(rest).server_tool_use ?? null,
	}
}

export function writeUsage(usage: Usage) {
	const extra = toldHere(usage)
	return {
		...writeCounts(usage),
		// How long entries live is known where an upstream of this wire told.
		cache_creation: extra.cache_creation ?? null,
		service_tier: word(extra, 'service_tier') ?? 'standard',
		inference_geo: word(extra, 'inference_geo') ?? null,
		speed: word(extra, 'speed') ?? null,
	}
}

/** What an upstream told beside the counts, where it spoke this wire. */
function toldHere({ extra = {}, extraWire }: Pick<Usage, 'extra' | 'extraWire'>): JsonObject {
	return extraWire === messagesWire ? extra : {}
}

/** The same with what an upstream of this wire told in its own words. */
export function withTold(written: ReturnType<typeof writeUsage>, theirs: unknown): object {
	if (!isObject(theirs)) return written
	return { ...written, ...Object.fromEntries(Object.entries(theirs).filter(([, value]) => value !== null)) }
}

function word(extra: JsonObject, name: string): string | undefined {
	const value = extra[name]
	return typeof value === 'string' ? value : undefined
}
