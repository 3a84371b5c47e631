import { expect, test } from 'bun:test'
import { newTurnId } from '../conversations/turn-id.ts'
import { FairPermits } from '../system/fair-permits.ts'
import { WaitingCalls } from './waiting-calls.ts'

/** Waits until `read` has so many positions. */
async function countOf(read: readonly unknown[], count: number): Promise<void> {
	while (read.length < count) await Bun.sleep(1)
}

test('a reader gets the position when the call begins to wait, and none when another wait replaced it', async () => {
	const calls = new WaitingCalls()
	const [call, other] = [newTurnId(), newTurnId()]
	const read: (number | undefined)[] = []
	const stop = calls.follow(call, { read: (position) => read.push(position) })
	await countOf(read, 1)
	calls.begin(other, () => 7)
	const end = calls.begin(call, () => 3)
	await countOf(read, 2)
	const endAgain = calls.begin(call, () => 1)
	// The first wait ends after the second one has begun.
	end()
	await countOf(read, 3)
	endAgain()
	const stopLater = calls.follow(call, { read: (position) => read.push(position) })
	await countOf(read, 4)
	expect(read.slice(0, 4)).toEqual([undefined, 3, 1, undefined])
	expect(calls.followed).toBe(1)
	stop()
	stopLater()
	expect(calls.followed).toBe(0)
	// A reader that leaves before the next pass is not read.
	calls.follow(call, { read: () => read.push(99) })()
	const last = calls.follow(call, { read: (position) => read.push(position) })
	const before = read.length
	await countOf(read, before + 1)
	expect(read).not.toContain(99)
	last()
})

test('calls that begin to wait one after the other have their positions read in few passes', async () => {
	const calls = new WaitingCalls()
	const permits = new FairPermits({ limit: 1, queue: 10_000, queueTimeoutMs: 600_000 })
	const signal = new AbortController()
	await permits.acquire(['t', 'running'], signal.signal)
	/** The turn of the event loop in which each position was read. */
	const passes = new Set<number>()
	const positions = new Map<number, number>()
	let turn = 0
	const began = performance.now()
	for (; turn < 300; turn++) {
		const [call, at] = [newTurnId(), turn]
		calls.follow(call, {
			read: (position) => {
				if (position === undefined) return
				passes.add(turn)
				positions.set(at, position)
			},
		})
		void permits.acquire([`t${at}`, 'o'], signal.signal, 'normal', (position) => calls.begin(call, position))
		await new Promise(setImmediate)
	}
	while (positions.size < 300) await Bun.sleep(1)
	// One pass every tenth of a second.
	expect(passes.size).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 100) + 1)
	expect([...positions].every(([at, position]) => position === at)).toBe(true)
	signal.abort()
})

test('the readers of many calls are read over several turns of the event loop', async () => {
	const calls = new WaitingCalls()
	const counts: number[] = [0]
	const stops = Array.from({ length: 2000 }, () =>
		calls.follow(newTurnId(), { read: () => void counts.push((counts.pop() ?? 0) + 1) }),
	)
	for (let all = 0; all < 2000; all = counts.reduce((sum, count) => sum + count)) {
		await new Promise(setImmediate)
		counts.push(0)
	}
	expect(Math.max(...counts)).toBeLessThanOrEqual(500)
	for (const stop of stops) stop()
	expect(calls.followed).toBe(0)
})
