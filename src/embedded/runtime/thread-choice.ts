// How many threads a step gets. All cores are fastest while the machine has nothing else to do; with one core busy elsewhere the same
// threads wait for each other and fall to a tenth of that, while one thread fewer hardly suffers. So both are measured as we go.

/** Steps of fewer tokens are evaluated fastest with a thread to spare, busy machine or not. */
const leastTokens = 3
/** From here on a step reads a prompt, and its time for each token is another than that of a few answers. */
const promptTokens = 16
/** The slower of the two is tried again after so many steps, and after twice as many each time that it is still the slower. */
const firstTrialSteps = 16
const lastTrialSteps = 128
/** One step's weight in the average, and how far one step may stand out from it: a machine pauses for reasons of its own. */
const weight = 0.2
const outstanding = 3

/** What was measured of steps of one kind. */
interface Measured {
	/** Until the next trial. */
	steps: number
	trialSteps: number
	/** Milliseconds for each token, averaged, the latest with most weight. */
	allMs: number | undefined
	fewerMs: number | undefined
}

export class ThreadChoice {
	private readonly all: number
	private readonly fewer: number
	private readonly answering = unmeasured()
	private readonly reading = unmeasured()

	constructor(threads: number) {
		this.all = threads
		this.fewer = Math.max(1, threads - 1)
	}

	/** @param tokens of the step to come. */
	choose(tokens: number): number {
		const record = this.recordOf(tokens)
		if (record === undefined) return this.fewer
		const isTrial = --record.steps === 0
		const best = this.best(record)
		if (!isTrial) return best
		record.trialSteps = Math.min(lastTrialSteps, 2 * record.trialSteps)
		record.steps = record.trialSteps
		return best === this.all ? this.fewer : this.all
	}

	/** What came of a choice. */
	took(tokens: number, threads: number, ms: number): void {
		const record = this.recordOf(tokens)
		if (record === undefined) return
		const before = this.best(record)
		if (threads === this.all) record.allMs = average(record.allMs, ms / tokens)
		else record.fewerMs = average(record.fewerMs, ms / tokens)
		// What it once took on a busy machine must not be remembered for ever.
		if (record.allMs !== undefined && record.fewerMs !== undefined)
			record.allMs = Math.min(record.allMs, outstanding * record.fewerMs)
		if (this.best(record) !== before) record.trialSteps = record.steps = firstTrialSteps
	}

	private best({ allMs, fewerMs }: Measured): number {
		return allMs === undefined || fewerMs === undefined || allMs <= fewerMs ? this.all : this.fewer
	}

	private recordOf(tokens: number): Measured | undefined {
		if (tokens < leastTokens) return undefined
		return tokens < promptTokens ? this.answering : this.reading
	}
}

/** The first trial comes at once, since the first guess may be ten times too slow. */
function unmeasured(): Measured {
	return { steps: 2, trialSteps: firstTrialSteps / 2, allMs: undefined, fewerMs: undefined }
}

function average(known: number | undefined, latest: number): number {
	return known === undefined ? latest : known + weight * (Math.min(latest, outstanding * known) - known)
}
