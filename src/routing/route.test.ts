import { describe, expect, test } from 'bun:test'
import type { ChatRequest } from '../chat/request.ts'
import type { Clock } from '../system/clock.ts'
import { anonymous } from '../system/fair-queue.ts'
import { affinityKey } from './affinity-key.ts'
import { pauseMs } from './backoff.ts'
import { HealthChecks } from './health-checks.ts'
import { healthOptions, retryOptions } from './options.ts'
import { inOrder } from './policies/in-order.ts'
import { weighted } from './policies/weighted.ts'
import { Route } from './route.ts'
import { FakeClock, openEndpoint } from './routing.testing.ts'

const hint = { affinity: () => '' }

test('only available upstreams are chosen, in order, including those at their limit', () => {
	const time = new FakeClock()
	const [full, broken, unhealthy, free] = ['full', 'broken', 'ill', 'free'].map((name) =>
		openEndpoint(name, time, { limit: 1 }),
	)
	if (full === undefined || broken === undefined || unhealthy === undefined || free === undefined)
		throw new Error('no places')
	const route = new Route({
		members: [full, broken, unhealthy, free].map((endpoint) => ({ endpoint, weight: 1 })),
		policy: inOrder(),
		retry: retryOptions.parse({}),
	})
	full.limiter.tryAcquire()
	unhealthy.healthy = false
	for (let failure = 0; failure < 3; failure++) broken.pass(anonymous).failed('answer')
	expect(route.choose(hint)).toEqual([full, free])
	time.ms = 1000
	expect(route.choose(hint)).toEqual([full, broken, free])
})

test('the share of an unavailable upstream goes to the others by weight', () => {
	const members = [5, 2, 1].map((weight, index) => ({ endpoint: openEndpoint('abc'[index] ?? ''), weight }))
	const route = new Route({ members, policy: weighted(), retry: retryOptions.parse({}) })
	const [first] = members
	if (first !== undefined) first.endpoint.healthy = false
	const chosen = Array.from({ length: 300 }, () => route.choose(hint)[0]?.name)
	expect(['a', 'b', 'c'].map((name) => chosen.filter((endpoint) => endpoint === name).length)).toEqual([0, 200, 100])
})

test('reopens with the first breaker of a healthy upstream', () => {
	const [unhealthy, broken] = [openEndpoint('ill'), openEndpoint('broken')]
	const route = new Route({
		members: [unhealthy, broken].map((endpoint) => ({ endpoint, weight: 1 })),
		policy: inOrder(),
		retry: retryOptions.parse({}),
	})
	unhealthy.healthy = false
	for (let failure = 0; failure < 3; failure++) broken.pass(anonymous).failed('answer')
	expect(route.reopensInMs()).toBe(1000)
	broken.healthy = false
	expect(route.reopensInMs()).toBe(Number.POSITIVE_INFINITY)
})

test('delays grow up to the maximum, and honor Retry-After', () => {
	const bounds = { baseMs: 100, maxMs: 500 }
	expect([1, 2, 3, 4, 50].map((tries) => pauseMs(tries, bounds, undefined, 0.5))).toEqual([50, 100, 200, 250, 250])
	expect(pauseMs(1, bounds, undefined, 0)).toBe(0)
	expect([pauseMs(1, bounds, 400, 0.9), pauseMs(1, bounds, 501, 0.9)]).toEqual([400, undefined])
})

describe('the affinity key of a conversation', () => {
	const request = (...turns: readonly (readonly ['system' | 'user' | 'assistant', string])[]) =>
		({
			messages: turns.map(([role, text]) => ({ role, content: [{ type: 'text', text }] })),
		}) as unknown as ChatRequest
	const first = affinityKey(request(['system', 'be kind'], ['user', 'hello']))
	test('is the same for each turn', () =>
		expect(affinityKey(request(['system', 'be kind'], ['user', 'hello'], ['assistant', 'hi'], ['user', 'more']))).toBe(
			first,
		))
	test('depends on the first user message and on the instructions', () => {
		expect(affinityKey(request(['system', 'be kind'], ['user', 'good day']))).not.toBe(first)
		expect(affinityKey(request(['system', 'be brief'], ['user', 'hello']))).not.toBe(first)
	})
	test('is bounded for many parts and messages, and still depends on the first user message', () => {
		const long = (text: string) =>
			affinityKey({
				messages: [
					...Array.from({ length: 1000 }, () => ({
						role: 'system',
						content: [{ type: 'text', text: 'x'.repeat(1000) }],
					})),
					{ role: 'user', content: Array.from({ length: 10_000 }, () => ({ type: 'text', text })) },
				],
			} as unknown as ChatRequest)
		expect(long('abc').length).toBeLessThan(25_000)
		expect(long('abc')).not.toBe(long('abd'))
	})
	test('is bounded', () => expect(affinityKey(request(['user', 'x'.repeat(1_000_000)])).length).toBeLessThan(10_000))
})

test('health checks remove an upstream after consecutive failures, and restore it', async () => {
	const endpoint = openEndpoint('a')
	const outcomes = [true, false, true, false, false, false, true, true]
	const seen: (readonly [checks: number, healthy: boolean])[] = []
	let checks = 0
	const finished = Promise.withResolvers<void>()
	const clock: Clock = {
		now: () => 0,
		monotonicMs: () => 0,
		async sleep(_, signal) {
			await Promise.resolve()
			if (checks >= outcomes.length) finished.resolve()
			if (signal?.aborted === true || checks >= outcomes.length) throw new Error('over')
		},
	}
	const health = new HealthChecks(
		[
			{
				endpoint,
				options: healthOptions.parse({ unhealthyAfter: 2, healthyAfter: 2 }),
				async probe() {
					if (outcomes[checks++] === false) throw new Error('ill')
				},
			},
		],
		{ clock, random: () => 0, changed: ({ healthy }) => seen.push([checks, healthy]) },
	)
	await finished.promise
	health.close()
	expect(seen).toEqual([
		[5, false],
		[8, true],
	])
})
