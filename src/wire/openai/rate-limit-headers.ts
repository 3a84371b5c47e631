// Rate limits as OpenAI's API reports them, in the headers of every response: `x-ratelimit-limit-requests` and so on.
// Other measures than requests and tokens have no header there.

import { type LimitMeasure, type LimitState, tightestLimits } from '../../limits/limit-state.ts'

const measures: readonly LimitMeasure[] = ['requests', 'tokens']

/** @param nowMs milliseconds since 1970. */
export function writeRateLimits(limits: readonly LimitState[], nowMs: number): Readonly<Record<string, string>> {
	const headers: Record<string, string> = {}
	const tightest = tightestLimits(limits)
	for (const measure of measures) {
		const state = tightest.get(measure)
		if (state === undefined) continue
		headers[`x-ratelimit-limit-${measure}`] = String(state.limit)
		headers[`x-ratelimit-remaining-${measure}`] = String(state.remaining)
		headers[`x-ratelimit-reset-${measure}`] = writeDuration(Math.max(0, Math.ceil(state.resetAtMs - nowMs)))
	}
	return headers
}

/** As Go writes durations: `12ms`, `1.5s`, `6m0s`, `1h0m3s`. @param ms whole milliseconds. */
export function writeDuration(ms: number): string {
	if (ms === 0) return '0s'
	if (ms < 1000) return `${ms}ms`
	const minutes = Math.floor(ms / 60_000)
	const seconds = `${(ms % 60_000) / 1000}s`
	if (minutes === 0) return seconds
	return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}
