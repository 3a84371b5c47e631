// The state of one limit that applies to a request, as clients see it in headers. It does not know how limits are
// counted or enforced.

/** The unit that a limit counts. */
export type LimitMeasure = 'requests' | 'tokens' | 'input_tokens' | 'output_tokens'

export interface LimitState {
	readonly measure: LimitMeasure
	/** The amount that the limit allows in its window. */
	readonly limit: number
	/** The amount left after this request; at least 0. */
	readonly remaining: number
	/** When the whole amount is available again, in milliseconds since 1970. */
	readonly resetAtMs: number
}

/** The limit of each measure that has the smallest share left: the one that a client reaches first. */
export function tightestLimits(limits: readonly LimitState[]): ReadonlyMap<LimitMeasure, LimitState> {
	const tightest = new Map<LimitMeasure, LimitState>()
	for (const state of limits) {
		const other = tightest.get(state.measure)
		if (other === undefined || shareLeft(state) < shareLeft(other)) tightest.set(state.measure, state)
	}
	return tightest
}

function shareLeft({ limit, remaining }: LimitState): number {
	return limit > 0 ? remaining / limit : 0
}
