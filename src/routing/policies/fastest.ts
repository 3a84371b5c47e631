// Where answers began soonest, lately. One of which nothing is known counts as fast, so each is tried.

import type { Policy } from '../policy.ts'
import { leastBusy } from './least-busy.ts'

export function fastest(): Policy {
	const equals = leastBusy()
	return {
		order(members, hint) {
			const measured = equals.order(members, hint).map((member) => ({ member, ms: member.place.speed.firstTokenMs }))
			return measured.sort((a, b) => a.ms - b.ms).map(({ member }) => member)
		},
	}
}
