// Smooth weighted round-robin: requests are distributed by weight and spread evenly. With weights 2 and 1, every third
// request goes to the second upstream. For each choice every member gains its weight as credit; the member with the
// most credit is chosen and loses the sum of all weights.

import type { Member, Policy } from '../policy.ts'
import type { UpstreamEndpoint } from '../upstream-endpoint.ts'

export function weighted(): Policy {
	const credit = new Map<UpstreamEndpoint, number>()
	return {
		order(members) {
			const total = members.reduce((sum, { weight }) => sum + weight, 0)
			const of = ({ endpoint }: Member) => credit.get(endpoint) ?? 0
			for (const member of members) credit.set(member.endpoint, of(member) + member.weight)
			const ordered = [...members].sort((a, b) => of(b) - of(a))
			const [chosen] = ordered
			if (chosen !== undefined) credit.set(chosen.endpoint, of(chosen) - total)
			return ordered
		},
	}
}
