// The sequences of a context: each has its evaluated tokens, and at most one answer in progress. The sequence for a new
// prompt is chosen to reuse as many evaluated tokens as possible. Nothing is evaluated here.

import type { Token } from './binding.ts'
import type { Samplers } from './sampler.ts'

export class Slot<Job> {
	/** The sequence's number in the context. */
	readonly id: number
	readonly samplers: Samplers
	/** The tokens of this sequence in the context, in order. */
	tokens: Token[] = []
	job: Job | undefined
	/** A logical timestamp: larger is later. */
	usedAt = 0

	constructor(id: number, samplers: Samplers) {
		this.id = id
		this.samplers = samplers
	}
}

export interface Placement<Job> {
	readonly slot: Slot<Job>
	/** The slot to copy tokens from first. */
	readonly copyFrom?: Slot<Job>
	/** Number of the prompt's tokens that need no evaluation. */
	readonly reused: number
}

/** Copying a sequence costs about as much as evaluating this many tokens. */
const worthCopying = 64

/**
 * A free slot for a prompt, undefined if none is free.
 *
 * A slot whose conversation continues is reused. Otherwise the least recently used one is evicted, and starts from a
 * copy if another slot shares a long prefix, such as a system prompt.
 */
export function assignSlot<Job>(prompt: readonly Token[], slots: readonly Slot<Job>[]): Placement<Job> | undefined {
	let oldest: Slot<Job> | undefined
	let longestMatch: Slot<Job> | undefined
	let copySource: Slot<Job> | undefined
	let matchLength = 0
	let copyLength = 0
	for (const slot of slots) {
		const shared = sharedLength(slot.tokens, prompt)
		if (shared > copyLength) {
			copySource = slot
			copyLength = shared
		}
		if (slot.job !== undefined) continue
		if (shared > matchLength) {
			longestMatch = slot
			matchLength = shared
		}
		if (oldest === undefined || slot.usedAt < oldest.usedAt) oldest = slot
	}
	if (oldest === undefined) return undefined
	// The last token is always evaluated: the answer begins with its logits.
	const most = prompt.length - 1
	if (longestMatch !== undefined && matchLength * 2 >= longestMatch.tokens.length && matchLength * 2 >= copyLength)
		return { slot: longestMatch, reused: Math.min(matchLength, most) }
	if (copySource !== undefined && copySource !== oldest && copyLength >= worthCopying)
		return { slot: oldest, copyFrom: copySource, reused: Math.min(copyLength, most) }
	return { slot: oldest, reused: Math.min(sharedLength(oldest.tokens, prompt), most) }
}

function sharedLength(held: readonly Token[], prompt: readonly Token[]): number {
	const length = Math.min(held.length, prompt.length)
	let shared = 0
	while (shared < length && held[shared] === prompt[shared]) shared++
	return shared
}
