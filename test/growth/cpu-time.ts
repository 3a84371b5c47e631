// Measures how the CPU time of work grows with its input. CPU time, the minimum of several runs and a comparison of two
// sizes make the result independent of what else runs on the machine. It does not know what the work is.

export interface Growth {
	/** The smaller size; the larger one is four times that. */
	readonly n: number
	readonly ratio: number
	readonly baseMs: number
}

export interface GrowingWork {
	/** Prepares the work for an input of size n, unmeasured; undefined if a bound refuses the input. */
	readonly prepare: (n: number) => (() => unknown) | undefined
	readonly start: number
}

/** The maximum ratio of the times for 4n and n. Linear work has 4, quadratic work 16. */
export const maxRatio = 6

/** Shorter times are dominated by noise. */
const minBaseMs = 20
const runs = 5

/** Undefined if a bound refuses inputs before the work for them takes 20 ms. */
export async function growthOf(work: GrowingWork): Promise<Growth | undefined> {
	const first = await measure(work, work.start)
	if (first === undefined || first.ratio <= maxRatio) return first
	// A larger size and further attempts tell growth from a disturbance that met every run.
	let least = first
	for (const start of [2 * first.n, first.n, 2 * first.n]) {
		const again = await measure(work, start)
		if (again !== undefined && again.ratio < least.ratio) least = again
		if (least.ratio <= maxRatio) break
	}
	return least
}

/** The growth at the first size from `start` on whose work takes long enough. */
async function measure({ prepare }: GrowingWork, start: number): Promise<Growth | undefined> {
	for (let n = start; ; ) {
		const small = prepare(n)
		if (small === undefined) return undefined
		const baseMs = await minimum(small, (ms) => ms < minBaseMs)
		if (baseMs >= minBaseMs) {
			const large = prepare(4 * n)
			if (large === undefined) return undefined
			const largeMs = await minimum(large, (ms) => ms <= maxRatio * baseMs)
			return { n, ratio: largeMs / baseMs, baseMs }
		}
		n *= baseMs >= minBaseMs / 4 ? 2 : 4
	}
}

/** The shortest of several runs, in milliseconds; of fewer, if it is short enough. */
async function minimum(run: () => unknown, isEnough: (ms: number) => boolean): Promise<number> {
	let shortest = Number.POSITIVE_INFINITY
	for (let index = 0; index < runs && !isEnough(shortest); index++) shortest = Math.min(shortest, await cpuMs(run))
	return shortest
}

async function cpuMs(run: () => unknown): Promise<number> {
	const before = process.cpuUsage()
	await run()
	const { user, system } = process.cpuUsage(before)
	return (user + system) / 1000
}
