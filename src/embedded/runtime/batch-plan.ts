// Decides how many tokens of each sequence the next batch evaluates: one for every answer in progress, and shares of
// one chunk for the waiting prompts. It evaluates nothing.

import type { Slot } from './slot.ts'

/** Minimum number of tokens of a step for each prompt, however many shorter prompts there are. */
const leastShare = 8

/** The part of a sequence's job that the plan depends on. */
export interface PlannableJob {
	/** Tokens to evaluate. */
	readonly waiting: readonly unknown[]
	readonly answering: boolean
	readonly cancelled: boolean
}

export interface PlannedRow<Job> {
	readonly slot: Slot<Job>
	readonly job: Job
	/** Number of tokens, above 0. */
	readonly length: number
}

export function planBatch<Job extends PlannableJob>(
	slots: readonly Slot<Job>[],
	chunkTokens: number,
): readonly PlannedRow<Job>[] {
	const busy = slots.filter(({ job }) => job !== undefined && !job.cancelled)
	const answering = busy.filter(({ job }) => job?.answering === true)
	const reading = busy.filter(({ job }) => job?.answering === false)
	const planned: PlannedRow<Job>[] = []
	for (const slot of answering) if (slot.job !== undefined) planned.push({ slot, job: slot.job, length: 1 })
	let budget = chunkTokens
	let readers = reading.length
	// Prompts that can be finished are, the shortest first; the others get equal shares of the rest.
	for (const slot of reading.sort((a, b) => (a.job?.waiting.length ?? 0) - (b.job?.waiting.length ?? 0))) {
		if (slot.job === undefined) continue
		const need = slot.job.waiting.length
		const most = budget - leastShare * (readers - 1)
		const length = need <= most ? need : Math.min(need, Math.ceil(budget / readers))
		budget -= length
		readers--
		if (length > 0) planned.push({ slot, job: slot.job, length })
	}
	return planned
}
