import { describe, expect, test } from 'bun:test'
import type { BreakerState } from './breaker.ts'
import { type FailureCause, FairBreaker } from './fair-breaker.ts'

const options = { failures: 3, openMs: 1000, maxOpenMs: 4000 }

function open() {
	let now = 0
	const changes: BreakerState[] = []
	const breaker = new FairBreaker(
		options,
		() => now,
		(state) => changes.push(state),
	)
	const fail = (caller: string, times: number, cause: FailureCause = 'answer') => {
		for (let time = 0; time < times; time++) breaker.pass(caller).failed(cause)
	}
	return { breaker, changes, fail, forward: (ms: number) => (now += ms) }
}

describe('failures that one caller sees', () => {
	test('open the breaker for that caller alone', () => {
		const { breaker, fail, changes } = open()
		breaker.pass('b').succeeded()
		fail('a', 10)
		expect([breaker.admitsCaller('a'), breaker.admitsCaller('b'), breaker.admits]).toEqual([false, true, true])
		expect([breaker.reopensInMs('a'), breaker.reopensInMs('b')]).toEqual([1000, 0])
		expect([breaker.state, breaker.isOpenForAll, changes]).toEqual(['open', false, ['open']])
	})

	test('are the state of the upstream if no other caller is known', () => {
		const { breaker, fail, forward, changes } = open()
		fail('a', 3)
		expect(breaker.isOpenForAll).toBe(true)
		forward(1000)
		expect([breaker.state, breaker.isOpenForAll]).toEqual(['half-open', false])
		breaker.pass('a').started()
		expect([breaker.admitsCaller('a'), changes]).toEqual([true, ['open', 'closed']])
	})

	test('do not hold up another one, however long its trials fail', () => {
		const { breaker, fail, forward } = open()
		for (let round = 0; round < 20; round++) {
			fail('a', 5)
			expect(breaker.admitsCaller('b')).toBe(true)
			breaker.pass('b').succeeded()
			forward(1000)
		}
	})
})

describe('failures that several callers see', () => {
	test('open the breaker for all', () => {
		const { breaker, fail } = open()
		fail('a', 2)
		fail('b', 1)
		expect(['a', 'b', 'c'].map((caller) => breaker.admitsCaller(caller))).toEqual([false, false, false])
		expect([breaker.admits, breaker.isOpenForAll]).toEqual([false, true])
	})

	test('are counted from the last success of any caller', () => {
		const { breaker, fail } = open()
		fail('a', 2)
		breaker.pass('c').succeeded()
		fail('b', 2)
		expect(breaker.admits).toBe(true)
	})

	test('a failed trial of one of them does not extend the time for the others', () => {
		const { breaker, fail, forward } = open()
		fail('a', 2)
		fail('b', 1)
		forward(1000)
		breaker.pass('a').failed('answer')
		expect(breaker.admits).toBe(false)
		forward(2000)
		breaker.pass('b').succeeded()
		fail('a', 1)
		expect([breaker.admits, breaker.admitsCaller('b')]).toEqual([true, true])
	})
})

test('failures to connect open it for all', () => {
	const { breaker, fail } = open()
	breaker.pass('b').succeeded()
	fail('a', 3, 'connection')
	expect([breaker.admits, breaker.admitsCaller('b'), breaker.isOpenForAll]).toEqual([false, false, true])
})

test('the failures of a caller that succeeds are forgotten', () => {
	const { breaker, fail } = open()
	fail('a', 2)
	breaker.pass('a').succeeded()
	fail('a', 2)
	breaker.pass('a').abandoned()
	expect(breaker.admitsCaller('a')).toBe(true)
})

test('the number of remembered callers is bounded', () => {
	const { breaker, fail } = open()
	for (let caller = 0; caller < 1001; caller++) {
		fail(`caller ${caller}`, 3)
		breaker.pass('well').succeeded()
	}
	expect([breaker.admitsCaller('caller 0'), breaker.admitsCaller('caller 1000')]).toEqual([true, false])
})
