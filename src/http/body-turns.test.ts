// Large bodies take turns: no caller occupies the event loop with one after the other.

import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import type { SharePath } from '../system/fair-queue.ts'
import { Occupancy } from '../system/occupancy.ts'
import type { Steps } from '../system/resumable.ts'
import { type BodyLimits, bodyReader } from './body.ts'

const limits: BodyLimits = { maxBytes: 10_000_000, timeoutMs: 5000, maxDepth: 20 }
const large = `{"text":"${'x'.repeat(400_000)}"}`
/** Takes several slices. */
const dense = JSON.stringify(Array.from({ length: 15_000 }, (_, at) => ({ at, text: 'x', list: [1, 2, 3] })))

function request(text: string, signal = new AbortController().signal) {
	const arrived = Buffer.from(text)
	return { method: 'POST', url: '/', headers: new Headers(), signal, arrived, body: null, bytes: async () => arrived }
}

function codeOf(thrown: unknown): string {
	return thrown instanceof ChatError ? thrown.kind : String(thrown)
}

test('other events are handled between two large bodies, and callers take turns', async () => {
	const reader = bodyReader(limits)
	const parsed: string[] = []
	let immediates = 0
	const count = () => {
		immediates++
		next = setImmediate(count)
	}
	let next = setImmediate(count)
	const read = async (caller: string, text: string) => {
		await reader.json(request(text), caller)
		parsed.push(caller)
	}
	await Promise.all([read('a', dense), read('a', dense), read('a', dense), read('b', large)])
	clearImmediate(next)
	expect(parsed).toEqual(['b', 'a', 'a', 'a'])
	expect(immediates).toBeGreaterThan(4)
})

test('a small body does not wait for large ones', async () => {
	const reader = bodyReader(limits)
	const order: string[] = []
	const read = (text: string, name: string) => reader.json(request(text), 'a').then(() => order.push(name))
	await Promise.all([read(dense, 'first'), read(dense, 'second'), read('{}', 'small')])
	expect(order.at(-1)).not.toBe('small')
})

test('bodies that wait are in memory, and those of the caller with most of it are refused', async () => {
	const reader = bodyReader({ ...limits, memoryBytes: 3.5 * dense.length })
	const read = (caller: string) => reader.json(request(dense), caller).then(() => 'parsed', codeOf)
	const results = await Promise.all([read('a'), read('a'), read('a'), read('b'), read('a')])
	expect(results.filter((result) => result === 'overloaded').length).toBe(2)
	expect(results[3]).toBe('parsed')
})

test('a client that disconnects while its body waits ends the request', async () => {
	const reader = bodyReader(limits)
	const client = new AbortController()
	const first = reader.json(request(dense), 'a')
	const second = reader.json(request(dense, client.signal), 'a').then(() => 'parsed', codeOf)
	await Promise.resolve()
	client.abort()
	expect(await second).toBe('cancelled')
	await first
})

test('the pieces of a large body are joined in steps', async () => {
	const steps: number[] = []
	class Counting extends Occupancy {
		override run<Result>(caller: SharePath, work: Steps<Result>, signal?: AbortSignal) {
			const at = steps.push(0) - 1
			const counted: Steps<Result> = {
				next: () => {
					steps[at] = (steps[at] ?? 0) + 1
					return work.next()
				},
			}
			return super.run(caller, counted, signal)
		}
	}
	const reader = bodyReader(limits, {}, new Counting())
	const whole = request(`{"text":"${'x'.repeat(8_000_000)}"}`)
	const bytes = await whole.bytes()
	async function* pieces() {
		for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000)
	}
	const inPieces = { ...whole, arrived: undefined, body: pieces() }
	const [one, other] = [await reader.json(whole, 'a'), await reader.json(inPieces, 'a')]
	expect(Bun.deepEquals(one, other)).toBe(true)
	const [joined = 0, arrived = 0] = [steps[1], steps[0]]
	expect(joined - arrived).toBeGreaterThan(20)
})
