// Each as often as its weight says, spread evenly: of weights 2 and 1, every third request goes to the second. Each gains its weight with
// every choice, whoever is ahead is chosen and gives up the sum of all.

import type { Place } from '../place.ts'
import type { Member, Policy } from '../policy.ts'

export function weighted(): Policy {
	const credit = new Map<Place, number>()
	return {
		order(members) {
			const total = members.reduce((sum, { weight }) => sum + weight, 0)
			const of = ({ place }: Member) => credit.get(place) ?? 0
			for (const member of members) credit.set(member.place, of(member) + member.weight)
			const ordered = [...members].sort((a, b) => of(b) - of(a))
			const [chosen] = ordered
			if (chosen !== undefined) credit.set(chosen.place, of(chosen) - total)
			return ordered
		},
	}
}
