// The same conversation goes to the same upstream, which still holds its prefix in its cache. Rendezvous hashing: every process chooses
// alike without asking the others, and an upstream that goes takes only its own conversations elsewhere.

import type { Member, Policy } from '../policy.ts'

export function affinity(): Policy {
	return {
		order(members, hint) {
			if (members.length < 2) return members
			const key = Bun.hash.wyhash(hint.affinity())
			return members
				.map((member) => ({ member, score: score(member, key) }))
				.sort((a, b) => b.score - a.score)
				.map(({ member }) => member)
		},
	}
}

/** Highest for each member as often as its weight says (weighted rendezvous hashing: -w / ln(u) for a uniform u). */
function score({ place, weight }: Member, key: bigint): number {
	const uniform = (Number(Bun.hash.wyhash(place.name, key) >> 11n) + 1) / 2 ** 53
	return -weight / Math.log(uniform)
}
