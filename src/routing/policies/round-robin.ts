// Each in its turn.

import type { Policy } from '../policy.ts'

export function roundRobin(): Policy {
	let turn = 0
	return {
		order(members) {
			const first = members.length === 0 ? 0 : turn++ % members.length
			return [...members.slice(first), ...members.slice(0, first)]
		},
	}
}
