// Rate limits as the Messages API reports them, in the headers of every response: `anthropic-ratelimit-requests-limit`
// and so on.

import { type LimitMeasure, type LimitState, tightestLimits } from '../../limits/limit-state.ts'

const names: Readonly<Record<LimitMeasure, string>> = {
	requests: 'requests',
	tokens: 'tokens',
	input_tokens: 'input-tokens',
	output_tokens: 'output-tokens',
}

export function writeRateLimits(limits: readonly LimitState[]): Readonly<Record<string, string>> {
	const headers: Record<string, string> = {}
	for (const { measure, limit, remaining, resetAtMs } of tightestLimits(limits).values()) {
		const prefix = `anthropic-ratelimit-${names[measure]}`
		headers[`${prefix}-limit`] = String(limit)
		headers[`${prefix}-remaining`] = String(remaining)
		headers[`${prefix}-reset`] = writeTime(resetAtMs)
	}
	return headers
}

/** RFC 3339, in whole seconds that are not earlier than the time. */
function writeTime(ms: number): string {
	return new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
