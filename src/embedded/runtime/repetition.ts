// Detects an answer in a repetition loop: its last tokens are copies of one sequence. It compares tokens only, without
// knowledge of their meaning. Lists and tables vary from line to line; the number of equal lines allowed depends on the
// request.

import type { Token } from './binding.ts'

/** Longest sequence whose copies are detected, in tokens; a power of two. */
const longestPeriod = 256
const ringMask = longestPeriod - 1
/**
 * An answer is in a loop if its last tokens are at least so many copies of one sequence, and have at least this total
 * length.
 */
interface LoopBounds {
	readonly copies: number
	readonly tokens: number
}

/** The format of an answer, as far as it affects the number of repetitions allowed. */
export type RepetitiveText =
	/** Text whose length the caller did not limit: small models often loop in it, up to the default limit. */
	| 'unlimited'
	/** Text whose length the caller did limit, such as "write this line 20 times". */
	| 'limited'
	/** JSON or the arguments of a call: rows of equal values are common in them. */
	| 'structured'

const bounds: Readonly<Record<RepetitiveText, LoopBounds>> = {
	unlimited: { copies: 8, tokens: 160 },
	limited: { copies: 32, tokens: 320 },
	structured: { copies: 256, tokens: 2560 },
}

/** One per answer. */
export class RepetitionDetector {
	/** The last tokens, in a ring buffer. */
	private readonly last = new Int32Array(longestPeriod).fill(-1)
	/** By period: number of consecutive tokens that equalled the token one period earlier. */
	private readonly runs = new Int32Array(longestPeriod + 1)
	private at = 0

	/**
	 * Adds the next token. Compares it with each of the last 256, which takes a few microseconds.
	 *
	 * @param text format of the text that the token belongs to.
	 * @returns whether the answer is in a loop.
	 */
	push(token: Token, text: RepetitiveText): boolean {
		const { last, runs, at } = this
		const { copies, tokens } = bounds[text]
		let loops = false
		for (let period = 1; period <= longestPeriod; period++) {
			if (last[(at - period) & ringMask] !== token) {
				runs[period] = 0
				continue
			}
			const run = (runs[period] ?? 0) + 1
			runs[period] = run
			if (run + period >= tokens && run + period >= copies * period) loops = true
		}
		last[at] = token
		this.at = (at + 1) & ringMask
		return loops
	}
}
