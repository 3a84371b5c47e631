// Reads token counts from servers that speak OpenAI's API. Servers differ in where they report cache hits, and in whether
// the completion includes the reasoning. Counts that cannot be right are ignored. It does not know how tokens are counted
// or billed.

import { isObject, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { restOf } from '../../chat/rest.ts'
import { mostTokens, type Usage } from '../../chat/usage.ts'
import { asCount } from '../json/fields.ts'
import { openaiWire } from './formats.ts'

/**
 * Undefined if `usage` has no counts, such as the `null` in most chunks of a stream, or none that can be right. Servers
 * that do not count send zeros.
 */
export function readUsage(usage: unknown): Usage | undefined {
	if (!isObject(usage)) return undefined
	const prompt = plausible(usage.prompt_tokens)
	if (prompt === undefined) return undefined
	const { cached_tokens, cache_write_tokens, cache_creation_token_details } = detailsOf(usage.prompt_tokens_details)
	const { reasoning_tokens } = detailsOf(usage.completion_tokens_details)
	const cacheRead = largest(
		cached_tokens,
		// Kimi, DeepSeek, Mistral, LiteLLM.
		usage.cached_tokens,
		usage.prompt_cache_hit_tokens,
		usage.num_cached_tokens,
		usage.cache_read_input_tokens,
	)
	// By their time to live: LiteLLM, Anthropic's name, New API.
	const byTtl = [detailsOf(cache_creation_token_details), detailsOf(usage.cache_creation)]
	const write5m = largest(...byTtl.map(write5mOf), usage.claude_cache_creation_5_m_tokens)
	const write1h = largest(...byTtl.map(write1hOf), usage.claude_cache_creation_1_h_tokens)
	const cacheWrite = largest(
		// OpenRouter, LiteLLM.
		cache_write_tokens,
		usage.cache_write_tokens,
		usage.cache_creation_input_tokens,
		write5m === undefined && write1h === undefined ? undefined : (write5m ?? 0) + (write1h ?? 0),
	)
	const reasoning = plausible(reasoning_tokens) ?? 0
	const completion = plausible(usage.completion_tokens)
	const total = plausible(usage.total_tokens)
	const rest = total !== undefined && total >= prompt ? total - prompt : undefined
	if (completion === undefined && rest === undefined && hasCompletion(usage)) return undefined
	// Tokens in the total that neither the prompt nor the completion includes.
	const missing = completion !== undefined && rest !== undefined ? Math.max(0, rest - completion) : 0
	const cache = (cacheRead ?? 0) + (cacheWrite ?? 0)
	const cacheIsMissing = missing === cache && missing !== reasoning
	const promptTokens = cacheIsMissing ? prompt + cache : prompt
	const output = (completion ?? rest ?? 0) + (cacheIsMissing ? 0 : missing)
	if (promptTokens + output === 0) return undefined
	const cachedTokens = (cacheRead ?? 0) <= promptTokens ? (cacheRead ?? 0) : 0
	const cacheWriteTokens = (cacheWrite ?? 0) <= promptTokens - cachedTokens ? cacheWrite : undefined
	return {
		promptTokens,
		completionTokens: reasoning > output ? output + reasoning : output,
		cachedTokens,
		cacheWriteTokens,
		cacheWrite1hTokens: cacheWriteTokens === undefined ? undefined : write1h,
		reasoningTokens: reasoning,
		rest: restOf(openaiWire, otherFields(usage)),
		source: 'upstream',
	}
}

function write5mOf(details: Readonly<Record<string, unknown>>): unknown {
	return details.ephemeral_5m_input_tokens
}

function write1hOf(details: Readonly<Record<string, unknown>>): unknown {
	return details.ephemeral_1h_input_tokens
}

function plausible(value: unknown): number | undefined {
	const count = asCount(value)
	return count !== undefined && count <= mostTokens ? count : undefined
}

const noDetails: Readonly<Record<string, unknown>> = {}

function detailsOf(value: unknown): Readonly<Record<string, unknown>> {
	return isObject(value) ? value : noDetails
}

function largest(...values: readonly unknown[]): number | undefined {
	let most: number | undefined
	for (const value of values) {
		const count = value === undefined ? undefined : plausible(value)
		if (count !== undefined && count >= (most ?? 0)) most = count
	}
	return most
}

/** Whether `usage` reports a completion, in any form. Embeddings have none. */
function hasCompletion({ completion_tokens, total_tokens }: Readonly<Record<string, unknown>>): boolean {
	return (completion_tokens ?? total_tokens ?? null) !== null
}

const counted: ReadonlySet<string> = new Set([
	'prompt_tokens',
	'completion_tokens',
	'total_tokens',
	'prompt_tokens_details',
	'completion_tokens_details',
])
const detailed: ReadonlySet<string> = new Set(['cached_tokens', 'reasoning_tokens'])

/** What `usage` has beyond the common counts. Details that are 0 or null are ignored. */
function otherFields(usage: Readonly<Record<string, unknown>>): JsonObject {
	const others: Record<string, unknown> = {}
	const exact = exactMembers(usage)
	for (const name in usage) if (!counted.has(name)) others[name] = exact[name]
	for (const name of ['prompt_tokens_details', 'completion_tokens_details']) {
		const details = usage[name]
		if (!isObject(details)) continue
		const reported = Object.entries(exactMembers(details)).filter(
			([detail]) => !detailed.has(detail) && details[detail] !== 0 && details[detail] !== null,
		)
		if (reported.length > 0) others[name] = Object.fromEntries(reported)
	}
	return others as JsonObject
}
