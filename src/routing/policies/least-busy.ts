// Where the least work is for its weight, waiting calls included; equals take turns.

import type { Member, Policy } from '../policy.ts'
import { roundRobin } from './round-robin.ts'

export function leastBusy(): Policy {
	const turns = roundRobin()
	return {
		order: (members, hint) => [...turns.order(members, hint)].sort((a, b) => load(a) - load(b)),
	}
}

function load({ place, weight }: Member): number {
	return (place.slots.running + place.slots.waiting) / weight
}
