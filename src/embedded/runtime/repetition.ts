// Detects an answer that repeats itself: its last tokens are one sequence, over and over. It compares tokens only, and does not know
// what they mean. An answer that is to be repetitive (a list, a table, "write X 20 times", an array of zeros) has fewer copies or ends.

import type { Token } from './binding.ts'

/** Longest sequence whose copies are found, in tokens; a power of two. */
const longestPeriod = 256
const ringMask = longestPeriod - 1
/** So many copies in a row are a loop … */
const copies = 32
/** … if they are at least this long together, in tokens. */
const leastTokens = 320
/** In JSON and in the arguments of calls, both bounds are this many times higher: rows of equal values are common there. */
const structuredFactor = 8

/** One per answer. */
export class RepetitionDetector {
	/** The last tokens, in a ring. */
	private readonly last = new Int32Array(longestPeriod).fill(-1)
	/** By period: how many tokens in a row equalled the one so many places before. */
	private readonly runs = new Int32Array(longestPeriod + 1)
	private at = 0

	/**
	 * Takes the next token. Compares it with each of the last 256, which takes a few microseconds.
	 *
	 * @param structured the token belongs to JSON rather than to a text.
	 * @returns whether the answer is in a loop.
	 */
	push(token: Token, structured: boolean): boolean {
		const { last, runs, at } = this
		const factor = structured ? structuredFactor : 1
		const least = factor * leastTokens
		let loops = false
		for (let period = 1; period <= longestPeriod; period++) {
			if (last[(at - period) & ringMask] !== token) {
				runs[period] = 0
				continue
			}
			const run = (runs[period] ?? 0) + 1
			runs[period] = run
			if (run + period >= least && run + period >= factor * copies * period) loops = true
		}
		last[at] = token
		this.at = (at + 1) & ringMask
		return loops
	}
}
