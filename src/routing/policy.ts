// The choice among several upstreams. A policy orders them; their availability is checked elsewhere.

import type { SharePath } from '../system/fair-queue.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export interface Member {
	readonly endpoint: UpstreamEndpoint
	/** Weight, for weighted policies; 1 by default. */
	readonly weight: number
}

/** Properties of the request. */
export interface RouteHint {
	/** The affinity key: the same for all turns of a conversation. Computed only if a policy needs it. */
	readonly affinity: () => string
	readonly caller?: SharePath | undefined
}

/** Created once for each model; may be stateful. Implementations run policy.contract.ts. */
export interface Policy {
	/** @returns all of `members`, each once, in order of preference. */
	order(members: readonly Member[], hint: RouteHint): readonly Member[]
}
