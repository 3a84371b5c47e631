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
		return this.average * this.weightOfOld()
	}

	measured(ms: number): void {
		this.average = ms + (1 - weightOfNew) * this.weightOfOld() * (this.average - ms)
		this.measuredAtMs = this.nowMs()
	}

	/** From 1 for what was measured just now down to 0 for what was measured long ago, or never. */
	private weightOfOld(): number {
		return 0.5 ** ((this.nowMs() - this.measuredAtMs) / halfLifeMs)
	}
}
