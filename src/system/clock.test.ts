import { expect, test } from 'bun:test'
import { systemClock } from './clock.ts'

test('a sleep that is longer than a timer can be does not end early', async () => {
	const end = new AbortController()
	let woke = false
	const sleeps = [2 ** 31, 99_999_999_999, Number.MAX_VALUE, Number.POSITIVE_INFINITY].map((ms) =>
		systemClock.sleep(ms, end.signal).then(
			() => {
				woke = true
			},
			() => undefined,
		),
	)
	await systemClock.sleep(20)
	expect(woke).toBe(false)
	end.abort()
	await Promise.all(sleeps)
})
