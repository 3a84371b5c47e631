import { expect, test } from 'bun:test'
import { Breaker, type BreakerState } from './breaker.ts'

const options = { failures: 3, openMs: 1000, maxOpenMs: 3000 }

function open() {
	let now = 0
	const states: BreakerState[] = []
	const breaker = new Breaker(
		options,
		() => now,
		(state) => states.push(state),
	)
	const fail = (times: number) => {
		for (let time = 0; time < times; time++) breaker.pass().failed()
	}
	return { breaker, states, fail, forward: (ms: number) => (now += ms) }
}

test('opens after the configured number of consecutive failures', () => {
	const { breaker, fail, states } = open()
	fail(2)
	breaker.pass().succeeded()
	fail(2)
	breaker.pass().abandoned()
	expect([breaker.state, breaker.admits]).toEqual(['closed', true])
	fail(1)
	expect([breaker.state, breaker.admits, breaker.reopensInMs]).toEqual(['open', false, 1000])
	expect(states).toEqual(['open'])
})

test('admits one trial call, and closes if it succeeds', () => {
	const { breaker, fail, forward, states } = open()
	fail(3)
	forward(1000)
	expect([breaker.state, breaker.admits]).toEqual(['half-open', true])
	const trial = breaker.pass()
	expect(breaker.admits).toBe(false)
	trial.started()
	expect([breaker.state, breaker.admits]).toEqual(['closed', true])
	trial.failed()
	expect(breaker.state).toBe('closed')
	expect(states).toEqual(['open', 'closed'])
})

test('stays open longer each time the trial fails, up to the maximum', () => {
	const { breaker, fail, forward } = open()
	fail(3)
	const waits = [1000, 2000, 3000, 3000].map((_, trial) => {
		if (trial > 0) breaker.pass().failed()
		const wait = breaker.reopensInMs
		forward(wait)
		return wait
	})
	expect(waits).toEqual([1000, 2000, 3000, 3000])
})

test('an ignored trial allows another one', () => {
	const { breaker, fail, forward } = open()
	fail(3)
	forward(1000)
	breaker.pass().abandoned()
	expect([breaker.state, breaker.admits]).toEqual(['half-open', true])
})

test('outcomes of calls that began before it opened are ignored', () => {
	const { breaker, fail, forward } = open()
	const [early, late] = [breaker.pass(), breaker.pass()]
	fail(3)
	early.succeeded()
	expect(breaker.state).toBe('open')
	forward(1000)
	late.failed()
	expect(breaker.state).toBe('half-open')
})

test('calls that were queued while it opened neither extend nor end the open time', () => {
	const { breaker, fail } = open()
	fail(3)
	fail(5)
	expect([breaker.state, breaker.reopensInMs]).toEqual(['open', 1000])
	breaker.pass().succeeded()
	expect(breaker.state).toBe('open')
})

test('only one call at a time is a trial', () => {
	const { breaker, fail, forward } = open()
	fail(3)
	forward(1000)
	const trial = breaker.pass()
	breaker.pass().failed()
	breaker.pass().abandoned()
	expect([breaker.state, breaker.admits]).toEqual(['half-open', false])
	trial.succeeded()
	expect([breaker.state, breaker.admits]).toEqual(['closed', true])
})
