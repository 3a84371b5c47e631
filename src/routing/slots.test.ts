import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { Slots } from './slots.ts'

const options = { limit: 2, queue: 2, queueTimeoutMs: 10_000 }
const never = new AbortController().signal

test('gives turns up to the limit, then in the order of arrival', async () => {
	const slots = new Slots(options)
	const [a, b] = [slots.tryTake(), slots.tryTake()]
	expect([slots.tryTake(), slots.running, slots.full]).toEqual([undefined, 2, true])
	const order: string[] = []
	const waiting = ['first', 'second'].map(async (name) => {
		const slot = await slots.take(never)
		order.push(name)
		return slot
	})
	expect([slots.waiting, slots.overfull]).toEqual([2, true])
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

test('refuses at once what finds no place in the queue', async () => {
	const slots = new Slots({ ...options, queue: 0 })
	slots.tryTake()
	slots.tryTake()
	const refusal = await slots.take(never).catch((error: unknown) => error)
	expect(refusal).toBeInstanceOf(ChatError)
	expect(refusal).toMatchObject({ kind: 'overloaded', sent: 'nothing', retryAfterMs: 1000 })
})

test('who hangs up or waits too long leaves the queue', async () => {
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

test('only counts where there is no limit', async () => {
	const slots = new Slots(undefined)
	const taken = await Promise.all(Array.from({ length: 100 }, () => slots.take(never)))
	expect([slots.running, slots.full]).toEqual([100, false])
	for (const slot of taken) slot.release()
	expect(slots.running).toBe(0)
})
