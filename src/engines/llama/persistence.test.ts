import { describe, expect, test } from 'bun:test'
import type { Clock } from '../../system/clock.ts'
import { rejection } from '../../system/rejection.testing.ts'
import { Persistence } from './persistence.ts'

/** A clock that skips every pause. */
function jumping(): Clock & { readonly waits: number[] } {
	let nowMs = 0
	const waits: number[] = []
	return {
		waits,
		now: () => nowMs,
		monotonicMs: () => nowMs,
		async sleep(ms, signal) {
			signal?.throwIfAborted()
			waits.push(ms)
			nowMs += ms
		},
	}
}

describe('a retried step', () => {
	test('is retried with growing pauses, ten minutes at most, and each failure is reported', async () => {
		const clock = jumping()
		const [triedAt, reported]: [number[], [string, boolean][]] = [[], []]
		const persistence = new Persistence({
			clock,
			signal: new AbortController().signal,
			appeared: async () => false,
			failed: (thrown, repeated) => reported.push([String(thrown), repeated]),
		})
		const result = await persistence.insist(async () => {
			triedAt.push(clock.now())
			if (triedAt.length < 9) throw new Error(triedAt.length < 3 ? 'one reason' : 'another')
			return 'done'
		})
		expect(result).toBe('done')
		const pauses = triedAt.slice(1).map((at, n) => (at - (triedAt[n] ?? 0)) / 1000)
		expect(pauses).toEqual([30, 60, 120, 240, 480, 600, 600, 600])
		expect(reported.slice(0, 4)).toEqual([
			['Error: one reason', false],
			['Error: one reason', true],
			['Error: another', false],
			['Error: another', true],
		])
	})

	test('is retried immediately once the missing dependency has appeared', async () => {
		const clock = jumping()
		let tries = 0
		const persistence = new Persistence({
			clock,
			signal: new AbortController().signal,
			appeared: async () => {
				if (clock.now() < 5000) throw new Error('cannot look')
				return true
			},
			failed: () => undefined,
		})
		await persistence.insist(async () => {
			if (++tries === 1) throw new Error('missing')
		})
		expect(clock.now()).toBe(6000)
	})

	test('is cancelled only by the signal', async () => {
		const ending = new AbortController()
		const persistence = new Persistence({
			clock: jumping(),
			signal: ending.signal,
			appeared: async () => false,
			failed: () => ending.abort(new Error('closing')),
		})
		expect((await rejection(persistence.insist(() => Promise.reject(new Error('never'))))).message).toContain('closing')
	})

	test('has no result if it was cancelled while it succeeded', async () => {
		const ending = new AbortController()
		const persistence = new Persistence({
			clock: jumping(),
			signal: ending.signal,
			appeared: async () => false,
			failed: () => undefined,
		})
		const result = persistence.insist(async () => ending.abort(new Error('closing')))
		expect((await rejection(result)).message).toContain('closing')
	})
})
