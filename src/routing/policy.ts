// How one of several upstreams is chosen. A policy puts them in order; who of them can be asked is not its business.

import type { Place } from './place.ts'

export interface Member {
	readonly place: Place
	/** Its share, where the policy gives shares; 1 unless configured. */
	readonly weight: number
}

/** What is known of the request. */
export interface RouteHint {
	/** The same for all turns of a conversation; computed only where a policy asks. */
	readonly affinity: () => string
}

/** Opened once for each model; may remember whom it chose. Implementations run policy.contract.ts. */
export interface Policy {
	/** All of `members`, each once, first choice first. */
	order(members: readonly Member[], hint: RouteHint): readonly Member[]
}
