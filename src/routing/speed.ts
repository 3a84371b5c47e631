// How long an upstream took to begin its answers, lately. What was measured loses its weight with time, so that one that was slow is
// tried again.

const halfLifeMs = 30_000
const weightOfNew = 0.3

export class Speed {
	private readonly nowMs: () => number
	private average = 0
	private measuredAtMs = Number.NEGATIVE_INFINITY

	constructor(nowMs: () => number) {
		this.nowMs = nowMs
	}

	/** Milliseconds to the first token; near 0 where nothing is known. */
	get firstTokenMs(): number {
		return this.average * 0.5 ** ((this.nowMs() - this.measuredAtMs) / halfLifeMs)
	}

	measured(ms: number): void {
		this.average =
			this.measuredAtMs === Number.NEGATIVE_INFINITY ? ms : this.average + weightOfNew * (ms - this.average)
		this.measuredAtMs = this.nowMs()
	}
}
