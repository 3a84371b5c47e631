// Token usage of a call.

import type { Rest } from './rest.ts'

export interface Usage {
	readonly promptTokens: number
	readonly completionTokens: number
	/** Part of `promptTokens` that came from a prefix cache. */
	readonly cachedTokens: number
	/** Part of `promptTokens` that was written to a cache, if reported. */
	readonly cacheWriteTokens?: number | undefined
	/** Part of `cacheWriteTokens` that is stored for one hour, which costs more than five minutes. */
	readonly cacheWrite1hTokens?: number | undefined
	/** Part of `completionTokens` that was reasoning. */
	readonly reasoningTokens: number
	/** Other usage fields that the upstream reported; repeated to clients of the same wire. */
	readonly rest?: Rest | undefined
	/** `upstream` if the upstream reported the counts, `counted` if the gateway has to count them. */
	readonly source: 'upstream' | 'counted'
}

/** Usage that the upstream did not report. Without `promptTokens`, the gateway counts all tokens again. */
export function countedUsage(completionTokens: number, promptTokens = 0): Usage {
	return { promptTokens, completionTokens, cachedTokens: 0, reasoningTokens: 0, source: 'counted' }
}

/** Whether the upstream reported no usage. */
export function isEstimated({ source, promptTokens }: Usage): boolean {
	return source === 'counted' && promptTokens === 0
}

/**
 * Usage that an upstream reports after `earlier` in the same answer. Its counts are cumulative, so the later ones
 * replace the earlier ones. A 0 does not: servers send it for counts that they leave out.
 */
export function laterUsage(earlier: Usage | undefined, later: Usage): Usage {
	if (earlier === undefined) return later
	const promptTokens = later.promptTokens || earlier.promptTokens
	const completionTokens = later.completionTokens || earlier.completionTokens
	return {
		promptTokens,
		completionTokens,
		cachedTokens: Math.min(later.cachedTokens || earlier.cachedTokens, promptTokens),
		cacheWriteTokens: later.cacheWriteTokens || earlier.cacheWriteTokens,
		cacheWrite1hTokens: later.cacheWrite1hTokens || earlier.cacheWrite1hTokens,
		reasoningTokens: Math.min(later.reasoningTokens || earlier.reasoningTokens, completionTokens),
		rest: later.rest,
		source: later.source,
	}
}

/** More tokens than any call has: twice the largest context of a model. */
export const mostTokens = 20_000_000

export function isPossibleCount(tokens: number): boolean {
	return Number.isSafeInteger(tokens) && tokens >= 0 && tokens <= mostTokens
}

const counts = [
	'promptTokens',
	'completionTokens',
	'cachedTokens',
	'cacheWriteTokens',
	'cacheWrite1hTokens',
	'reasoningTokens',
] as const

/**
 * Why counts cannot be right; undefined if they can. Upstreams report anything, and reports add up: a number that is
 * out of range would reach every sum of its owner.
 */
export function usageFault(usage: Usage): string | undefined {
	for (const name of counts) if (!isPossibleCount(usage[name] ?? 0)) return `${name} is ${usage[name]}`
	const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = usage
	if (cachedTokens > promptTokens) return `${cachedTokens} cached tokens exceed ${promptTokens} of the prompt`
	if (reasoningTokens > completionTokens)
		return `${reasoningTokens} tokens of reasoning exceed ${completionTokens} of the completion`
	return undefined
}
