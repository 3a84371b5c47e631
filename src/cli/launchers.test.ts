// When launchers count as exited, on a simulated process table.

import { expect, test } from 'bun:test'
import { launchersOf, watchLaunchers } from './launchers.ts'

/** Parents by process; 100 is this process. */
function openWatch(launchers: readonly number[], parents: Record<number, number>) {
	const clock = { ms: 0 }
	let gone = 0
	const watch = watchLaunchers({
		launchers,
		parentOf: (pid = 100) => parents[pid],
		nowMs: () => clock.ms,
		onExit: () => gone++,
	})
	const look = (times: number) => {
		for (let time = 0; time < times; time++) watch.check()
		return gone
	}
	return { watch, parents, clock, look }
}

test('the environment lists them, nearest first', () => {
	expect(launchersOf({ DRAGOMAN_LAUNCHERS: '12 11 10' })).toEqual([12, 11, 10])
	expect(launchersOf({ DRAGOMAN_LAUNCHERS: '' })).toEqual([])
	expect(launchersOf({})).toEqual([])
})

test('nothing happens while all are running', () => {
	const { look } = openWatch([12, 11, 10], { 100: 12, 12: 11, 11: 10, 10: 1 })
	expect(look(10)).toBe(0)
})

test.each([
	['its own parent', { 100: 1 }],
	['the shell between', { 12: 1 }],
	['npm', { 11: 1 }],
])('%s exits: the server is notified once', (_, change) => {
	const { look, parents } = openWatch([12, 11, 10], { 100: 12, 12: 11, 11: 10, 10: 1 })
	Object.assign(parents, change)
	expect(look(1)).toBe(0)
	expect(look(5)).toBe(1)
})

test('a launcher that exited before the watch began is detected', () => {
	expect(openWatch([12], { 100: 1 }).look(2)).toBe(1)
})

test('launchers ended by a SIGHUP to the whole group are ignored, even if their exit was noticed before the signal', () => {
	const { watch, look, parents } = openWatch([12, 11], { 100: 12, 12: 11, 11: 10 })
	parents[12] = 1
	look(1)
	watch.reportHangup()
	expect(look(10)).toBe(0)
})

test('an earlier SIGHUP has no effect', () => {
	const { watch, look, parents, clock } = openWatch([12], { 100: 12 })
	watch.reportHangup()
	clock.ms += 10_000
	parents[100] = 1
	expect(look(2)).toBe(1)
})

test('a server without launchers outlives its parent', () => {
	expect(openWatch([], { 100: 1 }).look(10)).toBe(0)
})
