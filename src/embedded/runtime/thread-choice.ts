// Chooses the number of threads of a step. All cores are fastest on an idle machine; if another process uses one core,
// the same threads wait for each other and slow down to a tenth, while one thread fewer loses little. So both are
// measured continuously.

/** Steps of fewer tokens run fastest with one thread fewer, on an idle machine too. */
const leastTokens = 3
/** From this size on a step reads a prompt, and its time per token differs from that of a few answers. */
const promptTokens = 16
/**
 * The slower option is measured again after so many steps, and after twice as many each time that it is still slower.
 */
const firstTrialSteps = 16
const lastTrialSteps = 128
/**
 * One step's weight in the average, and the maximum ratio of one step to it: a machine may pause for unrelated reasons.
 */
const weight = 0.2
const pending = 3

/** Measurements of steps of one kind. */
interface Measured {
	/** Steps until the next trial. */
	steps: number
	trialSteps: number
	/** Milliseconds per token, as a moving average. */
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

	/** @param tokens number of tokens in the next step. */
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

	/** Records the duration of a step. */
	took(tokens: number, threads: number, ms: number): void {
		const record = this.recordOf(tokens)
		if (record === undefined) return
		const before = this.best(record)
		if (threads === this.all) record.allMs = average(record.allMs, ms / tokens)
		else record.fewerMs = average(record.fewerMs, ms / tokens)
		// A measurement on a busy machine must not persist forever.
		if (record.allMs !== undefined && record.fewerMs !== undefined)
			record.allMs = Math.min(record.allMs, pending * record.fewerMs)
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

/** The first trial comes early, because the initial choice may be ten times too slow. */
function unmeasured(): Measured {
	return { steps: 2, trialSteps: firstTrialSteps / 2, allMs: undefined, fewerMs: undefined }
}

function average(known: number | undefined, latest: number): number {
	return known === undefined ? latest : known + weight * (Math.min(latest, pending * known) - known)
}
