// What the configuration may say of routing: per upstream its room, its breaker and its health checks; per model how upstreams are
// chosen and how often is tried.

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
			.describe('Calls that the upstream works on at the same time.'),
		queue: z.int().min(0).max(100_000).default(64).describe('Calls that may wait for their turn; more are refused.'),
		queueTimeoutMs: wait().default(30_000).describe('Longest wait for a turn, in milliseconds.'),
	})
	.describe('Bounds on what one gateway process asks of the upstream at once; none where absent.')

export const breakerOptions = z
	.strictObject({
		failures: z.int().min(1).default(5).describe('Failures in a row after which the upstream is left alone.'),
		openMs: wait().default(5000).describe('How long at first, in milliseconds; doubled each time a trial fails.'),
		maxOpenMs: wait().default(60_000).describe('How long at most, in milliseconds.'),
	})
	.prefault({})
	.describe('When an upstream that fails is left alone.')

export const healthOptions = z
	.strictObject({
		path: z
			.string()
			.regex(/^\/[\x21\x22\x24-\x7e]*$/, 'must be a path such as /models: percent-encode spaces and what is not ASCII')
			.default('/models')
			.describe("What is asked for, behind the upstream's URL."),
		intervalMs: wait().default(10_000).describe('Time between two checks, in milliseconds.'),
		timeoutMs: wait().default(5000).describe('Longest wait for an answer, in milliseconds.'),
		unhealthyAfter: z.int().min(1).default(3).describe('Failed checks in a row that take the upstream out.'),
		healthyAfter: z.int().min(1).default(1).describe('Passed checks in a row that bring it back.'),
	})
	.describe('Active health checks; none where absent.')

export const retryOptions = z
	.strictObject({
		attempts: z.int().min(1).max(20).default(3).describe('Tries of one request, over all upstreams.'),
		totalMs: wait().default(60_000).describe('No further try is begun after this long, in milliseconds.'),
		baseMs: wait()
			.default(250)
			.describe('Longest pause before the second try on the same upstream; doubled each time.'),
		maxMs: wait().default(2000).describe('Longest pause, and longest Retry-After that is waited for.'),
		unsure: z
			.boolean()
			.default(true)
			.describe('Try again where the upstream may have done the work already; its tokens may then cost twice.'),
	})
	.prefault({})
	.describe('How often a request is tried before its first byte left.')

export type ConcurrencyOptions = z.infer<typeof concurrencyOptions>
export type BreakerOptions = z.infer<typeof breakerOptions>
export type HealthOptions = z.infer<typeof healthOptions>
export type RetryOptions = z.infer<typeof retryOptions>
