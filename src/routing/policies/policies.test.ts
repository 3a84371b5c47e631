import { expect, test } from 'bun:test'
import { policyContract } from '../policy.contract.ts'
import type { Member, Policy } from '../policy.ts'
import { FakeClock, openEndpoint } from '../routing.testing.ts'
import { policies } from './list.ts'

for (const [name, open] of Object.entries(policies)) policyContract(name, open)

const hint = { affinity: () => '' }
const member = (name: string, weight = 1, time?: FakeClock): Member => ({ endpoint: openEndpoint(name, time), weight })

/** How often each member is first. */
function count(
	policy: Policy,
	members: readonly Member[],
	times: number,
	key = (_: number) => '',
): Record<string, number> {
	const counts: Record<string, number> = {}
	for (let time = 0; time < times; time++) {
		const first = policy.order(members, { affinity: () => key(time) })[0]?.endpoint.name ?? ''
		counts[first] = (counts[first] ?? 0) + 1
	}
	return counts
}

test('in-order: always the first', () =>
	expect(count(policies['in-order'](), [member('a'), member('b')], 5)).toEqual({ a: 5 }))

test('round-robin: each member in turn', () =>
	expect(count(policies['round-robin'](), [member('a'), member('b'), member('c')], 9)).toEqual({ a: 3, b: 3, c: 3 }))

test('weighted: exactly by weight, evenly spread', () => {
	const policy = policies.weighted()
	const members = [member('a', 5), member('b', 1), member('c', 1)]
	const firsts = Array.from({ length: 14 }, () => policy.order(members, hint)[0]?.endpoint.name).join('')
	expect(firsts).toBe('aabacaaaabacaa')
})

test('least-busy: fewest calls in flight and queued per weight', () => {
	const [a, b] = [member('a'), member('b', 4)]
	a.endpoint.limiter.tryAcquire()
	b.endpoint.limiter.tryAcquire()
	b.endpoint.limiter.tryAcquire()
	expect(policies['least-busy']().order([a, b], hint)[0]).toBe(b)
	for (let more = 0; more < 3; more++) b.endpoint.limiter.tryAcquire()
	expect(policies['least-busy']().order([a, b], hint)[0]).toBe(a)
})

test('fastest: lowest time to first token, until the measurement is old', () => {
	const time = new FakeClock()
	const [slow, quick] = [member('slow', 1, time), member('quick', 1, time)]
	slow.endpoint.speed.measured(2000)
	quick.endpoint.speed.measured(100)
	const policy = policies.fastest()
	expect(policy.order([slow, quick], hint)[0]).toBe(quick)
	time.ms += 300_000
	quick.endpoint.speed.measured(100)
	expect(policy.order([slow, quick], hint)[0]).toBe(slow)
})

test('affinity: a key maps to one upstream, keys are spread by weight, and few move when one is removed', () => {
	const members = [member('a'), member('b'), member('c', 2)]
	const first = (key: string, among: readonly Member[]) =>
		policies.affinity().order(among, { affinity: () => key })[0]?.endpoint.name
	const keys = Array.from({ length: 4000 }, (_, index) => `conversation ${index}`)
	const before = keys.map((key) => first(key, members))
	expect(keys.map((key) => first(key, members.toReversed()))).toEqual(before)
	const counts = count(policies.affinity(), members, 4000, (time) => `conversation ${time}`)
	for (const [name, share] of [
		['a', 1000],
		['b', 1000],
		['c', 2000],
	] as const)
		expect(Math.abs((counts[name] ?? 0) - share)).toBeLessThan(150)
	const without = keys.map((key) => first(key, members.slice(0, 2)))
	for (const [index, endpoint] of before.entries()) if (endpoint !== 'c') expect(without[index]).toBe(endpoint)
})
