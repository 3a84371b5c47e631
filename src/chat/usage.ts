// Token usage of a call.

import type { JsonObject } from './json.ts'

export interface Usage {
	readonly promptTokens: number
	readonly completionTokens: number
	/** Part of `promptTokens` that came from a prefix cache. */
	readonly cachedTokens: number
	/** Part of `promptTokens` that was written to a cache, if reported. */
	readonly cacheWriteTokens?: number
	/** Part of `completionTokens` that was reasoning. */
	readonly reasoningTokens: number
	/** Other usage fields that the upstream reported, in its wire's format; repeated to clients of the same wire. */
	readonly extra?: JsonObject
	/** The wire that `extra` belongs to; OpenAI's if absent. */
	readonly extraWire?: string
	/** `upstream` if the upstream reported the counts, `counted` if the gateway has to count them. */
	readonly source: 'upstream' | 'counted'
}

/** Whether the upstream reported no usage. */
export function isEstimated({ source, promptTokens }: Usage): boolean {
	return source === 'counted' && promptTokens === 0
}
