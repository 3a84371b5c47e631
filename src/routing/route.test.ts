import { describe, expect, test } from 'bun:test'
import type { ChatRequest } from '../chat/request.ts'
import type { Clock } from '../time/clock.ts'
import { affinityKey } from './affinity-key.ts'
import { pauseMs } from './backoff.ts'
import { HealthChecks } from './health-checks.ts'
import { healthOptions, retryOptions } from './options.ts'
import { inOrder } from './policies/in-order.ts'
import { Route } from './route.ts'
import { HeldTime, openPlace } from './routing.testing.ts'

const hint = { affinity: () => '' }

test('candidates: those with room first, full ones behind, and none that are left alone', () => {
	const time = new HeldTime()
	const [full, broken, ill, free] = ['full', 'broken', 'ill', 'free'].map((name) => openPlace(name, time, { limit: 1 }))
	if (full === undefined || broken === undefined || ill === undefined || free === undefined)
		throw new Error('no places')
	const route = new Route({
		members: [full, broken, ill, free].map((place) => ({ place, weight: 1 })),
		policy: inOrder(),
		retry: retryOptions.parse({}),
	})
	full.slots.tryTake()
	ill.healthy = false
	for (let failure = 0; failure < 3; failure++) broken.breaker.pass().failed()
	expect(route.candidates(hint)).toEqual([free, full])
	time.ms = 1000
	expect(route.candidates(hint)).toEqual([broken, free, full])
})

test('pauses grow, never beyond their bound, and keep to what the upstream asks for', () => {
	const bounds = { baseMs: 100, maxMs: 500 }
	expect([1, 2, 3, 4, 50].map((tries) => pauseMs(tries, bounds, undefined, 0.5))).toEqual([50, 100, 200, 250, 250])
	expect(pauseMs(1, bounds, undefined, 0)).toBe(0)
	expect([pauseMs(1, bounds, 400, 0.9), pauseMs(1, bounds, 501, 0.9)]).toEqual([400, undefined])
})

describe('the key of a conversation', () => {
	const request = (...turns: readonly (readonly ['system' | 'user' | 'assistant', string])[]) =>
		({
			messages: turns.map(([role, text]) => ({ role, content: [{ type: 'text', text }] })),
		}) as unknown as ChatRequest
	const first = affinityKey(request(['system', 'be kind'], ['user', 'hello']))
	test('stays from turn to turn', () =>
		expect(affinityKey(request(['system', 'be kind'], ['user', 'hello'], ['assistant', 'hi'], ['user', 'more']))).toBe(
			first,
		))
	test('differs by what was said first, and by the instructions', () => {
		expect(affinityKey(request(['system', 'be kind'], ['user', 'good day']))).not.toBe(first)
		expect(affinityKey(request(['system', 'be brief'], ['user', 'hello']))).not.toBe(first)
	})
	test('is bounded', () => expect(affinityKey(request(['user', 'x'.repeat(1_000_000)])).length).toBeLessThan(3000))
})

test('health checks take a place out after so many failures in a row, and bring it back', async () => {
	const place = openPlace('a')
	const outcomes = [true, false, true, false, false, false, true, true]
	const seen: (readonly [checks: number, healthy: boolean])[] = []
	let checks = 0
	const finished = Promise.withResolvers<void>()
	const clock: Clock = {
		now: () => 0,
		async sleep(_, signal) {
			await Promise.resolve()
			if (checks >= outcomes.length) finished.resolve()
			if (signal?.aborted === true || checks >= outcomes.length) throw new Error('over')
		},
	}
	const health = new HealthChecks(
		[
			{
				place,
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
