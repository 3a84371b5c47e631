import { expect, test } from 'bun:test'
import type { LimitState } from '../../limits/limit-state.ts'
import { writeRateLimits } from './rate-limit-headers.ts'

const atMs = Date.UTC(2027, 0, 31, 12, 0, 0)

test('each measure has three headers, for the limit that is reached first', () => {
	const limits: readonly LimitState[] = [
		{ measure: 'requests', limit: 50, remaining: 49, resetAtMs: atMs },
		{ measure: 'requests', limit: 1000, remaining: 999, resetAtMs: atMs },
		{ measure: 'input_tokens', limit: 10_000, remaining: 0, resetAtMs: atMs + 1 },
		{ measure: 'output_tokens', limit: 8000, remaining: 8000, resetAtMs: atMs },
	]
	expect(writeRateLimits(limits)).toEqual({
		'anthropic-ratelimit-requests-limit': '50',
		'anthropic-ratelimit-requests-remaining': '49',
		'anthropic-ratelimit-requests-reset': '2027-01-31T12:00:00Z',
		'anthropic-ratelimit-input-tokens-limit': '10000',
		'anthropic-ratelimit-input-tokens-remaining': '0',
		'anthropic-ratelimit-input-tokens-reset': '2027-01-31T12:00:01Z',
		'anthropic-ratelimit-output-tokens-limit': '8000',
		'anthropic-ratelimit-output-tokens-remaining': '8000',
		'anthropic-ratelimit-output-tokens-reset': '2027-01-31T12:00:00Z',
	})
	expect(writeRateLimits([])).toEqual({})
})
