// How many threads a step gets. All cores read a prompt fastest while the machine has nothing else to do; with one core busy elsewhere the
// same threads wait for each other and fall to a tenth of that, while one thread fewer hardly suffers. So both are measured as we go.

/** Steps of fewer tokens are evaluated fastest with a thread to spare, busy machine or not. */
const largeStepTokens = 3
/** How often the slower of the two is tried again. */
const trialSteps = 16

export class ThreadChoice {
	private readonly all: number
	private readonly fewer: number
	/** Milliseconds for each token, averaged, newest first in weight. */
	private allMs: number | undefined
	private fewerMs: number | undefined
	private largeSteps = 0

	constructor(threads: number) {
		this.all = threads
		this.fewer = Math.max(1, threads - 1)
	}

	/** @param tokens of the step to come. */
	choose(tokens: number): number {
		if (tokens < largeStepTokens) return this.fewer
		this.largeSteps++
		const { allMs, fewerMs } = this
		const best = allMs === undefined || fewerMs === undefined || allMs <= fewerMs ? this.all : this.fewer
		const other = best === this.all ? this.fewer : this.all
		return this.largeSteps % trialSteps === 0 ? other : best
	}

	/** What came of a choice. */
	took(tokens: number, threads: number, ms: number): void {
		if (tokens < largeStepTokens) return
		const each = ms / tokens
		if (threads === this.all) this.allMs = average(this.allMs, each)
		else this.fewerMs = average(this.fewerMs, each)
	}
}

function average(known: number | undefined, latest: number): number {
	return known === undefined ? latest : (known + latest) / 2
}
