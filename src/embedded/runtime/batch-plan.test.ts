import { expect, test } from 'bun:test'
import { planBatch } from './batch-plan.ts'
import type { Samplers } from './sampler.ts'
import { Slot } from './slot.ts'

/** Samplers do not affect the plan. */
const noSamplers = Object.create(null) as Samplers

function slotOf(id: number, waiting: number, answering = false) {
	const slot = new Slot<{ waiting: readonly number[]; answering: boolean; cancelled: boolean }>(id, noSamplers)
	slot.job = { waiting: Array.from({ length: waiting }, () => 0), answering, cancelled: false }
	return slot
}

const plan = (slots: readonly ReturnType<typeof slotOf>[], chunkTokens: number) =>
	Object.fromEntries(planBatch(slots, chunkTokens).map(({ slot, length }) => [slot.id, length]))

test('every answer in progress gets its next token, whatever the prompts need', () =>
	expect(plan([slotOf(0, 1, true), slotOf(1, 1, true), slotOf(2, 500)], 64)).toEqual({ 0: 1, 1: 1, 2: 64 }))

test('prompts that fit are finished, shortest first, and the others share the rest', () =>
	expect(plan([slotOf(0, 500), slotOf(1, 10), slotOf(2, 500)], 64)).toEqual({ 0: 27, 1: 10, 2: 27 }))

test('cancelled jobs and free slots get nothing', () => {
	const cancelled = slotOf(0, 10)
	if (cancelled.job !== undefined) cancelled.job.cancelled = true
	const free = slotOf(1, 10)
	free.job = undefined
	expect(plan([cancelled, free], 64)).toEqual({})
})
