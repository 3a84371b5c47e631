import { expect, test } from 'bun:test'
import type { LimitState } from '../../limits/limit-state.ts'
import { writeDuration, writeRateLimits } from './rate-limit-headers.ts'

const nowMs = 1_800_000_000_000

test('durations are written as Go does', () => {
	const written = [0, 1, 12, 999, 1000, 1500, 59_999, 60_000, 360_000, 90_500, 3_603_000].map(writeDuration)
	expect(written).toEqual(['0s', '1ms', '12ms', '999ms', '1s', '1.5s', '59.999s', '1m0s', '6m0s', '1m30.5s', '1h0m3s'])
})

test('requests and tokens have three headers each, for the limit that is reached first', () => {
	const limits: readonly LimitState[] = [
		{ measure: 'requests', limit: 60, remaining: 59, resetAtMs: nowMs + 1000 },
		{ measure: 'tokens', limit: 150_000, remaining: 149_984, resetAtMs: nowMs + 360_000 },
		{ measure: 'tokens', limit: 1_000, remaining: 10, resetAtMs: nowMs + 5.2 },
		{ measure: 'input_tokens', limit: 10, remaining: 1, resetAtMs: nowMs },
	]
	expect(writeRateLimits(limits, nowMs)).toEqual({
		'x-ratelimit-limit-requests': '60',
		'x-ratelimit-remaining-requests': '59',
		'x-ratelimit-reset-requests': '1s',
		'x-ratelimit-limit-tokens': '1000',
		'x-ratelimit-remaining-tokens': '10',
		'x-ratelimit-reset-tokens': '6ms',
	})
})

test('a limit that was reset before has no negative duration, and no limit has no header', () => {
	const past: LimitState = { measure: 'requests', limit: 0, remaining: 0, resetAtMs: nowMs - 1 }
	expect(writeRateLimits([past], nowMs)['x-ratelimit-reset-requests']).toBe('0s')
	expect(writeRateLimits([], nowMs)).toEqual({})
})
