import { expect, test } from 'bun:test'
import type { SharePath } from './fair-queue.ts'
import { Occupancy } from './occupancy.ts'

const alice: SharePath = ['', 'alice']
const bob: SharePath = ['', 'bob']

function occupy(ms: number): void {
	const untilMs = performance.now() + ms
	while (performance.now() < untilMs) Math.random()
}

test('between two pieces of work the event loop is free for as long as the first one took', async () => {
	const occupancy = new Occupancy()
	const gaps: number[] = []
	let endedMs: number | undefined
	const work = async () => {
		await occupancy.enter(alice)?.begins
		if (endedMs !== undefined) gaps.push(performance.now() - endedMs)
		occupy(30)
		endedMs = performance.now()
	}
	await Promise.all([work(), work(), work(), work()])
	expect(gaps.length).toBe(3)
	for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(29)
})

test('callers take turns', async () => {
	const occupancy = new Occupancy()
	const order: string[] = []
	const work = async (caller: SharePath) => {
		await occupancy.enter(caller)?.begins
		order.push(caller[1])
	}
	await Promise.all([alice, alice, alice, alice, bob].map((caller) => work(caller)))
	expect(order).toEqual(['alice', 'bob', 'alice', 'alice', 'alice'])
})

test('work that was cancelled has no turn', async () => {
	const occupancy = new Occupancy()
	expect(occupancy.enter(['', 'a'])).toBeUndefined()
	const cancelled = occupancy.enter(['', 'a'])
	const next = occupancy.enter(['', 'a'])
	cancelled?.cancel()
	cancelled?.cancel()
	let began = false
	void cancelled?.begins.then(() => {
		began = true
	})
	await next?.begins
	expect(began).toBe(false)
	expect(occupancy.enter(['', 'a'])).toBeDefined()
})
