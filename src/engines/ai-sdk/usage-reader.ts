// Reads the token counts that providers report: flat in the oldest version of the specification, by kind in the newer
// ones.

import { isObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'
import { countField, field } from '../../wire/json/fields.ts'

/**
 * Undefined if the provider did not report the prompt tokens.
 *
 * @param metadata of the response. Packages of the oldest version report cache writes there.
 */
export function readUsage(usage: unknown, metadata: unknown): Usage | undefined {
	const input = field(usage, 'inputTokens')
	const output = field(usage, 'outputTokens')
	const promptTokens = isObject(input) ? countField(input, 'total') : countField(usage, 'inputTokens')
	if (promptTokens === undefined) return undefined
	const completionTokens = (isObject(output) ? countField(output, 'total') : countField(usage, 'outputTokens')) ?? 0
	const cached = countField(input, 'cacheRead') ?? countField(usage, 'cachedInputTokens') ?? 0
	const reasoning = countField(output, 'reasoning') ?? countField(usage, 'reasoningTokens') ?? 0
	const written = countField(input, 'cacheWrite') ?? readCacheWrites(metadata)
	return {
		promptTokens,
		completionTokens,
		cachedTokens: Math.min(cached, promptTokens),
		cacheWriteTokens: written,
		reasoningTokens: Math.min(reasoning, completionTokens),
		source: 'upstream',
	}
}

function readCacheWrites(metadata: unknown): number | undefined {
	if (!isObject(metadata)) return undefined
	const counts = Object.values(metadata).map((provider) => countField(provider, 'cacheCreationInputTokens'))
	return counts.find((count) => count !== undefined)
}
