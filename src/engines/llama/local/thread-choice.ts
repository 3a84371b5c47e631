// How many threads a step gets. All cores are fastest while the machine has nothing else to do; with one core busy elsewhere the same
// threads wait for each other and fall to a tenth of that, while one thread fewer hardly suffers. So both are measured as we go.

/** Steps of fewer tokens are evaluated fastest with a thread to spare, busy machine or not. */
const leastTokens = 3
/** From here on a step reads a prompt, and its time for each token is another than that of a few answers. */
const promptTokens = 16
/** How often the slower of the two is tried again, in steps. */
const trialSteps = 16
/** Early, since the first guess may be ten times too slow. */
const firstTrial = 2

/** What was measured of steps of one kind. */
interface Measured {
	steps: number
	/** Milliseconds for each token, averaged, the latest with most weight. */
	allMs: number | undefined
	fewerMs: number | undefined
}

export class ThreadChoice {
	private readonly all: number
	private readonly fewer: number
	private readonly answering: Measured = { steps: 0, allMs: undefined, fewerMs: undefined }
	private readonly reading: Measured = { steps: 0, allMs: undefined, fewerMs: undefined }

	constructor(threads: number) {
		this.all = threads
		this.fewer = Math.max(1, threads - 1)
	}

	/** @param tokens of the step to come. */
	choose(tokens: number): number {
		const record = this.recordOf(tokens)
		if (record === undefined) return this.fewer
		record.steps++
		const { allMs, fewerMs } = record
		const best = allMs === undefined || fewerMs === undefined || allMs <= fewerMs ? this.all : this.fewer
		const other = best === this.all ? this.fewer : this.all
		return record.steps % trialSteps === firstTrial ? other : best
	}

	/** What came of a choice. */
	took(tokens: number, threads: number, ms: number): void {
		const record = this.recordOf(tokens)
		if (record === undefined) return
		if (threads === this.all) record.allMs = average(record.allMs, ms / tokens)
		else record.fewerMs = average(record.fewerMs, ms / tokens)
	}

	private recordOf(tokens: number): Measured | undefined {
		if (tokens < leastTokens) return undefined
		return tokens < promptTokens ? this.answering : this.reading
	}
}

function average(known: number | undefined, latest: number): number {
	return known === undefined ? latest : (known + latest) / 2
}
