import { expect, test } from 'bun:test'
import { ManualClock } from './manual-clock.testing.ts'
import { SharedTimeout } from './shared-timeout.ts'

/** Advances in steps, so that every sleep that begins in between is woken. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
	for (let passed = 0; passed < ms; passed += 50) {
		clock.advance(50)
		await Promise.resolve()
		await Promise.resolve()
	}
}

test('each wait expires after its own start, once', async () => {
	const clock = new ManualClock(0)
	const timeout = new SharedTimeout(2000, clock)
	const expired: string[] = []
	timeout.start(() => expired.push(`a at ${clock.now()}`))
	await pass(clock, 500)
	timeout.start(() => expired.push(`b at ${clock.now()}`))
	await pass(clock, 4000)
	expect(expired).toEqual(['a at 2000', 'b at 2500'])
})

test('a wait that was ended does not expire, and others do', async () => {
	const clock = new ManualClock(0)
	const timeout = new SharedTimeout(2000, clock)
	const expired: string[] = []
	const end = timeout.start(() => expired.push('a'))
	timeout.start(() => expired.push('b'))
	end()
	await pass(clock, 4000)
	expect(expired).toEqual(['b'])
	timeout.start(() => expired.push('c'))
	await pass(clock, 4000)
	expect(expired).toEqual(['b', 'c'])
})

test('no timer runs without a wait', async () => {
	const clock = new ManualClock(0)
	const timeout = new SharedTimeout(200, clock)
	timeout.start(() => undefined)()
	await pass(clock, 400)
	let sleeps = false
	void clock.asleep(200).then(() => {
		sleeps = true
	})
	await pass(clock, 400)
	expect(sleeps).toBe(false)
})

test('a clock that is set changes no timeout', async () => {
	for (const byMs of [-86_400_000, 86_400_000]) {
		const clock = new ManualClock()
		const timeout = new SharedTimeout(2000, clock)
		let expired = 0
		timeout.start(() => expired++)
		clock.set(byMs)
		await pass(clock, 1900)
		expect([byMs, expired]).toEqual([byMs, 0])
		await pass(clock, 200)
		expect([byMs, expired]).toEqual([byMs, 1])
	}
})
