// Configuration of routing: per upstream its concurrency limit, circuit breaker and health checks; per model its policy
// and retries.

import { z } from 'zod'
import { milliseconds } from '../fields/duration.ts'

export const policyNames = ['in-order', 'round-robin', 'weighted', 'least-busy', 'fastest', 'affinity'] as const
export type PolicyName = (typeof policyNames)[number]

const wait = () => milliseconds(1)

export const concurrencyOptions = z
	.strictObject({
		limit: z
			.int()
			.min(1)
			.meta({ examples: [64] })
			.describe('Maximum calls in flight on the upstream, per gateway process.'),
		queue: z
			.int()
			.min(0)
			.max(100_000)
			.default(64)
			.describe('Calls that may be queued; further ones are rejected with 503.'),
		queueTimeoutMs: wait().default(30_000).describe('Maximum wait in the queue, in milliseconds.'),
	})
	.describe('Concurrency limit of the upstream, per gateway process; unlimited if absent.')

export const breakerOptions = z
	.strictObject({
		failures: z.int().min(1).default(5).describe('Consecutive failures after which the circuit breaker opens.'),
		openMs: wait()
			.default(5000)
			.describe('How long it stays open at first, in milliseconds; doubled each time a trial request fails.'),
		maxOpenMs: wait().default(60_000).describe('Maximum time that it stays open, in milliseconds.'),
	})
	.prefault({})
	.describe('Circuit breaker of the upstream.')

export const healthOptions = z
	.strictObject({
		path: z
			.string()
			.regex(
				/^\/[\x21\x22\x24-\x7e]*$/,
				'must be a path such as /models: percent-encode spaces and non-ASCII characters',
			)
			.default('/models')
			.describe("Path of the health check, appended to the upstream's URL."),
		intervalMs: wait().default(10_000).describe('Interval between checks, in milliseconds.'),
		timeoutMs: wait().default(5000).describe('Timeout of a check, in milliseconds.'),
		unhealthyAfter: z
			.int()
			.min(1)
			.default(3)
			.describe('Consecutive failed checks after which the upstream is removed from rotation.'),
		healthyAfter: z.int().min(1).default(1).describe('Consecutive successful checks after which it returns.'),
	})
	.describe('Active health checks; disabled if absent.')

const discoveryFields = z.strictObject(
	{
		prefix: z
			.string()
			.max(100)
			.default('')
			.describe("Begins the public names: with `gpu/`, the upstream's model `m` is `gpu/m`."),
		intervalMs: wait().default(60_000).describe('Interval between two readings of the list, in milliseconds.'),
		timeoutMs: wait().default(10_000).describe('Timeout of a reading, in milliseconds.'),
	},
	{
		error: ({ code }) =>
			code === 'invalid_type'
				? 'must be the word `discover`, or a mapping with `prefix`, `intervalMs` or `timeoutMs`'
				: undefined,
	},
)

/** The value of an upstream's `models` that selects discovery with all defaults. */
export const discoverWord = 'discover'

export const discoveryOptions = z
	.preprocess((given) => (given === discoverWord ? {} : given), discoveryFields)
	.meta({ type: ['object', 'string'], pattern: `^${discoverWord}$` })
	.describe('`discover` serves all models that the upstream lists; a mapping does so with other options.')

export const retryOptions = z
	.strictObject({
		attempts: z.int().min(1).max(20).default(3).describe('Maximum attempts per request, over all upstreams.'),
		totalMs: wait().default(60_000).describe('No attempt starts after this time, in milliseconds.'),
		baseMs: wait()
			.default(250)
			.describe(
				'Maximum delay before the second attempt on the same upstream, in milliseconds; doubled for each further one.',
			),
		maxMs: wait()
			.default(2000)
			.describe('Maximum delay, and maximum Retry-After for which a retry waits, in milliseconds.'),
		unsure: z
			.boolean()
			.default(true)
			.describe(
				'Whether to retry if the upstream may already have processed the request; tokens may then be billed twice.',
			),
	})
	.prefault({})
	.describe('Retries of a request, before the first byte of its response is sent.')

export type ConcurrencyOptions = z.infer<typeof concurrencyOptions>
export type BreakerOptions = z.infer<typeof breakerOptions>
export type HealthOptions = z.infer<typeof healthOptions>
export type DiscoveryOptions = z.infer<typeof discoveryFields>
export type RetryOptions = z.infer<typeof retryOptions>
