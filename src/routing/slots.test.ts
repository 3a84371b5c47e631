import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { Slots } from './slots.ts'

const options = { limit: 2, queue: 2, queueTimeoutMs: 10_000 }
const never = new AbortController().signal

test('grants permits up to the limit, then in order of arrival', async () => {
	const slots = new Slots(options)
	const [a, b] = [slots.tryTake(), slots.tryTake()]
	expect([slots.tryTake(), slots.running, slots.full]).toEqual([undefined, 2, true])
	const order: string[] = []
	const waiting = ['first', 'second'].map(async (name) => {
		const slot = await slots.take(never)
		order.push(name)
		return slot
	})
	expect([slots.waiting, slots.refuses('normal')]).toEqual([2, true])
	a?.release()
	a?.release()
	const first = await waiting[0]
	expect([order, slots.running, slots.waiting]).toEqual([['first'], 2, 1])
	b?.release()
	await waiting[1]
	expect([order, slots.running, slots.waiting]).toEqual([['first', 'second'], 2, 0])
	first?.release()
	expect(slots.running).toBe(1)
})

test('rejects immediately if the queue is full', async () => {
	const slots = new Slots({ ...options, queue: 0 })
	slots.tryTake()
	slots.tryTake()
	const refusal = await slots.take(never).catch((error: unknown) => error)
	expect(refusal).toBeInstanceOf(ChatError)
	expect(refusal).toMatchObject({ kind: 'overloaded', sent: 'nothing', retryAfterMs: 1000 })
})

test('a call that is cancelled or waits too long leaves the queue', async () => {
	const slots = new Slots({ limit: 1, queue: 5, queueTimeoutMs: 20 })
	const held = slots.tryTake()
	const client = new AbortController()
	const gone = slots.take(client.signal).catch((error: ChatError) => error.kind)
	client.abort()
	expect([await gone, slots.waiting]).toEqual(['cancelled', 0])
	const late = await slots.take(never).catch((error: ChatError) => error.kind)
	expect([late, slots.waiting, slots.running]).toEqual(['overloaded', 0, 1])
	held?.release()
	expect([slots.running, slots.full]).toEqual([0, false])
})

test('only counts if there is no limit', async () => {
	const slots = new Slots(undefined)
	const taken = await Promise.all(Array.from({ length: 100 }, () => slots.take(never)))
	expect([slots.running, slots.full]).toEqual([100, false])
	for (const slot of taken) slot.release()
	expect(slots.running).toBe(0)
})

test('calls of low priority are served after the others', async () => {
	const slots = new Slots({ limit: 1, queue: 5, queueTimeoutMs: 10_000 })
	const order: string[] = []
	const held = slots.tryTake()
	const waiting = (['low', 'normal', 'low', 'normal'] as const).map(async (priority, index) => {
		const slot = await slots.take(never, priority)
		order.push(`${priority} ${index}`)
		slot.release()
	})
	held?.release()
	await Promise.all(waiting)
	expect(order).toEqual(['normal 1', 'normal 3', 'low 0', 'low 2'])
})

test('calls of low priority are rejected first if the queue is full', async () => {
	const slots = new Slots({ limit: 1, queue: 2, queueTimeoutMs: 10_000 })
	slots.tryTake()
	const ends: string[] = []
	const wait = (name: string, priority: 'normal' | 'low') =>
		slots.take(never, priority).catch((error: ChatError) => ends.push(`${name}: ${error.kind}`))
	void wait('first low', 'low')
	const second = wait('second low', 'low')
	expect([slots.refuses('low'), slots.refuses('normal')]).toEqual([true, false])
	void wait('first normal', 'normal')
	await second
	expect(ends).toEqual(['second low: overloaded'])
	await wait('third low', 'low')
	void wait('second normal', 'normal')
	await Bun.sleep(0)
	expect(ends).toEqual(['second low: overloaded', 'third low: overloaded', 'first low: overloaded'])
	expect([slots.waiting, slots.refuses('normal')]).toEqual([2, true])
	await wait('third normal', 'normal')
	expect(ends.at(-1)).toBe('third normal: overloaded')
})

test('a cancelled call displaces no other', async () => {
	const slots = new Slots({ limit: 1, queue: 1, queueTimeoutMs: 10_000 })
	const held = slots.tryTake()
	const patient = slots.take(never, 'low')
	const left = await slots.take(AbortSignal.abort()).catch((error: ChatError) => error.kind)
	expect([left, slots.waiting]).toEqual(['cancelled', 1])
	held?.release()
	;(await patient).release()
	expect(slots.running).toBe(0)
})
