// How long to wait before the next try.

import type { RetryOptions } from './options.ts'

/**
 * Full jitter: anything up to a bound that doubles with each try, so that callers who failed together do not come back together.
 *
 * @param tries how often was tried already, at least 1.
 * @param retryAfterMs what the upstream asked for, which is kept to.
 * @param random uniform in [0, 1).
 * @returns milliseconds, or undefined where the upstream asks for more than is waited.
 */
export function pauseMs(
	tries: number,
	{ baseMs, maxMs }: Pick<RetryOptions, 'baseMs' | 'maxMs'>,
	retryAfterMs: number | undefined,
	random: number,
): number | undefined {
	if (retryAfterMs !== undefined) return retryAfterMs > maxMs ? undefined : retryAfterMs
	return random * Math.min(maxMs, baseMs * 2 ** (tries - 1))
}
