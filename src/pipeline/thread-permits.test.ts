import { expect, test } from 'bun:test'
import type { SharePath } from '../system/fair-queue.ts'
import { rejection } from '../system/rejection.testing.ts'
import { ThreadPermits } from './thread-permits.ts'

const one: SharePath = ['a', 'x']
const other: SharePath = ['b', 'y']

/** Work that ends when the test says so. */
function held() {
	const { promise, resolve } = Promise.withResolvers<string>()
	let begun = 0
	const work = () => {
		begun++
		return promise
	}
	return { work, resolve, begun: () => begun }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('no more than the maximum runs at the same time, and callers take turns', async () => {
	const permits = new ThreadPermits({ maxThreads: 2, maxWaiting: 100, waitMs: 60_000 })
	const order: string[] = []
	let running = 0
	let most = 0
	const run = (name: string, caller: SharePath) =>
		permits.run(caller, async () => {
			order.push(name)
			most = Math.max(most, ++running)
			await settled()
			running--
		})
	await Promise.all([...Array.from({ length: 20 }, (_, index) => run(`a${index}`, one)), run('b', other)])
	expect(most).toBe(2)
	expect(order).toHaveLength(21)
	expect(order.indexOf('b')).toBeLessThan(5)
})

test('work beyond the queue is refused', async () => {
	const permits = new ThreadPermits({ maxThreads: 1, maxWaiting: 1, waitMs: 60_000 })
	const { work, resolve, begun } = held()
	const [first, second] = [permits.run(one, work), permits.run(one, work)]
	const refused: unknown = await permits.run(one, work).catch((thrown: unknown) => thrown)
	expect(refused).toMatchObject({ kind: 'overloaded', retryAfterMs: 1000 })
	expect(begun()).toBe(1)
	resolve('done')
	expect(await Promise.all([first, second])).toEqual(['done', 'done'])
	expect(await permits.run(one, work)).toBe('done')
})

test('work that waits too long is refused, and its permit goes to others', async () => {
	const permits = new ThreadPermits({ maxThreads: 1, maxWaiting: 10, waitMs: 1 })
	const { work, resolve } = held()
	const first = permits.run(one, work)
	expect(await rejection(permits.run(one, work))).toMatchObject({ kind: 'overloaded' })
	resolve('done')
	await first
	expect(await permits.run(other, work)).toBe('done')
})

test('a failure frees the permit', async () => {
	const permits = new ThreadPermits({ maxThreads: 1, maxWaiting: 10, waitMs: 60_000 })
	expect((await rejection(permits.run(one, () => Promise.reject(new Error('broken'))))).message).toContain('broken')
	expect(await permits.run(one, async () => 'next')).toBe('next')
})
