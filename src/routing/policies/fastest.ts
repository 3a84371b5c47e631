// Prefers the upstream with the lowest recent time to first token. An upstream without measurements counts as fast, so
// each is tried.

import type { Policy } from '../policy.ts'
import { leastBusy } from './least-busy.ts'

export function fastest(): Policy {
	const tieBreaker = leastBusy()
	return {
		order(members, hint) {
			const measured = tieBreaker
				.order(members, hint)
				.map((member) => ({ member, ms: member.endpoint.speed.firstTokenMs }))
			return measured.sort((a, b) => a.ms - b.ms).map(({ member }) => member)
		},
	}
}
