// The choice of a slot for a prompt.

import { expect, test } from 'bun:test'
import type { Samplers } from './sampler.ts'
import { assignSlot, Slot } from './slot.ts'

/** Samplers do not affect the choice. */
const noSamplers = Object.create(null) as Samplers

function slots(...held: readonly { tokens: readonly number[]; usedAt: number; busy?: boolean }[]): Slot<string>[] {
	return held.map(({ tokens, usedAt, busy }, id) => {
		const slot = new Slot<string>(id, noSamplers)
		slot.tokens = [...tokens]
		slot.usedAt = usedAt
		slot.job = busy === true ? 'job' : undefined
		return slot
	})
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)

test('a conversation continues in its slot', () => {
	const held = slots({ tokens: range(0, 50), usedAt: 9 }, { tokens: range(500, 600), usedAt: 1 })
	expect(assignSlot(range(0, 80), held)).toEqual({ slot: held[0] as Slot<string>, reused: 50 })
})

test('the last token of a prompt is evaluated even if it is cached', () => {
	const held = slots({ tokens: range(0, 50), usedAt: 1 })
	expect(assignSlot(range(0, 30), held)?.reused).toBe(29)
})

test('a new conversation takes the least recently used slot, and copies a long prefix shared with another', () => {
	const held = slots(
		{ tokens: [...range(0, 100), ...range(900, 1200)], usedAt: 9 },
		{ tokens: range(500, 600), usedAt: 1 },
	)
	const prompt = [...range(0, 100), ...range(300, 320)]
	expect(assignSlot(prompt, held)).toEqual({
		slot: held[1] as Slot<string>,
		copyFrom: held[0] as Slot<string>,
		reused: 100,
	})
	expect(assignSlot(prompt.slice(90), held)).toEqual({ slot: held[1] as Slot<string>, reused: 0 })
})

test('a busy slot may be copied from but is never taken', () => {
	const held = slots({ tokens: range(0, 100), usedAt: 9, busy: true }, { tokens: [], usedAt: 0 })
	expect(assignSlot(range(0, 120), held)).toEqual({
		slot: held[1] as Slot<string>,
		copyFrom: held[0] as Slot<string>,
		reused: 100,
	})
	for (const slot of held) slot.job = 'job'
	expect(assignSlot(range(0, 120), held)).toBeUndefined()
})
