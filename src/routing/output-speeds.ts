// How fast models write their answers: the median speed of the answers of the last hour, in the memory of this process. It
// does not know upstreams, nor how long a model waits before its first token.

const hourMs = 3_600_000
/** Newest answers of a model. */
const maxAnswers = 256
const maxModels = 10_000
/** Shorter answers say nothing about the speed. */
const [minTokens, minMs] = [5, 50]
/** After this time without a new answer, those that are older than an hour are left out, in milliseconds. */
const recentMs = 60_000

interface MeasuredAnswer {
	readonly atMs: number
	/** In tokens per second. */
	readonly speed: number
}

interface MeasuredModel {
	/** In a ring: `next` is the position of the oldest one if it is full. */
	readonly answers: MeasuredAnswer[]
	next: number
	median?: { readonly value: number | undefined; readonly untilMs: number } | undefined
}

export class OutputSpeeds {
	private readonly nowMs: () => number
	/** The model that was measured last is the last one. */
	private readonly models = new Map<string, MeasuredModel>()

	/** @param nowMs milliseconds of a monotonic clock. */
	constructor(nowMs: () => number) {
		this.nowMs = nowMs
	}

	/**
	 * An answer is complete.
	 *
	 * @param outputMs from its first token to its last.
	 */
	measured(model: string, tokens: number, outputMs: number): void {
		if (tokens < minTokens || outputMs < minMs) return
		const measured = this.models.get(model) ?? { answers: [], next: 0 }
		measured.answers[measured.next] = { atMs: this.nowMs(), speed: ((tokens - 1) / outputMs) * 1000 }
		measured.next = (measured.next + 1) % maxAnswers
		measured.median = undefined
		this.models.delete(model)
		this.models.set(model, measured)
		const [oldest] = this.models.keys()
		if (this.models.size > maxModels && oldest !== undefined) this.models.delete(oldest)
	}

	/** Tokens per second, rounded to a tenth; undefined if no answer of the last hour was measured. */
	median(model: string): number | undefined {
		const measured = this.models.get(model)
		if (measured === undefined) return undefined
		const nowMs = this.nowMs()
		if (measured.median === undefined || nowMs >= measured.median.untilMs) {
			const recent = measured.answers.filter(({ atMs }) => atMs > nowMs - hourMs)
			measured.median = { value: medianOf(recent.map(({ speed }) => speed)), untilMs: nowMs + recentMs }
		}
		return measured.median.value
	}
}

function medianOf(values: readonly number[]): number | undefined {
	const sorted = values.toSorted((one, other) => one - other)
	const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
	if (middle.length === 0) return undefined
	const median = middle.reduce((sum, value) => sum + value, 0) / middle.length
	return Math.round(median * 10) / 10
}
