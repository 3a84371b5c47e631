// How calls end: by an error, by the caller, by closing the engine, and many at a time.

import { expect } from 'bun:test'
import type { ChatEvent } from '../chat/event.ts'
import { brokenRule } from '../chat/event-rules.testing.ts'
import { eventsOf } from './answer.testing.ts'
import { type Bench, checkedEvents, streamOf, thrownBy, user } from './engine-bench.testing.ts'

export const streamClauses = {
	async 'ends with one error event if the model fails during the stream'(bench: Bench) {
		const events = await bench.events({ messages: [user('echo:error-after 2 unavailable\necho:say one two three')] })
		expect(events.at(-1)).toMatchObject({ type: 'error', error: { sent: 'yes' } })
		expect(events.some(({ type }) => type === 'part-delta')).toBe(true)
	},

	async 'throws if the caller has already disconnected'(bench: Bench) {
		expect((await thrownBy(bench.engine.chat(bench.request(), bench.call(AbortSignal.abort())))).kind).toBe('cancelled')
	},

	async 'ends with an error event when the caller disconnects'(bench: Bench) {
		const controller = new AbortController()
		const answer = await bench.engine.chat(bench.request(), bench.call(controller.signal))
		controller.abort()
		const cancelled = { type: 'error', error: { kind: 'cancelled' } }
		expect((await checkedEvents(answer)).at(-1)).toMatchObject(cancelled)
	},

	async 'ends with one terminal event when the caller disconnects during the stream'(bench: Bench) {
		const controller = new AbortController()
		const events: ChatEvent[] = []
		for await (const event of eventsOf(await bench.engine.chat(bench.request(), bench.call(controller.signal)))) {
			events.push(event)
			if (event.type === 'part-delta') controller.abort()
		}
		expect(brokenRule(events)).toBeUndefined()
		// Events that arrived before the abort are complete.
		expect(events.at(-1)).toMatchObject(
			events.some(({ type }) => type === 'finish')
				? { type: 'finish' }
				: { type: 'error', error: { kind: 'cancelled' } },
		)
		expect(await bench.text()).not.toBe('')
	},

	async 'frees its resources after abandoned streams, read or not'(bench: Bench) {
		for (let round = 0; round < 12; round++) {
			const { batches } = streamOf(await bench.engine.chat(bench.request(), bench.call()))
			if (round % 2 === 0) await batches.next()
			await batches.cancel()
			await batches.cancel()
			expect(await batches.next()).toBeUndefined()
		}
		expect(await bench.text()).not.toBe('')
	},

	async 'gives concurrent requests the same answer as a single one'(bench: Bench) {
		const alone = await bench.text()
		const texts = await Promise.all(Array.from({ length: 8 }, () => bench.text()))
		expect(texts).toEqual(Array.from({ length: 8 }, () => alone))
	},

	async 'aborts calls in flight when it closes, and rejects new ones'(bench: Bench) {
		const answer = await bench.engine.chat(bench.request(), bench.call())
		void bench.engine.close()
		expect((await checkedEvents(answer)).at(-1)?.type).toBe('error')
		await bench.engine.close()
		expect((await thrownBy(bench.engine.chat(bench.request(), bench.call()))).kind).toBe('unavailable')
	},
}
