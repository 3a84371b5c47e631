import { expect, test } from 'bun:test'
import type { SharePath } from './fair-queue.ts'
import { Occupancy } from './occupancy.ts'

const alice: SharePath = ['', 'alice']
const bob: SharePath = ['', 'bob']

/** Steps of a millisecond each. */
function* steps(count: number, each: () => void = () => undefined): Generator<undefined, number, undefined> {
	for (let step = 0; step < count; step++) {
		const untilMs = performance.now() + 1
		while (performance.now() < untilMs) Math.random()
		each()
		yield
	}
	return count
}

test('work runs in slices, and other events are handled between them', async () => {
	const occupancy = new Occupancy()
	let turns = 0
	let working = true
	const count = () => {
		turns++
		if (working) setImmediate(count)
	}
	setImmediate(count)
	const seen = new Set<number>()
	expect(
		await occupancy.run(
			alice,
			steps(60, () => seen.add(turns)),
		),
	).toBe(60)
	working = false
	// A step takes a slice: other work waits for one step at most, in each turn of the loop.
	expect(seen.size).toBeGreaterThan(50)
})

test('short work has no pause', async () => {
	const occupancy = new Occupancy()
	let turned = false
	setImmediate(() => {
		turned = true
	})
	await occupancy.run(alice, [1, 2, 3].values())
	await occupancy.run(alice, [1, 2, 3].values())
	expect(turned).toBe(false)
})

test('callers take turns, slice by slice', async () => {
	const occupancy = new Occupancy()
	const order: string[] = []
	const run = async (caller: SharePath, count: number) => {
		await occupancy.run(caller, steps(count))
		order.push(caller[1])
	}
	await Promise.all([run(alice, 60), run(alice, 60), run(alice, 60), run(bob, 30)])
	expect(order.indexOf('bob')).toBe(0)
})

test('work that is cancelled has no further step', async () => {
	const occupancy = new Occupancy()
	const cancelled = new AbortController()
	let done = 0
	const work = occupancy.run(
		alice,
		steps(100, () => done++),
		cancelled.signal,
	)
	cancelled.abort(new Error('gone'))
	const before = done
	expect(await work.catch((thrown: Error) => thrown.message)).toBe('gone')
	await occupancy.run(bob, steps(10))
	expect(done).toBe(before)
	expect(await occupancy.run(alice, steps(1), cancelled.signal).catch((thrown: Error) => thrown.message)).toBe('gone')
})

test('an error of a step rejects, and others continue', async () => {
	const occupancy = new Occupancy()
	const failing = (function* () {
		yield
		throw new Error('wrong')
	})()
	expect(await occupancy.run(alice, failing).catch((thrown: Error) => thrown.message)).toBe('wrong')
	expect(await occupancy.run(alice, steps(5))).toBe(5)
})
