// What a call cost in tokens.

import type { JsonObject } from './json.ts'

export interface Usage {
	readonly promptTokens: number
	readonly completionTokens: number
	/** Part of `promptTokens` that came from a prefix cache. */
	readonly cachedTokens: number
	/** Part of `promptTokens` that was written to a cache, where that is told. */
	readonly cacheWriteTokens?: number
	/** Part of `completionTokens` that was thinking. */
	readonly reasoningTokens: number
	/** What else the upstream told, in the words of its wire; repeated where the client speaks the same. */
	readonly extra?: JsonObject
	/** The wire whose words `extra` is in; OpenAI's where absent. */
	readonly extraWire?: string
	/** Who counted. */
	readonly source: 'upstream' | 'counted'
}
