import { describe, expect, test } from 'bun:test'
import { FairPermits, type FairPermitsOptions, type Permit } from './fair-permits.ts'
import type { SharePath } from './fair-queue.ts'

const [a, b, c]: readonly [SharePath, SharePath, SharePath] = [
	['a', 'x'],
	['b', 'x'],
	['c', 'x'],
]
const never = new AbortController().signal

function open(options: Partial<FairPermitsOptions> = {}) {
	const permits = new FairPermits({ limit: 4, queue: 8, queueTimeoutMs: 60_000, ...options })
	const granted: string[] = []
	const refused: string[] = []
	const held: Permit[] = []
	const ask = (name: string, path: SharePath, signal = never) => {
		const asked = permits.acquire(path, signal).then((outcome) => {
			if (typeof outcome === 'string') return refused.push(`${name} ${outcome}`)
			granted.push(name)
			return held.push(outcome)
		})
		return asked
	}
	return { permits, granted, refused, held, ask }
}

async function settle(): Promise<void> {
	for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('permits', () => {
	test('are all for a caller that is alone, and so is the queue', async () => {
		const { ask, granted, refused, permits } = open()
		for (let call = 1; call <= 13; call++) void ask(`a${call}`, a)
		await settle()
		expect([granted.length, permits.waiting, refused]).toEqual([4, 8, ['a13 full']])
	})

	test('go first to a tenant that holds none, which the full queue of another one does not refuse', async () => {
		const { ask, granted, refused, held } = open()
		for (let call = 1; call <= 12; call++) void ask(`a${call}`, a)
		void ask('b1', b)
		void ask('b2', b)
		await settle()
		expect(refused.toSorted()).toEqual(['a11 full', 'a12 full'])
		held[0]?.release()
		await settle()
		expect(granted.slice(4)).toEqual(['b1'])
		held[1]?.release()
		await settle()
		expect(granted.slice(4)).toEqual(['b1', 'b2'])
	})

	test('go to owners of a tenant in the same way', async () => {
		const { ask, granted, refused, held } = open()
		for (let call = 1; call <= 12; call++) void ask(`a${call}`, a)
		void ask('other owner', ['a', 'y'])
		await settle()
		expect(refused).toEqual(['a12 full'])
		held[0]?.release()
		await settle()
		expect(granted.slice(4)).toEqual(['other owner'])
	})

	test('are refused to a further call of the caller with the largest share', async () => {
		const { ask, refused, permits } = open({ limit: 1, queue: 2 })
		for (const path of [a, b, c]) void ask(path[0], path)
		expect(permits.refuses(b, 'normal')).toBe(true)
		await ask('b again', b)
		expect(refused).toEqual(['b again full'])
	})

	test('end their wait when the caller cancels, and when their time is over', async () => {
		const { ask, refused, permits } = open({ limit: 1, queueTimeoutMs: 20 })
		void ask('a', a)
		const client = new AbortController()
		const cancelled = ask('b', b, client.signal)
		const late = ask('c', c)
		client.abort()
		await cancelled
		expect([refused, permits.waiting]).toEqual([['b cancelled'], 1])
		await late
		expect([refused, permits.waiting, permits.running]).toEqual([['b cancelled', 'c late'], 0, 1])
	})

	test('are limited for each owner, without holding up the others', async () => {
		const { ask, granted, held } = open({ limitPerOwner: 2 })
		for (let call = 1; call <= 4; call++) void ask(`a${call}`, a)
		void ask('b', b)
		await settle()
		expect(granted).toEqual(['a1', 'a2', 'b'])
		held[0]?.release()
		await settle()
		expect(granted).toEqual(['a1', 'a2', 'b', 'a3'])
	})

	test('are never more than the limit, and none is free while a call waits', async () => {
		const { ask, held, permits, granted } = open({ limit: 3, queue: 1000 })
		for (let round = 0; round < 300; round++) {
			void ask(`${round}`, [`t${round % 7}`, `o${round % 3}`])
			await settle()
			if (round % 2 === 1) held.shift()?.release()
			await settle()
			expect(permits.running).toBeLessThanOrEqual(3)
			expect(permits.waiting === 0 || permits.full).toBe(true)
		}
		while (held.length > 0) {
			held.shift()?.release()
			await settle()
		}
		expect([granted.length, permits.running, permits.waiting]).toEqual([300, 0, 0])
	})
})

describe('the reserve', () => {
	test('is for a tenant that called lately, and for anyone when it has stopped', async () => {
		let now = 0
		const { permits } = open({ reserve: 1, reserveMs: 1000, nowMs: () => now })
		const held = Array.from({ length: 4 }, () => permits.tryAcquire(a))
		expect(held.every((permit) => permit !== undefined)).toBe(true)
		expect(permits.tryAcquire(b)).toBeUndefined()
		for (const permit of held) permit?.release()
		expect(Array.from({ length: 4 }, () => permits.tryAcquire(a) !== undefined)).toEqual([true, true, true, false])
		expect(permits.tryAcquire(b)).toBeDefined()
		expect(permits.running).toBe(4)
		now = 1001
		expect(permits.full).toBe(true)
	})

	test('is granted to waiting calls when the other tenant has stopped', async () => {
		const { permits, ask, granted } = open({ reserve: 1, reserveMs: 10 })
		permits.tryAcquire(b)?.release()
		const asked = ['a1', 'a2', 'a3', 'a4'].map((name) => ask(name, a))
		await settle()
		expect(granted).toEqual(['a1', 'a2', 'a3'])
		await Promise.all(asked)
		expect(granted).toEqual(['a1', 'a2', 'a3', 'a4'])
	})
})
