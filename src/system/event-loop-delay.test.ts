import { expect, test } from 'bun:test'
import { EventLoopDelay } from './event-loop-delay.ts'

test('a loop that is held reports how long, and a closed one reports nothing', async () => {
	const delays: number[] = []
	const first = Promise.withResolvers<void>()
	const delay = new EventLoopDelay((ms) => {
		delays.push(ms)
		first.resolve()
	})
	const until = performance.now() + 1000
	while (performance.now() < until);
	await first.promise
	delay.close()
	// The timer is due after 500 ms, and the loop was held for 1000.
	expect(delays[0]).toBeGreaterThan(400)
	expect(delays).toHaveLength(1)
})
