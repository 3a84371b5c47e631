// The delay before the next attempt.

import type { RetryOptions } from './options.ts'

/**
 * Exponential backoff with full jitter: a random delay up to a maximum that doubles with each attempt, so that callers
 * that failed together do not retry together.
 *
 * @param attempts number of attempts made so far, at least 1.
 * @param retryAfterMs the delay that the upstream requested, which is honored.
 * @param random uniform in [0, 1).
 * @returns milliseconds, or undefined if the upstream requested a longer delay than the maximum.
 */
export function pauseMs(
	attempts: number,
	{ baseMs, maxMs }: Pick<RetryOptions, 'baseMs' | 'maxMs'>,
	retryAfterMs: number | undefined,
	random: number,
): number | undefined {
	if (retryAfterMs !== undefined) return retryAfterMs > maxMs ? undefined : retryAfterMs
	return random * Math.min(maxMs, baseMs * 2 ** (attempts - 1))
}
