// Prefers the upstream with the fewest calls per weight, including queued calls; ties are resolved by round-robin.

import type { Member, Policy } from '../policy.ts'
import { roundRobin } from './round-robin.ts'

export function leastBusy(): Policy {
	const tieBreaker = roundRobin()
	return {
		order: (members, hint) => [...tieBreaker.order(members, hint)].sort((a, b) => load(a) - load(b)),
	}
}

function load({ endpoint, weight }: Member): number {
	return (endpoint.limiter.running + endpoint.limiter.waiting) / weight
}
