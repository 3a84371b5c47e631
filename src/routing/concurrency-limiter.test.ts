import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'

const options = { limit: 2, queue: 2, queueTimeoutMs: 10_000 }
const never = new AbortController().signal

test('grants permits up to the limit, then in order of arrival', async () => {
	const limiter = new ConcurrencyLimiter(options)
	const [a, b] = [limiter.tryAcquire(), limiter.tryAcquire()]
	expect([limiter.tryAcquire(), limiter.running, limiter.full]).toEqual([undefined, 2, true])
	const order: string[] = []
	const waiting = ['first', 'second'].map(async (name) => {
		const permit = await limiter.acquire(never)
		order.push(name)
		return permit
	})
	expect([limiter.waiting, limiter.refuses('normal')]).toEqual([2, true])
	a?.release()
	a?.release()
	const first = await waiting[0]
	expect([order, limiter.running, limiter.waiting]).toEqual([['first'], 2, 1])
	b?.release()
	await waiting[1]
	expect([order, limiter.running, limiter.waiting]).toEqual([['first', 'second'], 2, 0])
	first?.release()
	expect(limiter.running).toBe(1)
})

test('rejects immediately if the queue is full', async () => {
	const limiter = new ConcurrencyLimiter({ ...options, queue: 0 })
	limiter.tryAcquire()
	limiter.tryAcquire()
	const refusal = await limiter.acquire(never).catch((error: unknown) => error)
	expect(refusal).toBeInstanceOf(ChatError)
	expect(refusal).toMatchObject({ kind: 'overloaded', sent: 'nothing', retryAfterMs: 1000 })
})

test('a call that is cancelled or waits too long leaves the queue', async () => {
	const limiter = new ConcurrencyLimiter({ limit: 1, queue: 5, queueTimeoutMs: 20 })
	const held = limiter.tryAcquire()
	const client = new AbortController()
	const cancelled = limiter.acquire(client.signal).catch((error: ChatError) => error.kind)
	client.abort()
	expect([await cancelled, limiter.waiting]).toEqual(['cancelled', 0])
	const late = await limiter.acquire(never).catch((error: ChatError) => error.kind)
	expect([late, limiter.waiting, limiter.running]).toEqual(['overloaded', 0, 1])
	held?.release()
	expect([limiter.running, limiter.full]).toEqual([0, false])
})

test('only counts if there is no limit', async () => {
	const limiter = new ConcurrencyLimiter(undefined)
	const taken = await Promise.all(Array.from({ length: 100 }, () => limiter.acquire(never)))
	expect([limiter.running, limiter.full]).toEqual([100, false])
	for (const permit of taken) permit.release()
	expect(limiter.running).toBe(0)
})

test('calls of low priority are served after the others', async () => {
	const limiter = new ConcurrencyLimiter({ limit: 1, queue: 5, queueTimeoutMs: 10_000 })
	const order: string[] = []
	const held = limiter.tryAcquire()
	const waiting = (['low', 'normal', 'low', 'normal'] as const).map(async (priority, index) => {
		const permit = await limiter.acquire(never, priority)
		order.push(`${priority} ${index}`)
		permit.release()
	})
	held?.release()
	await Promise.all(waiting)
	expect(order).toEqual(['normal 1', 'normal 3', 'low 0', 'low 2'])
})

test('calls of low priority are rejected first if the queue is full', async () => {
	const limiter = new ConcurrencyLimiter({ limit: 1, queue: 2, queueTimeoutMs: 10_000 })
	limiter.tryAcquire()
	const ends: string[] = []
	const wait = (name: string, priority: 'normal' | 'low') =>
		limiter.acquire(never, priority).catch((error: ChatError) => ends.push(`${name}: ${error.kind}`))
	void wait('first low', 'low')
	const second = wait('second low', 'low')
	expect([limiter.refuses('low'), limiter.refuses('normal')]).toEqual([true, false])
	void wait('first normal', 'normal')
	await second
	expect(ends).toEqual(['second low: overloaded'])
	await wait('third low', 'low')
	void wait('second normal', 'normal')
	await Bun.sleep(0)
	expect(ends).toEqual(['second low: overloaded', 'third low: overloaded', 'first low: overloaded'])
	expect([limiter.waiting, limiter.refuses('normal')]).toEqual([2, true])
	await wait('third normal', 'normal')
	expect(ends.at(-1)).toBe('third normal: overloaded')
})

test('a cancelled call displaces no other', async () => {
	const limiter = new ConcurrencyLimiter({ limit: 1, queue: 1, queueTimeoutMs: 10_000 })
	const held = limiter.tryAcquire()
	const low = limiter.acquire(never, 'low')
	const left = await limiter.acquire(AbortSignal.abort()).catch((error: ChatError) => error.kind)
	expect([left, limiter.waiting]).toEqual(['cancelled', 1])
	held?.release()
	;(await low).release()
	expect(limiter.running).toBe(0)
})
