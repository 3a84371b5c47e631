// What a call cost in tokens.

export interface Usage {
	readonly promptTokens: number
	readonly completionTokens: number
	/** Part of `promptTokens` that came from a prefix cache. */
	readonly cachedTokens: number
	/** Part of `completionTokens` that was thinking. */
	readonly reasoningTokens: number
	/** Who counted. */
	readonly source: 'upstream' | 'counted'
}
