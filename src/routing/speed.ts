// Recent time to first token of an upstream: an average whose measurements decay with time, so that an upstream that
// was slow is tried again.

const halfLifeMs = 30_000
const weightOfNew = 0.3

export class Speed {
	private readonly nowMs: () => number
	private average = 0
	private measuredAtMs = Number.NEGATIVE_INFINITY

	constructor(nowMs: () => number) {
		this.nowMs = nowMs
	}

	/** Average in milliseconds; near 0 if there is no recent measurement. */
	get firstTokenMs(): number {
		return this.average * this.weightOfOld(this.nowMs())
	}

	measured(ms: number): void {
		const nowMs = this.nowMs()
		this.average = ms + (1 - weightOfNew) * this.weightOfOld(nowMs) * (this.average - ms)
		this.measuredAtMs = nowMs
	}

	/** Weight of the average: 1 right after a measurement, approaching 0 with time; 0 if there is none. */
	private weightOfOld(nowMs: number): number {
		return 0.5 ** ((nowMs - this.measuredAtMs) / halfLifeMs)
	}
}
