// Routes each conversation to the same upstream, whose cache holds its prefix. With rendezvous hashing all processes
// choose the same upstream without coordination, and removing an upstream moves only its own conversations.

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

/**
 * Weighted rendezvous hashing: with -w / ln(u) for a uniform u, each member has the highest score in proportion to its
 * weight.
 */
function score({ endpoint, weight }: Member, key: bigint): number {
	const uniform = (Number(Bun.hash.wyhash(endpoint.name, key) >> 11n) + 1) / 2 ** 53
	return -weight / Math.log(uniform)
}
